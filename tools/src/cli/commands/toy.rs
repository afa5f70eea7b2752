use crate::{
    cli::{args::ToyArgs, output::Output},
    data::toy,
};
use anyhow::{Result, ensure};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// `couplet toy`.
pub fn toy(args: &ToyArgs) -> Result<()> {
    ensure!(
        args.noise > 0.0 && args.noise.is_finite(),
        "--noise {} must be positive: without noise there is no density",
        args.noise
    );
    let output = Output::create_beside_models(&args.output)?;
    let toy = toy::Toy { set: args.set, noise: args.noise };
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["x", "y", "label", "log_prob"])?;
    for row in toy.sample(args.count, &mut rng) {
        // The rows are written, and their density taken, as the device reads them.
        let (x, y) = (row.x as f32, row.y as f32);
        let log_prob = toy.log_prob(x.into(), y.into());
        writer.write_record([
            x.to_string(),
            y.to_string(),
            row.label.to_string(),
            log_prob.to_string(),
        ])?;
    }
    output.write(&writer.into_inner()?)
}

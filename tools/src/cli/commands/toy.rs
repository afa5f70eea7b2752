use crate::{
    bench::vibration::Running,
    cli::{
        args::{Drawn, ToyArgs},
        output::Output,
    },
    data::toy,
};
use anyhow::{Result, ensure};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// `couplet toy`.
pub fn toy(args: &ToyArgs) -> Result<()> {
    match args.set {
        Drawn::Points(set) => points(args, set),
        Drawn::Vibration => vibration(args),
    }
}

/// Points of a plane with their density.
fn points(args: &ToyArgs, set: toy::Set) -> Result<()> {
    ensure!(args.fault.is_none(), "--fault: only vibration has faults");
    let noise = args.noise.unwrap_or(0.1);
    ensure!(
        noise > 0.0 && noise.is_finite(),
        "--noise {noise} must be positive: without noise there is no density"
    );
    let output = Output::create_beside_models(&args.output)?;
    let toy = toy::Toy { set, noise };
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

/// The raw signal of a machine, in the whole thousandths of g of a sensor.
fn vibration(args: &ToyArgs) -> Result<()> {
    ensure!(args.noise.is_none(), "--noise: that of vibration is fixed");
    let output = Output::create_beside_models(&args.output)?;
    let mut machine = Running::new(args.seed);
    let mut text = "vibration\n".to_string();
    for window in 0..args.count {
        if window == args.after {
            machine.set_fault(args.fault);
        }
        for x in machine.window() {
            text += &format!("{}\n", (1000.0 * x).round() as i32);
        }
    }
    output.write(text.as_bytes())
}

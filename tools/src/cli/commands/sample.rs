use crate::{
    cli::{
        args::SampleArgs,
        output::{Output, keep_inputs},
    },
    model::Model,
};
use anyhow::{Result, ensure};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// The most rows of one file.
const MOST_SAMPLES: usize = 10_000_000;

/// `couplet sample`.
pub fn sample(args: &SampleArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    ensure!(
        args.count <= MOST_SAMPLES,
        "-n {}: at most {MOST_SAMPLES} samples fit a file; take more seeds",
        args.count
    );
    keep_inputs(&[&args.model], &args.output)?;
    let output = Output::create_beside_models(&args.output)?;
    let features = &model.flow.description.features;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
    let samples = model.flow.sample(&model.parameters, args.count, &mut rng);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(features)?;
    for sample in samples.chunks(features.len()) {
        writer.write_record(sample.iter().map(f32::to_string))?;
    }
    output.write(&writer.into_inner()?)
}

use crate::{cli::Sample, model::Model, output::Output};
use anyhow::Result;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// `couplet sample`.
pub fn sample(args: &Sample) -> Result<()> {
    let model = Model::read(&args.model)?;
    let output = Output::create(&args.output)?;
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

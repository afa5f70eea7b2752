use crate::{
    cli::{
        args::SampleArgs,
        context,
        output::{Output, keep_inputs},
    },
    model::Model,
};
use anyhow::{Result, bail, ensure};
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
    let Model { flow, parameters, .. } = &model;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
    let contexts = contexts(&model, args)?;
    context::warn_of_unknown(&model, &contexts);
    let samples = match flow.context.is_empty() {
        true => flow.sample(parameters, args.count, &mut rng),
        false => flow.sample_given(parameters, &contexts, &mut rng),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(flow.description.columns())?;
    for sample in samples.chunks(flow.description.width()) {
        writer.write_record(flow.description.cells(sample))?;
    }
    output.write(&writer.into_inner()?)
}

/// The context of each sample.
fn contexts(model: &Model, args: &SampleArgs) -> Result<Vec<f32>> {
    if let Some(path) = &args.contexts {
        let rows = context::read(path, model)?;
        return Ok(rows.into_iter().cycle().take(args.count * model.flow.context.len()).collect());
    }
    if args.given.is_empty() && !model.flow.context.is_empty() {
        let names = &model.flow.description.context;
        let names: Vec<&str> = names.iter().map(|column| column.name.as_str()).collect();
        bail!(
            "the model is conditional: give its context, {}, by --given or --contexts",
            names.join(", ")
        );
    }
    Ok(context::parse(&model.flow.description, &args.given)?.repeat(args.count))
}

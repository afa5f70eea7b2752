use crate::{
    cli::{
        args::ScoreArgs,
        output::{Output, keep_inputs},
        rows::read_for,
    },
    model::Model,
};
use anyhow::Result;

/// `couplet score`.
pub fn score(args: &ScoreArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let features = &model.flow.description.features;
    let table = read_for(&args.data, &args.reading, &model.flow.description)?;
    keep_inputs(&[&args.model, &args.data], &args.output)?;
    let output = Output::create(&args.output)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let log_probs = model.log_probs(&table.rows);
    if args.latents {
        let (latents, log_dets) = model.flow.latents(&model.parameters, &table.rows);
        let names = features.iter().map(|name| format!("z_{name}"));
        writer.write_record(
            ["log_prob".to_string()].into_iter().chain(names).chain(["log_det".to_string()]),
        )?;
        for ((log_prob, z), log_det) in
            log_probs.iter().zip(latents.chunks(features.len())).zip(&log_dets)
        {
            writer.write_record(
                [log_prob].into_iter().chain(z).chain([log_det]).map(f32::to_string),
            )?;
        }
    } else {
        writer.write_record(["log_prob"])?;
        for log_prob in &log_probs {
            writer.write_record([log_prob.to_string()])?;
        }
    }
    output.write(&writer.into_inner()?)
}

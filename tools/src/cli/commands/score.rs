#[cfg(feature = "parquet")]
use crate::cli::scores_parquet::Parquet;
use crate::{
    cli::{
        args::ScoreArgs,
        hint,
        output::{Output, keep_inputs},
        progress::spinner,
        rows::noise_of,
        scores::{Array, Scored, Scores, Text},
    },
    data::{Chunk, Passed, Reading, Stream},
    model::Model,
};
#[cfg(not(feature = "parquet"))]
use anyhow::bail;
use anyhow::{Result, ensure};
use std::{ffi::OsStr, io::Write};

/// `couplet score`.
pub fn score(args: &ScoreArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let description = &model.flow.description;
    let mut noise = noise_of(&args.reading, description)?;
    let reading = Reading::from(&args.reading);
    let stream = Stream::open(&args.data, &reading, &description.features, &args.keep)?;
    let names = names(&stream, &model, args)?;
    keep_inputs(&[&args.model, &args.data], &args.output)?;
    let output = Output::create_beside_models(&args.output)?;
    let spinner = spinner(format!("scoring {}", args.data.display()));
    let mut passed = None;
    output.write_by(|sink| {
        let mut scores = format(args, sink, names)?;
        let read = stream.read(|chunk| {
            noise.iter_mut().for_each(|noise| noise.add(&mut chunk.rows));
            write(&model, chunk, args.latents, &mut *scores)
        })?;
        passed = Some(read);
        scores.end()
    })?;
    spinner.finish_and_clear();
    if let Some(Passed { missing, notes }) = passed {
        notes.iter().for_each(|note| eprintln!("{}", hint::words(note)));
        if let Some(missing) = missing {
            eprintln!("{}: {missing}", args.data.display());
        }
    }
    Ok(())
}

/// The format that the ending of the output's name asks for.
fn format<'a>(
    args: &ScoreArgs,
    sink: impl Write + 'a,
    names: Vec<String>,
) -> Result<Box<dyn Scores + 'a>> {
    Ok(match args.output.extension().and_then(OsStr::to_str) {
        Some("npy") => Box::new(Array::new(sink, names)?),
        #[cfg(feature = "parquet")]
        Some("parquet") => Box::new(Parquet::new(sink, &names, args.keep.len())?),
        #[cfg(not(feature = "parquet"))]
        Some("parquet") => bail!(
            "{}: this couplet writes no Parquet: install it with --features parquet, or write \
             text or .npy",
            args.output.display()
        ),
        _ => Box::new(Text::new(sink, &names)?),
    })
}

/// The names of the columns to write.
fn names(stream: &Stream<'_>, model: &Model, args: &ScoreArgs) -> Result<Vec<String>> {
    let mut names = ["row", "log_prob"].map(String::from).to_vec();
    names.extend(stream.kept());
    if args.latents {
        let d = model.flow.description.dimension();
        names.extend((0..d).map(|i| format!("z_{i}")).chain(["log_det".to_string()]));
    }
    for (i, name) in names.iter().enumerate() {
        ensure!(
            !names[..i].contains(name),
            "--keep: two columns of the scores would be called {name}; rename the one in {}",
            args.data.display()
        );
    }
    Ok(names)
}

/// Writes the scores of a chunk.
fn write(model: &Model, chunk: &Chunk, latents: bool, scores: &mut dyn Scores) -> Result<()> {
    let d = model.flow.description.dimension();
    let log_probs = model.log_probs(&chunk.rows);
    let z = if latents {
        let (z, log_dets) = model.flow.latents(&model.parameters, &chunk.rows);
        z.chunks(d).zip(log_dets).flat_map(|(z, log_det)| [z, &[log_det]].concat()).collect()
    } else {
        Vec::new()
    };
    let (width, kept) = (if latents { d + 1 } else { 0 }, chunk.kept.len() / chunk.numbers.len());
    for (i, (&row, &log_prob)) in chunk.numbers.iter().zip(&log_probs).enumerate() {
        scores.row(Scored {
            row,
            log_prob,
            kept: &chunk.kept[i * kept..][..kept],
            latents: &z[i * width..][..width],
        })?;
    }
    Ok(())
}

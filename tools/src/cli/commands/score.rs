#[cfg(feature = "parquet")]
use crate::cli::scores_parquet::Parquet;
use crate::{
    cli::{
        args::ScoreArgs,
        hint,
        output::{Output, keep_inputs},
        progress::spinner,
        rows::noise_of,
        scores::{Array, Cell, Column, Kind, Scores, Text},
        windows,
    },
    data::{Chunk, Passed, Reading, Stream},
    evaluate::blame::{Blame, blame},
    model::{Calibration, Model, TABLE},
};
#[cfg(not(feature = "parquet"))]
use anyhow::bail;
use anyhow::{Result, ensure};
use std::{ffi::OsStr, io::Write};

/// How many features a reading blames at most.
const BLAMED: usize = 3;

/// `couplet score`.
pub fn score(args: &ScoreArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let description = &model.flow.description;
    let mut noise = noise_of(&args.reading, description)?;
    let reading = Reading::from(&args.reading);
    let stream = Stream::open(&args.data, &reading, description, &args.keep)?;
    windows::warn(stream.comment(), &args.data.display().to_string(), description)?;
    let calibration = model.calibration.as_ref().map(Calibration::device).transpose()?;
    ensure!(
        calibration.is_some() || !args.blame,
        "--blame: the model has no threshold yet: `couplet calibrate` finds it"
    );
    let columns = columns(&stream, &model, args)?;
    keep_inputs(&[&args.model, &args.data], &args.output)?;
    let output = Output::create_beside_models(&args.output)?;
    let spinner = spinner(format!("scoring {}", args.data.display()));
    let mut passed = None;
    output.write_by(|sink| {
        let mut scores = format(args, sink, columns)?;
        let read = stream.read(|chunk| {
            noise.iter_mut().for_each(|noise| noise.add(&mut chunk.rows));
            write(&model, calibration.as_ref(), chunk, args, &mut *scores)
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
    columns: Vec<Column>,
) -> Result<Box<dyn Scores + 'a>> {
    Ok(match args.output.extension().and_then(OsStr::to_str) {
        Some("npy") => {
            ensure!(!args.blame, "--blame: an array holds no names; write text or Parquet");
            Box::new(Array::new(sink, columns)?)
        }
        #[cfg(feature = "parquet")]
        Some("parquet") => Box::new(Parquet::new(sink, &columns)?),
        #[cfg(not(feature = "parquet"))]
        Some("parquet") => bail!(
            "{}: this couplet writes no Parquet: install it with --features parquet, or write \
             text or .npy",
            args.output.display()
        ),
        _ => Box::new(Text::new(sink, &columns)?),
    })
}

/// The columns to write.
fn columns(stream: &Stream<'_>, model: &Model, args: &ScoreArgs) -> Result<Vec<Column>> {
    let mut columns = vec![Column::new("row", Kind::Count), Column::new("log_prob", Kind::Number)];
    columns.extend(model.calibration.is_some().then(|| Column::new("p_value", Kind::Number)));
    let is_conditional = !model.flow.context.is_empty();
    columns.extend(is_conditional.then(|| Column::new("context_known", Kind::Count)));
    columns.extend(stream.kept().into_iter().map(|name| Column::new(name, Kind::Text)));
    if args.latents {
        let d = model.flow.description.dimension();
        let names = (0..d).map(|i| format!("z_{i}")).chain(["log_det".to_string()]);
        columns.extend(names.map(|name| Column::new(name, Kind::Number)));
    }
    if args.blame {
        columns.extend((1..=BLAMED).map(|i| Column::new(format!("blame_{i}"), Kind::Text)));
    }
    for (i, column) in columns.iter().enumerate() {
        ensure!(
            !columns[..i].iter().any(|other| other.name == column.name),
            "--keep: two columns of the scores would be called {}; rename the one in {}",
            column.name,
            args.data.display()
        );
    }
    Ok(columns)
}

/// Writes the scores of a chunk.
fn write(
    model: &Model,
    calibration: Option<&couplet::Calibration<f32, TABLE>>,
    chunk: &Chunk,
    args: &ScoreArgs,
    scores: &mut dyn Scores,
) -> Result<()> {
    let (d, width) = (model.flow.description.dimension(), model.flow.description.width());
    let log_probs = model.log_probs(&chunk.rows);
    let latents = args.latents.then(|| model.flow.latents(&model.parameters, &chunk.rows));
    let kept = chunk.kept.len() / chunk.numbers.len();
    for (i, (&row, &log_prob)) in chunk.numbers.iter().zip(&log_probs).enumerate() {
        let mut cells = vec![Cell::Count(row), Cell::Number(log_prob)];
        let is_known = model.flow.context.is_known(&chunk.rows[i * width..][d..width]);
        let is_judged = is_known || !log_prob.is_finite();
        cells.extend(calibration.map(|calibration| {
            Cell::Number(if is_judged { calibration.p_value(log_prob) } else { f32::NAN })
        }));
        if width > d {
            cells.push(Cell::Count(usize::from(is_known)));
        }
        cells.extend(chunk.kept[i * kept..][..kept].iter().map(|cell| Cell::Text(cell)));
        if let Some((z, log_dets)) = &latents {
            cells
                .extend(z[i * width..][..d].iter().chain([&log_dets[i]]).map(|&z| Cell::Number(z)));
        }
        if args.blame {
            let blamed = match is_judged {
                true => blamed(model, log_prob, &chunk.rows[i * width..][..width])?,
                false => [""; BLAMED],
            };
            cells.extend(blamed.map(Cell::Text));
        }
        scores.row(&cells)?;
    }
    Ok(())
}

/// The names of the features that a reading below the threshold blames; empty for other readings.
fn blamed<'a>(model: &'a Model, log_prob: f32, x: &[f32]) -> Result<[&'a str; BLAMED]> {
    let mut names = [""; BLAMED];
    if let Some(calibration) = &model.calibration
        && calibration.device()?.is_anomaly(log_prob)
    {
        let Blame { ranked, culprits, .. } = blame(model, calibration, x)?;
        let features = &model.flow.description.features;
        names
            .iter_mut()
            .zip(ranked.into_iter().take(culprits))
            .for_each(|(name, i)| *name = &features[i]);
    }
    Ok(names)
}

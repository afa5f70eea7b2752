use crate::{
    cli::{
        args::TrainArgs,
        checkpoint_file::CheckpointFile,
        hint,
        interrupt::Interrupt,
        output::{Output, keep_inputs},
        progress::{TrainingBar, with_decay},
        recipe::{describe, options},
        rows,
        say::say,
    },
    data::{Columns, Dequantization, Judgement, Table, judge},
    model::Description,
    train::{self, Options, Progress, Summary, Trainer},
};
use anyhow::{Context, Result, ensure};
use safetensors::SafeTensors;
use std::{env, path::Path, process::ExitCode, time::Duration};

/// `couplet train`.
pub fn train(args: &TrainArgs) -> Result<ExitCode> {
    let mut table = read(args)?;
    let options = options(args, table.len())?;
    let path = args.output.clone().unwrap_or_else(|| args.data.with_extension("safetensors"));
    keep_inputs(&[&args.data], &path)?;
    let output = Output::create_over(&path, is_model, "choose another path with -o, or remove it")?;
    let mut description = describe(&args.shape, table.features.clone())?;
    prepare(&mut table, &mut description, args)?;

    let pause = args.checkpoint_every.map(Duration::from_secs);
    let mut checkpoint =
        output.file().map(|model| CheckpointFile::create(model, pause)).transpose()?;
    let cannot_train = || format!("cannot train on {}", args.data.display());
    let mut trainer =
        Trainer::new(description, &table.rows, &options).with_context(cannot_train)?;
    if args.resume {
        checkpoint
            .as_ref()
            .with_context(|| format!("{} is no file, so it has no checkpoint", path.display()))?
            .resume(&mut trainer)?;
    }
    tell_start(&table, checkpoint.as_ref(), args);

    let interrupt = Interrupt::listen()?;
    let bar = TrainingBar::new("", options.steps, trainer.progress().step)?;
    trainer.run(|trainer| {
        bar.show(trainer.progress());
        if let Err(error) = checkpoint.iter_mut().try_for_each(|file| file.write_if_due(trainer)) {
            bar.warn(&format!("warning: training goes on without a checkpoint: {error:#}"));
        }
        interrupt.exit_code().is_none()
    })?;
    bar.clear();

    let (model, summary) = train::best_with_notes(&trainer, &options).with_context(cannot_train)?;
    output.write(&model.to_bytes()?)?;
    if summary.undone > 0 {
        let (undone, steps) = (summary.undone, summary.steps);
        eprintln!(
            "warning: {undone} of {steps} steps went too far and were rolled back: a lower --lr \
             may learn more"
        );
    }
    match interrupt.exit_code() {
        Some(code) if !trainer.is_done() => {
            checkpoint.iter().try_for_each(|file| file.write(&trainer))?;
            tell_stop(&path, &options, trainer.progress(), summary, checkpoint.is_some());
            Ok(ExitCode::from(code))
        }
        _ => {
            checkpoint.iter().try_for_each(CheckpointFile::remove)?;
            tell_end(&path, &options, summary)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Reads the rows, and refuses too few of them or of their features.
fn read(args: &TrainArgs) -> Result<Table> {
    let table = rows::read(&args.data, &args.reading, Columns::All)?;
    ensure!(
        table.dimension() >= 2,
        "{} has one feature, {}: a coupling flow needs at least two",
        args.data.display(),
        table.features.join(", ")
    );
    ensure!(
        table.len() >= Options::FEWEST_ROWS,
        "{} has {} rows, too few to learn from: give at least {}",
        args.data.display(),
        table.len(),
        Options::FEWEST_ROWS
    );
    Ok(table)
}

/// Judges the rows, prints the warnings, and adds the noise that --dequantize asks for.
fn prepare(table: &mut Table, description: &mut Description, args: &TrainArgs) -> Result<()> {
    let name = args.data.display();
    let seed = args.reading.dequantize.then_some(args.seed);
    let Judgement { steps, warnings } =
        judge(table, args.standardize, seed).with_context(|| format!("cannot train on {name}"))?;
    for warning in &warnings {
        eprintln!("warning: {name}, {}", hint::words(warning));
    }
    if args.reading.dequantize {
        let dequantization = Dequantization { steps };
        dequantization.note(description);
        let rounded = dequantization.describe(&table.features);
        eprintln!(
            "noise of one step on: {}",
            rounded.as_deref().unwrap_or("no column, as none is rounded")
        );
    }
    Ok(())
}

/// Says which columns are features where some are not, and warns of a checkpoint that this training
/// will replace.
fn tell_start(table: &Table, checkpoint: Option<&CheckpointFile>, args: &TrainArgs) {
    if !table.left_out.is_empty() {
        let (features, left_out) = (table.features.join(", "), table.left_out.join(", "));
        eprintln!("features: {features}; left out: {left_out}");
    }
    if let Some(path) = checkpoint.map(CheckpointFile::path)
        && !args.resume
        && path.exists()
    {
        eprintln!(
            "warning: {} is of a training that was stopped; this one starts from the first step \
             and will replace it, --resume continues it",
            path.display()
        );
    }
}

/// Says how a training ended.
fn tell_end(path: &Path, options: &Options, summary: Summary) -> Result<()> {
    let Summary {
        validation, validation_rows, best_step, weight_decay, steps, training_rows, ..
    } = summary;
    let stopped =
        if steps < options.steps { format!(", stopped at {steps}") } else { String::new() };
    let decay = with_decay(weight_decay);
    say!(
        "{}: {validation:.4} nats on {validation_rows} held-out rows (step {best_step} of \
         {}{stopped}{decay}), trained on {training_rows} rows",
        path.display(),
        options.steps
    )
}

/// Says what a training that was stopped has written, and which command continues it.
fn tell_stop(
    path: &Path,
    options: &Options,
    progress: Progress,
    summary: Summary,
    resumable: bool,
) {
    let resume = if resumable { format!("; go on with: {}", resuming()) } else { String::new() };
    eprintln!(
        "stopped at step {} of {}{}; {} holds the best weights so far (step {}{}){resume}",
        progress.step,
        options.steps,
        with_decay(progress.weight_decay),
        path.display(),
        summary.best_step,
        with_decay(summary.weight_decay),
    );
}

/// This process's command with --resume, quoted for a shell.
fn resuming() -> String {
    let mut words: Vec<String> =
        env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    // shlex refuses only words with a NUL, and no process can be given one.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

/// Whether a file of these bytes is a model of couplet, of whatever format.
fn is_model(bytes: &[u8]) -> bool {
    let header = SafeTensors::read_metadata(bytes);
    header.is_ok_and(|(_, header)| {
        header.metadata().as_ref().is_some_and(|metadata| metadata.contains_key("couplet"))
    })
}

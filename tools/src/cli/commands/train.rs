use super::{
    input::{self, STEPS},
    split::{request, tell},
};
use crate::{
    cli::args::{FlowKind, Shape, Train},
    cli::checkpoint_file::Keeper,
    cli::interrupt::Interrupt,
    cli::output::{Output, keep_inputs, say},
    data::{
        Columns, Reading, Table,
        inspect::Findings,
        refuse_copies, rounding,
        split::{Held, Origin, Request, Split},
    },
    device::preset,
    model::{CouplingKind, Description, Model},
    train::{self, Options, Progress, Summary, Trainer},
};
use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use safetensors::SafeTensors;
use serde_json::json;
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// `couplet train`.
pub fn train(args: &Train) -> Result<ExitCode> {
    let request = request(args)?;
    let reading = Reading { group: args.group.clone(), ..args.reading.clone() };
    let mut table = input::read_all(&args.data, &reading, Columns::All)?;
    let name = input::names(&args.data);
    let d = table.dimension();
    ensure!(
        d >= 2,
        "{name} has one feature, {}: a coupling flow needs at least two",
        table.features.join(", ")
    );
    ensure!(
        table.len() >= Options::FEWEST_ROWS,
        "{name} has {} rows, too few to learn from: give at least {}",
        table.len(),
        Options::FEWEST_ROWS
    );
    let mut own = match &args.validation[..] {
        [] => None,
        files => Some(input::read_all(files, &args.reading, Columns::Model(&table.features))?),
    };
    let origin = Origin {
        files: table.places.starts(),
        groups: table.groups.take().map(|groups| groups.rows),
        validation: own.as_ref().map_or(0, Table::len),
    };
    let split = match &own {
        Some(own) => Split::new(&[&table.rows[..], &own.rows].concat(), d, &request, &origin),
        None => Split::new(&table.rows, d, &request, &origin),
    };
    let split = split.with_context(|| format!("cannot train on {name}"))?;
    let options = options(args, split.training.len(), split.effective)?;

    let path = args.output.clone().unwrap_or_else(|| args.data[0].with_extension("safetensors"));
    let inputs: Vec<&Path> =
        args.data.iter().chain(&args.validation).map(PathBuf::as_path).collect();
    keep_inputs(&inputs, &path)?;
    let output = Output::create_over(&path, is_model, "choose another path with -o, or remove it")?;
    let mut description = describe(&args.shape, table.features.clone())?;
    prepare(&mut table, own.as_mut(), &mut description, args)?;
    let rows = table.len();
    table.rows.extend(own.into_iter().flat_map(|own| own.rows));
    let pause = args.checkpoint_every.map(Duration::from_secs);
    let mut keeper = output.file().map(|model| Keeper::create(model, pause)).transpose()?;
    let mut trainer = Trainer::new(description, &table.rows, &split, &options)
        .with_context(|| format!("cannot train on {name}"))?;
    if args.resume {
        let keeper = keeper
            .as_ref()
            .with_context(|| format!("{} is no file, so it has no checkpoint", path.display()))?;
        keeper.resume(&mut trainer)?;
    }
    if !table.left_out.is_empty() {
        eprintln!(
            "features: {}; left out: {}",
            table.features.join(", "),
            table.left_out.join(", ")
        );
    }
    tell(&split, args, &table.features, rows);
    if let Some(keeper) = keeper.as_ref().filter(|keeper| !args.resume && keeper.path().exists()) {
        let path = keeper.path().display();
        eprintln!(
            "warning: {path} is of a training that was stopped; this one starts anew and will replace it, --resume goes on"
        );
    }
    let interrupt = Interrupt::listen()?;
    run(&mut trainer, &options, "", |trainer, bar| {
        if let Err(error) = keeper.iter_mut().try_for_each(|keeper| keeper.keep(trainer)) {
            bar.suspend(|| eprintln!("warning: training goes on without a checkpoint: {error:#}"));
        }
        interrupt.exit_code().is_none()
    })?;
    let (mut model, summary) =
        best(&trainer, &options).with_context(|| format!("cannot train on {name}"))?;
    let test = test(&mut model, &split.test, &table.rows);
    output.write(&model.to_bytes()?)?;
    if summary.undone > 0 {
        let (undone, steps) = (summary.undone, summary.steps);
        eprintln!(
            "warning: {undone} of {steps} steps went too far and were undone: a lower --lr may learn more"
        );
    }

    match interrupt.exit_code() {
        Some(code) if !trainer.is_done() => {
            keeper.iter().try_for_each(|keeper| keeper.write(&trainer))?;
            tell_how_to_go_on(&path, &options, trainer.progress(), summary, keeper.is_some());
            Ok(ExitCode::from(code))
        }
        _ => {
            keeper.iter().try_for_each(Keeper::remove)?;
            tell_result(&path, &options, summary)?;
            if let Some((nats, error)) = test {
                let rows = split.test.rows.len();
                say!("test: {nats:.4}{} nats on {rows} rows that chose nothing", with_error(error));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What came of a training that is done.
fn tell_result(path: &Path, options: &Options, summary: Summary) -> Result<()> {
    let Summary {
        validation,
        validation_error,
        validation_rows,
        best_step,
        weight_decay,
        steps,
        training_rows,
        ..
    } = summary;
    let error = with_error(validation_error);
    let stopped =
        if steps < options.steps { format!(", stopped at {steps}") } else { String::new() };
    let decay = with_decay(weight_decay);
    say!(
        "{}: {validation:.4}{error} nats on {validation_rows} held-out rows, which chose the weights (step {best_step} of \
         {}{stopped}{decay}), trained on {training_rows} rows",
        path.display(),
        options.steps
    );
    Ok(())
}

/// The standard error of a mean, where there is one.
fn with_error(error: Option<f64>) -> String {
    error.map_or(String::new(), |error| format!(" +- {error:.4}"))
}

/// The mean nats of test rows and its standard error, which the model keeps too.
fn test(model: &mut Model, test: &Held, rows: &[f32]) -> Option<(f64, Option<f64>)> {
    if test.rows.is_empty() {
        return None;
    }
    let log_probs = model.log_probs(&test.gather(rows, model.flow.description.dimension()));
    let nats: Vec<f64> = log_probs.iter().map(|&log_prob| -f64::from(log_prob)).collect();
    let (nats, error) = test.mean(&nats);
    if let Some(training) = model.flow.description.extra.get_mut("training") {
        training["test_rows"] = json!(test.rows.len());
        training["test_nats"] = json!(nats);
        training["test_error"] = json!(error);
    }
    Some((nats, error))
}

/// What a training that was stopped leaves, and the command that goes on with it.
fn tell_how_to_go_on(
    path: &Path,
    options: &Options,
    progress: Progress,
    summary: Summary,
    resumable: bool,
) {
    let mut command: Vec<String> =
        env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if !command.iter().any(|word| word == "--resume") {
        command.push("--resume".into());
    }
    // Words with a NUL, which shlex refuses, are none that a process can be given.
    let command = shlex::try_join(command.iter().map(String::as_str)).unwrap_or_default();
    eprintln!(
        "stopped at step {} of {}{}; {} holds the best weights so far (step {}{}){}",
        progress.step,
        options.steps,
        with_decay(progress.weight_decay),
        path.display(),
        summary.best_step,
        with_decay(summary.weight_decay),
        if resumable { format!("; go on with: {command}") } else { String::new() }
    );
}

/// What to say of a weight decay, where there is one: a training may have started anew with it.
fn with_decay(weight_decay: f64) -> String {
    if weight_decay > 0.0 { format!(", weight decay {weight_decay}") } else { String::new() }
}

/// Refuses columns that repeat others, warns of what else may be wrong, and adds the noise that
/// --dequantize asks for.
fn prepare(
    table: &mut Table,
    own: Option<&mut Table>,
    description: &mut Description,
    args: &Train,
) -> Result<()> {
    let name = input::names(&args.data);
    let context = || format!("cannot train on {name}");
    refuse_copies(&table.features, &table.rows).with_context(context)?;
    let findings = Findings::of(table);
    let coarse = train::warnings(&table.features, &table.rows);
    if args.reading.dequantize {
        rounding::dequantize(&mut table.rows, &findings.steps, args.seed);
        if let Some(own) = own {
            rounding::dequantize(&mut own.rows, &findings.steps, args.seed + 1);
        }
        description.extra.insert(STEPS.into(), json!(findings.steps));
    }
    // What cannot be trained on is refused in one line, before any other.
    train::refuse_sentinels(&table.features, &table.rows).with_context(context)?;
    args.standardize.of(&table.features, &table.rows).with_context(context)?;
    for warning in coarse.into_iter().chain(findings.warnings(table, args.reading.dequantize)) {
        eprintln!("warning: {name}, {warning}");
    }
    if args.reading.dequantize {
        let rounded = rounding::describe(&table.features, &findings.steps);
        eprintln!(
            "noise of one step on: {}",
            if rounded.is_empty() { "no column, as none is rounded" } else { &rounded }
        );
    }
    Ok(())
}

/// What the flags ask of a training on this many rows, which are worth so many independent ones.
pub fn options(args: &Train, rows: usize, effective: usize) -> Result<Options> {
    let Request { kind, validation, test, seed } = request(args)?;
    ensure!(args.batch >= 1, "--batch must be at least 1");
    ensure!(
        args.noise.is_none_or(|noise| (0.0..=1.0).contains(&noise)),
        "--noise must be from 0 to 1"
    );
    ensure!(
        args.noise_among.is_none_or(|rows| (2..=1024).contains(&rows)),
        "--noise-among must be from 2 to 1024"
    );
    ensure!(args.lr > 0.0 && args.lr.is_finite(), "--lr {} must be positive", args.lr);
    let steps_of = |epochs: usize| epochs.saturating_mul(rows.div_ceil(args.batch));
    let steps = args
        .steps
        .or(args.epochs.map(steps_of))
        .unwrap_or_else(|| Options::steps_for(effective, args.batch));
    ensure!(steps >= 1, "there is nothing to do in 0 steps");
    ensure!(
        (0.0..1.0).contains(&args.warm_up),
        "--warm-up {} must be from 0 to below 1",
        args.warm_up
    );
    ensure!(
        (0.0..1.0).contains(&args.averaging),
        "--averaging {} must be from 0 to below 1",
        args.averaging
    );
    ensure!(
        args.outliers.is_none_or(|part| (0.0..=0.5).contains(&part)),
        "--outliers must be from 0 to 0.5"
    );
    ensure!(args.clip > 0.0, "--clip {} must be positive", args.clip);
    ensure!(
        args.weight_decay.is_none_or(|part| (0.0..=100.0).contains(&part)),
        "--weight-decay must be from 0 to 100"
    );
    ensure!(args.patience != Some(0), "--patience must be at least 1");
    Ok(Options {
        steps,
        threads: args.threads.unwrap_or_else(Options::all_threads),
        batch: args.batch,
        learning_rate: args.lr,
        seed,
        validation_fraction: validation,
        test_fraction: test,
        split: kind,
        noise: args.noise,
        noise_among: args.noise_among,
        outliers: args.outliers,
        patience: args.patience,
        warm_up: args.warm_up,
        schedule: args.schedule,
        averaging: args.averaging,
        longest_gradient: args.clip,
        weight_decay: args.weight_decay,
        zero_biases: args.zero_biases,
        standardize: args.standardize,
    })
}

/// Whether a file is a flow of this program, of whatever format.
fn is_model(bytes: &[u8]) -> bool {
    let header = SafeTensors::read_metadata(bytes);
    header.is_ok_and(|(_, header)| {
        header.metadata().as_ref().is_some_and(|metadata| metadata.contains_key("couplet"))
    })
}

/// The description that the flags stand for.
pub fn describe(shape: &Shape, features: Vec<String>) -> Result<Description> {
    let coupling = match shape.flow {
        FlowKind::Nice => CouplingKind::Additive,
        FlowKind::Realnvp => CouplingKind::Affine,
    };
    let permute = shape.permute.unwrap_or(features.len() > 2);
    let scale = shape.scale.unwrap_or(shape.flow == FlowKind::Nice);
    let described = |couplets, hidden| {
        let (activation, base, bound) = (shape.activation, shape.base, shape.log_scale_bound);
        Description::new(
            features.clone(),
            coupling,
            couplets,
            hidden,
            activation,
            base,
            scale,
            permute,
            bound,
        )
    };
    match (shape.preset, &shape.hidden) {
        (Some(preset), _) => preset.fit(described),
        (None, Some(hidden)) => described(shape.couplets, hidden.clone()),
        (None, None) => described(shape.couplets, vec![preset::width(features.len())]),
    }
}

/// Trains, and notes in the model how.
pub fn fit(
    description: Description,
    rows: &[f32],
    split: &Split,
    options: &Options,
    title: &str,
) -> Result<(Model, Summary)> {
    let mut trainer = Trainer::new(description, rows, split, options)?;
    run(&mut trainer, options, title, |_, _| true)?;
    best(&trainer, options)
}

/// Trains behind a progress bar, to the end or until `go_on`, asked before each step, says no.
fn run(
    trainer: &mut Trainer,
    options: &Options,
    title: &str,
    mut go_on: impl FnMut(&Trainer, &ProgressBar) -> bool + Send,
) -> Result<()> {
    let bar = ProgressBar::new(options.steps as u64).with_position(trainer.progress().step as u64);
    bar.set_style(ProgressStyle::with_template(
        "{prefix}{wide_bar} {pos}/{len} steps, {msg}, {eta} left",
    )?);
    bar.set_prefix(title.to_string());
    bar.reset_eta();
    trainer.run(|trainer| {
        let progress = trainer.progress();
        bar.set_position(progress.step as u64);
        if progress.step % 20 == 0 {
            let Progress { training, validation, weight_decay, .. } = progress;
            let decay = with_decay(weight_decay);
            bar.set_message(format!(
                "{training:.3} nats in training, {validation:.3} held out{decay}"
            ));
        }
        go_on(trainer, &bar)
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// The best weights so far, with a note of how they were trained.
fn best(trainer: &Trainer, options: &Options) -> Result<(Model, Summary)> {
    let (mut model, summary) = trainer.best()?;
    let mut training = json!({
        "steps": options.steps,
        "batch": options.batch,
        "lr": options.learning_rate,
        "rows": summary.training_rows,
        "held_out_rows": summary.validation_rows,
        "best_step": summary.best_step,
        "held_out_nats": summary.validation,
    });
    if let Some(error) = summary.validation_error {
        training["held_out_error"] = json!(error);
    }
    if summary.steps < options.steps {
        training["stopped_at"] = json!(summary.steps);
    }
    if summary.weight_decay > 0.0 {
        training["weight_decay"] = json!(summary.weight_decay);
    }
    if summary.undone > 0 {
        training["undone_steps"] = json!(summary.undone);
    }
    let extra = &mut model.flow.description.extra;
    extra.insert("seed".into(), json!(options.seed));
    extra.insert("training".into(), training);
    Ok((model, summary))
}

#[cfg(test)]
mod tests {
    use super::{super::bench::training, *};

    #[test]
    fn steps_follow_the_rows_unless_they_are_asked_for() -> Result<()> {
        let steps = |flags: &str, rows: usize| {
            Ok::<_, anyhow::Error>(options(&training(flags, 1)?, rows, rows)?.steps)
        };
        assert_eq!(
            [steps("", 900)?, steps("", 900_000)?, steps("", 9_000_000)?],
            [4000, 35_160, 40_000]
        );
        assert_eq!([steps("--steps 7", 900)?, steps("--epochs 3 --batch 100", 900)?], [7, 27]);
        Ok(())
    }

    #[test]
    fn widths_follow_the_features_unless_they_are_asked_for() -> Result<()> {
        let shape = |flags: &str, d: usize| -> Result<(usize, Vec<usize>)> {
            let features = (0..d).map(|i| format!("x{i}")).collect();
            let Description { couplets, hidden, .. } =
                describe(&training(flags, 1)?.shape, features)?;
            Ok((couplets, hidden))
        };
        assert_eq!(
            [shape("", 2)?, shape("", 6)?, shape("", 43)?],
            [(8, vec![32]), (8, vec![48]), (8, vec![64])]
        );
        assert_eq!(shape("--couplets 2 --hidden 5,6", 2)?, (2, vec![5, 6]));
        assert_eq!(shape("--preset tiny", 2)?, (8, vec![30]));
        Ok(())
    }
}

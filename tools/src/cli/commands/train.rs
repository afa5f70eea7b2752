use crate::{
    calibrate::Wishes,
    cli::{
        args::{AlarmArgs, TrainArgs},
        calibration,
        checkpoint_file::CheckpointFile,
        hint,
        interrupt::Interrupt,
        log::Log,
        output::{Output, are_same, is_model, keep_inputs, keep_models},
        progress::{TrainingBar, with_decay},
        quantization::{self, Loss},
        recipe::{describe, options, planned},
        rows,
        say::{print_json, quoted, say},
        split, tried, windows,
    },
    data::{
        Columns, Dequantization, Judgement, Reading, Sketch, Table, judge,
        split::{Held, Origin, Split, gather},
    },
    device::{cost::Cost, estimate::Estimate, target::Target},
    input,
    model::{ContextColumn, Description, Model},
    quantize::{Quantized, quantize},
    train::{self, Choice, Options, Plan, Progress, Summary, Trainer},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// `couplet train`.
pub fn train(args: &TrainArgs) -> Result<ExitCode> {
    ensure!(
        args.output.is_some() || !input::is_standard(&args.data[0]),
        "the rows are from standard input: name the model file with -o"
    );
    let options = options(args)?;
    let wishes = wishes(args)?;
    let mut table = read(args)?;
    let mut own = read_own(args, &table)?;
    let cannot_train = || format!("cannot train on {}", rows::names(&args.data));
    let split = hold_out(&mut table, own.as_ref(), &options).with_context(cannot_train)?;
    if args.calibration_fraction > 0.0 {
        wishes
            .refuse_too_few(split.calibration.rows.len())
            .with_context(|| "the rows of --calibration-fraction cannot calibrate the model")?;
    }
    let path = args.output.clone().unwrap_or_else(|| args.data[0].with_extension("safetensors"));
    let inputs: Vec<&Path> =
        args.data.iter().chain(&args.validation).map(PathBuf::as_path).collect();
    keep_inputs(&inputs, &path)?;
    if let Some(log) = &args.log {
        ensure!(!are_same(log, &path), "--log and -o are the same file, {}", path.display());
        keep_inputs(&inputs, log)?;
        keep_models(log)?;
    }
    let output = Output::create_over(&path, is_model, "choose another path with -o, or remove it")?;
    let mut description = describe(&args.shape, table.features.clone(), table.context.clone())?;
    if args.quantize {
        description.clone().in_integers().with_context(|| "--quantize")?;
    }
    // As the device reads them: before rounded columns get noise.
    let Seen { sketch, calibration: for_calibration } = Seen::of(&table, own.as_ref(), &split);
    prepare(&mut table, own.as_mut(), &mut description, args)?;
    windows::note(table.comment.as_deref(), &rows::names(&args.data), &mut description)?;
    let count = table.len();
    table.rows.extend(own.into_iter().flat_map(|own| own.rows));
    let (learned, effective) = (split.training.len(), split.effective);
    let mut options = planned(args, options, &description, learned, effective)?;
    if let Some(minutes) = args.minutes {
        ensure!(minutes > 0.0 && minutes.is_finite(), "--minutes {minutes} must be positive");
        options.budget = budget_of(minutes, &description, &table.rows, &split, &options)
            .with_context(cannot_train)?;
        eprintln!(
            "--minutes {minutes} is --budget {:e} here: the same budget gives the same model anywhere",
            options.budget
        );
    }
    warn_of_a_small_budget(&description, &options);
    let pause = args.checkpoint_every.map(Duration::from_secs);
    let mut checkpoint =
        output.file().map(|model| CheckpointFile::create(model, pause)).transpose()?;
    let mut trainer =
        Trainer::new(description, &table.rows, &split, &options).with_context(cannot_train)?;
    if args.resume {
        checkpoint
            .as_ref()
            .with_context(|| format!("{} is no file, so it has no checkpoint", path.display()))?
            .resume(&mut trainer)?;
    }
    tell_start(&table, &split, count, checkpoint.as_ref(), args);
    if !args.resume && output.file().is_some_and(Path::exists) {
        eprintln!("{} exists: the new model will replace it", path.display());
    }

    let mut log = args.log.as_ref().map(|path| Log::create(path, args.resume)).transpose()?;
    let interrupt = Interrupt::listen()?;
    let bar = TrainingBar::new("", trainer.part())?;
    trainer.run(|trainer| {
        bar.show(trainer);
        write_log(&mut log, trainer, &bar);
        if let Err(error) = checkpoint.iter_mut().try_for_each(|file| file.write_if_due(trainer)) {
            bar.warn(&format!("warning: training goes on without a checkpoint: {error:#}"));
        }
        interrupt.exit_code().is_none()
    })?;
    write_log(&mut log, &trainer, &bar);
    bar.clear();

    let (mut model, summary) =
        train::best_with_notes(&trainer, &options).with_context(cannot_train)?;
    let test = train::test(&mut model, &split.test, &table.rows);
    note_sketch(&mut model, &sketch)?;
    if args.quantize {
        model = in_integers(&model, &split, &table.rows).with_context(cannot_train)?;
    }
    if let Err(error) = calibrate_held(&mut model, &split, &for_calibration, args) {
        eprintln!("warning: the model is not calibrated: {}", hint::line(&error));
    }
    output.write(&model.to_bytes()?)?;
    if summary.rolled_back > 0 {
        let (rolled_back, steps) = (summary.rolled_back, summary.all_steps);
        eprintln!(
            "warning: {rolled_back} of {steps} steps went too far and were rolled back: a lower --lr \
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
            if args.json {
                let test = test.map(|(nats, error)| json!({"nats": nats, "error": error}));
                print_json(&json!({"model": path, "training": summary, "test": test}))?;
                return Ok(ExitCode::SUCCESS);
            }
            tried::tell(&trainer, summary.best_run)?;
            tell_end(&path, summary)?;
            if let Some((nats, error)) = test {
                let (error, rows) = (with_error(error), split.test.rows.len());
                say!("test: {nats:.4}{error} nats on {rows} rows that chose nothing")?;
            }
            model.calibration.iter().try_for_each(calibration::tell)?;
            tell_cost(&model, &path)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Writes the last look at the held-out rows to the log. Where that fails, training goes on without
/// it.
fn write_log(log: &mut Option<Log>, trainer: &Trainer, bar: &TrainingBar) {
    let (look, progress) = trainer.look();
    if let Some(Err(error)) = log.as_mut().map(|log| log.write(look, progress)) {
        bar.warn(&format!("warning: training goes on without a log: {error:#}"));
        *log = None;
    }
}

/// Warns where the budget ends the first run early, so that nothing is compared.
fn warn_of_a_small_budget(description: &Description, options: &Options) {
    let plan = Plan::new(description.clone(), options);
    let Choice { steps, .. } = plan.first();
    if steps < options.steps {
        let all = plan.cost_of(&plan.first(), options.steps);
        eprintln!(
            "warning: --budget {:e} ends the first run after {steps} of {} steps: --budget {all:.1e} \
             would be a whole run",
            options.budget, options.steps
        );
    }
}

/// What is asked of the alarm, if rows are held out for it.
fn wishes(args: &TrainArgs) -> Result<Wishes> {
    let wishes = args.alarm.wishes()?;
    ensure!(
        args.calibration_fraction > 0.0 || wishes == AlarmArgs::default().wishes()?,
        "an alarm takes rows for its calibration: give --calibration-fraction 0.2, or use `couplet \
         calibrate` later"
    );
    ensure!(
        args.alarm.episodes.is_none() || args.alarm.episodes == args.group,
        "--episodes: rows of an episode stay together only if --group names the same column"
    );
    Ok(wishes)
}

/// Rows as they were read.
struct Seen {
    /// Those that fit the flow or choose it.
    sketch: Sketch,
    /// Those that calibrate it.
    calibration: Vec<f32>,
}

impl Seen {
    fn of(table: &Table, own: Option<&Table>, split: &Split) -> Self {
        let width = table.width();
        let all = [&table.rows[..], own.map_or(&[], |own| &own.rows)].concat();
        let fitted = [&split.training[..], &split.validation.rows].concat();
        Seen {
            sketch: Sketch::of(&gather(&fitted, &all, width), width),
            calibration: split.calibration.gather(&all, width),
        }
    }
}

/// Notes which rows the model saw.
fn note_sketch(model: &mut Model, sketch: &Sketch) -> Result<()> {
    if let Some(training) = &mut model.flow.description.notes.training {
        training["row_sketch"] = serde_json::to_value(sketch)?;
    }
    Ok(())
}

/// The model in integers, which the training rows choose.
fn in_integers(model: &Model, split: &Split, rows: &[f32]) -> Result<Model> {
    let rows = gather(&split.training, rows, model.flow.description.width());
    let Quantized { model: mut integers, saturated, rows: used } = quantize(model, &rows)?;
    let loss = Loss::of(model, &integers, &rows);
    let seen = model.flow.description.notes.training.clone();
    quantization::note(&mut integers, model, &rows, saturated, used, &loss)?;
    integers.flow.description.notes.training = seen; // which has these rows already
    eprintln!("integers lose {:+.4} nats on the training rows", loss.all);
    Ok(integers)
}

/// Calibrates the model by the rows that were held out for that. Rows of one group are an episode
/// where the alarm is to be judged by episodes.
fn calibrate_held(model: &mut Model, split: &Split, rows: &[f32], args: &TrainArgs) -> Result<()> {
    let Held { rows: held, units } = &split.calibration;
    if held.is_empty() {
        return Ok(());
    }
    let groups = args.alarm.episodes.is_some().then_some(units.as_slice());
    let calibration = calibration::calibrated(model, rows, groups, &args.alarm)
        .with_context(|| format!("cannot calibrate by {} held-out rows", held.len()))?;
    model.calibration = Some(calibration);
    Ok(())
}

/// Reads the rows, and refuses too few of them or of their features.
fn read(args: &TrainArgs) -> Result<Table> {
    let reading = Reading {
        group: args.group.clone(),
        context: args.context.clone(),
        context_numbers: args.context_numbers.clone(),
        ..Reading::from(&args.reading)
    };
    let table = rows::read_all(&args.data, &reading, Columns::All)?;
    let name = rows::names(&args.data);
    let left_out = match &table.left_out[..] {
        [] => String::new(),
        names => format!("; left out: {}", names.join(", ")),
    };
    ensure!(
        table.dimension() >= 2,
        "{name} has one feature, {}: a coupling flow needs at least two{left_out}",
        table.features.join(", ")
    );
    ensure!(
        table.len() >= Options::FEWEST_ROWS,
        "{name} has {} rows, too few to learn from: give at least {}",
        table.len(),
        Options::FEWEST_ROWS
    );
    Ok(table)
}

/// Reads the validation rows of the user's own, if there are any.
fn read_own(args: &TrainArgs, table: &Table) -> Result<Option<Table>> {
    if args.validation.is_empty() {
        return Ok(None);
    }
    let reading = Reading::from(&args.reading);
    let own = rows::read_all(
        &args.validation,
        &reading,
        Columns::Model(&table.features, &table.context),
    )?;
    let [name, own_name] = [&args.data, &args.validation].map(|paths| rows::names(paths));
    windows::keep_equal((&name, table.comment.as_deref()), (&own_name, own.comment.as_deref()))?;
    if let Some((row, column)) = own.unknown_level() {
        let place = own.places.describe(row);
        bail!(
            "{own_name}, {place}: no row of {name} has this level of the context {column}, so \
             nothing is learnt of it: drop the row, or give such rows for training"
        );
    }
    Ok(Some(own))
}

/// Splits the rows of a table, followed by validation rows of the user's own if there are any.
fn hold_out(table: &mut Table, own: Option<&Table>, options: &Options) -> Result<Split> {
    let origin = Origin {
        files: table.places.starts(),
        groups: table.groups.take().map(|groups| groups.rows),
        counters: table.counters(),
        validation: own.map_or(0, Table::len),
    };
    let (d, request) = (table.dimension(), options.request());
    match own {
        Some(own) => {
            let rows = [table.features_alone(), own.features_alone()].concat();
            Split::new(&rows, d, &request, &origin)
        }
        None => Split::new(&table.features_alone(), d, &request, &origin),
    }
}

/// Judges the rows, prints the warnings, and adds the noise that --dequantize asks for; to the
/// validation rows of the user's own too.
fn prepare(
    table: &mut Table,
    own: Option<&mut Table>,
    description: &mut Description,
    args: &TrainArgs,
) -> Result<()> {
    let name = rows::names(&args.data);
    let seed = args.reading.dequantize.then_some(args.seed);
    let Judgement { steps, warnings } =
        judge(table, args.standardize, seed).with_context(|| format!("cannot train on {name}"))?;
    for warning in &warnings {
        eprintln!("warning: {name}, {}", hint::words(warning));
    }
    if args.reading.dequantize {
        let dequantization = Dequantization { steps, contexts: description.contexts() };
        if let Some(own) = own {
            dequantization.apply(&mut own.rows, args.seed.wrapping_add(1));
        }
        dequantization.note(description);
        let rounded = dequantization.describe(&table.features);
        eprintln!(
            "noise of one step on: {}",
            rounded.as_deref().unwrap_or("no column, as none is rounded")
        );
    }
    Ok(())
}

/// Says which columns are features where some are not, and how the `count` rows of the data were
/// split; warns of a checkpoint that this training will replace.
fn tell_start(
    table: &Table,
    split: &Split,
    count: usize,
    checkpoint: Option<&CheckpointFile>,
    args: &TrainArgs,
) {
    if !table.left_out.is_empty() {
        let (features, left_out) = (table.features.join(", "), table.left_out.join(", "));
        eprintln!("features: {features}; left out: {left_out}");
    }
    for note in &table.notes {
        eprintln!("{}", hint::words(note));
    }
    tell_context(table);
    let anomalies = table.labels.iter().flatten().filter(|&&anomaly| anomaly).count();
    if anomalies > 0 {
        eprintln!(
            "warning: {anomalies} of {count} rows are anomalies by their label, and are trained on \
             like all others: give a file of normal rows"
        );
    }
    split::tell(split, args, &table.features, count);
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

/// Says which columns are context, and which of them are levels.
fn tell_context(table: &Table) {
    if table.context.is_empty() {
        return;
    }
    let names: Vec<String> = table
        .context
        .iter()
        .map(|ContextColumn { name, levels }| match levels {
            None => name.clone(),
            Some(levels) => format!("{name} ({})", levels.join(", ")),
        })
        .collect();
    eprintln!("context: {}", names.join(", "));
    let are_numbers =
        |levels: &Vec<String>| levels.iter().all(|level| level.parse::<f64>().is_ok());
    let is_number = |column: &&ContextColumn| column.levels.as_ref().is_some_and(are_numbers);
    for ContextColumn { name, .. } in table.context.iter().filter(is_number) {
        eprintln!(
            "the context {name} has few whole numbers, so they are levels; give --context-numbers {name} for a number"
        );
    }
}

/// Says how a training ended.
fn tell_end(path: &Path, summary: Summary) -> Result<()> {
    let Summary {
        validation,
        validation_error,
        validation_rows,
        best_step,
        weight_decay,
        steps,
        steps_asked,
        runs,
        best_run,
        from_run,
        training_rows,
        ..
    } = summary;
    let error = with_error(validation_error);
    let stopped = if steps < steps_asked { format!(", stopped at {steps}") } else { String::new() };
    let decay = with_decay(weight_decay);
    let from = from_run.map_or(String::new(), |run| format!(" that goes on from run {run}"));
    let run = if runs > 1 { format!(", in run {best_run} of {runs}{from}") } else { String::new() };
    say!(
        "{}: {validation:.4}{error} nats on {validation_rows} held-out rows, which chose the \
         weights (step {best_step} of {steps_asked}{stopped}{decay}{run}), trained on \
         {training_rows} rows",
        path.display(),
    )
}

/// Says what the model costs on a device, and which command comes next.
fn tell_cost(model: &Model, path: &Path) -> Result<()> {
    let cost = Cost::of(&model.flow);
    let [target, ..] = Target::ALL;
    let stack = Estimate::of(&model.flow.description, target).map_or_else(
        |_| format!("more than {} of stack", cost.stack),
        |estimate| format!("about {:.0} of stack on a {}", estimate.log_prob_stack, target.name),
    );
    let Cost { flash, macs, .. } = cost;
    say!("one log_prob: {flash} bytes of flash, {stack}, {macs} multiply-accumulates")?;
    say!("next: {}", quoted(["couplet", "check", &path.to_string_lossy()]))
}

/// A standard error in words; none where there is none.
fn with_error(error: Option<f64>) -> String {
    error.map_or(String::new(), |error| format!(" +- {error:.4}"))
}

/// Says what a training that was stopped has written, and which command continues it.
fn tell_stop(
    path: &Path,
    options: &Options,
    progress: Progress,
    summary: Summary,
    resumable: bool,
) {
    let resume =
        if resumable { format!("; go on with: {}", resuming(options)) } else { String::new() };
    let in_run =
        |run: usize| if summary.runs > 1 { format!(", in run {run}") } else { String::new() };
    let (run, best) = (in_run(progress.run), in_run(summary.best_run));
    eprintln!(
        "stopped at step {} of {}{}{run}; {} holds the best weights so far (step {}{}{best}){resume}",
        progress.step,
        progress.steps,
        with_decay(progress.weight_decay),
        path.display(),
        summary.best_step,
        with_decay(summary.weight_decay),
    );
}

/// The budget that takes this many minutes on this machine: as many multiply-adds as the first
/// second of training says, to two digits.
///
/// # Errors
///
/// As [`Trainer::new`] and [`Trainer::run`].
fn budget_of(
    minutes: f64,
    description: &Description,
    rows: &[f32],
    split: &Split,
    options: &Options,
) -> Result<f64> {
    let mut trainer = Trainer::new(description.clone(), rows, split, options)?;
    let start = Instant::now();
    trainer.run(|_| start.elapsed() < Duration::from_secs(1))?;
    let budget = trainer.spent() / start.elapsed().as_secs_f64() * 60.0 * minutes;
    Ok(format!("{budget:.1e}").parse()?)
}

/// This process's command with --resume, quoted for a shell. A budget stands for --minutes, which
/// would be another one next time.
fn resuming(options: &Options) -> String {
    let mut words: Vec<String> =
        env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(at) = words.iter().position(|word| word.split('=').next() == Some("--minutes")) {
        let end = if words[at].contains('=') { at + 1 } else { at + 2 };
        words.splice(at..end, ["--budget".into(), format!("{:e}", options.budget)]);
    }
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    quoted(words.iter().map(String::as_str))
}

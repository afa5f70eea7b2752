use crate::{
    cli::{
        args::{EvalArgs, ReadingArgs},
        progress::spinner,
        rows::{mention_labels, read_for},
        say::{print_json, print_list, say},
    },
    data::{self, Dequantization},
    evaluate::{
        alarms::Alarms,
        baseline::Mixture,
        beside::mixtures,
        comparison::{Contender, Evaluation, better},
    },
    model::Model,
    report::{
        number::short,
        table::{Format, Table},
    },
    train::Options,
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{f64::consts::LN_2, fs, path::Path};

/// The width of a result's name.
const NAME: usize = 19;

/// `couplet eval`.
pub fn eval(args: &EvalArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let rows = read_for(&args.data, &args.reading, &model.flow.description)?;
    let baselines = match &args.baseline {
        Some(training) => gaussians(&model, training, args)?,
        None => Vec::new(),
    };
    let log_probs = model.log_probs(&rows.rows);
    let found = Evaluation::of(&log_probs, rows.labels.as_deref(), rows.log_prob.as_deref())
        .with_context(|| args.data.display().to_string())?;
    let known = model.flow.known(&rows.rows);
    let unknown = known.iter().filter(|&&known| !known).count();
    if unknown > 0 {
        eprintln!(
            "warning: {}: {unknown} of {} rows have a context that training never saw: what the model \
             says of them is a guess",
            args.data.display(),
            rows.len()
        );
    }
    let alarms = match (&model.calibration, &rows.labels) {
        (Some(calibration), Some(labels)) => {
            Some(Alarms::of(calibration, &log_probs, &known, labels)?)
        }
        _ => None,
    };
    mention_labels(&rows, &args.data, "there are no nats of the normal rows and no AUROC");
    let mut contenders = vec![Contender::flow(&model.flow, found.clone())];
    for mixture in &baselines {
        contenders.push(Contender::mixture(
            mixture,
            &rows.features_alone(),
            rows.labels.as_deref(),
        )?);
    }
    if args.json {
        let worst = place(&rows, &found);
        return print_json(&json!({
            "rows": rows.len(),
            "features": rows.features,
            "flow": contenders[0],
            "worst_point": worst,
            "alarms": alarms,
            "baselines": contenders[1..],
        }));
    }
    print_list(NAME, &results(&model, &rows, &found, args)?)?;
    print_list(NAME, &alarms.as_ref().map_or(Vec::new(), at_the_threshold))?;
    if baselines.is_empty() { Ok(()) } else { compare(&contenders, rows.labels.is_some()) }
}

/// Where the least likely of the rows that count is, and its readings.
fn place(rows: &data::Table, found: &Evaluation) -> String {
    let row = found.worst_row;
    format!("{} {}", rows.places.describe(row), rows.show(row))
}

/// What the model's log-densities of the rows amount to: names and values.
fn results(
    model: &Model,
    rows: &data::Table,
    found: &Evaluation,
    args: &EvalArgs,
) -> Result<Vec<[String; 2]>> {
    let Evaluation { score, counted, detection, truth, .. } = found;
    let mut results = Vec::new();
    let mut add = |name: &str, value: String| results.push([name.to_string(), value]);
    let all = rows.len();
    add(
        "rows",
        match detection {
            Some(_) => format!("{all}: {counted} normal ones, {} anomalies", all - counted),
            None => all.to_string(),
        },
    );
    if args.reading.dequantize {
        let training = Dequantization::noted(&model.flow.description)?;
        let rounded = training.and_then(|training| training.describe(&rows.features));
        add("noise", format!("{}, as in training", rounded.as_deref().unwrap_or("none")));
    }
    let normal = if detection.is_some() { " on the normal rows" } else { "" };
    add("nats", format!("{} +- {}{normal}", short(score.nats), short(score.error)));
    if score.impossible > 0 {
        add("impossible", format!("{} of {counted} rows, which no mean counts", score.impossible));
    }
    let bits = score.nats / (rows.dimension() as f64 * LN_2);
    add("bits per dimension", short(bits));
    add("worst point", format!("{} nats, {}", short(score.worst), place(rows, found)));
    if let Some(detection) = detection {
        let anomalies = all - counted;
        let area = short(detection.auroc);
        add("AUROC", format!("{area} ({anomalies} anomalies among {all} rows)"));
        add("average precision", short(detection.average_precision));
    }
    if let Some(truth) = truth {
        add("true entropy", format!("{} nats on these rows", short(truth.entropy)));
        add("gap", format!("{} nats", short(truth.gap)));
    }
    Ok(results)
}

/// What the alarm of a calibrated model does on labelled rows.
fn at_the_threshold(alarms: &Alarms) -> Vec<[String; 2]> {
    let Alarms {
        detected,
        anomalies,
        false_alarms,
        normal,
        delays,
        in_alarm_already,
        false_events,
        not_judged,
    } = alarms;
    let part = |part: &usize, of: &usize| {
        format!("{part} of {of} ({:.2} %)", 100.0 * *part as f64 / (*of).max(1) as f64)
    };
    let found = delays.iter().flatten().count();
    let longest = delays.iter().flatten().max();
    let delay = alarms.median_delay().zip(longest).map_or(String::new(), |(median, longest)| {
        format!(", after {median} readings in the median, {longest} at most")
    });
    let all = delays.len();
    let already = match in_alarm_already {
        0 => String::new(),
        count => format!(", {count} more began in an earlier alarm"),
    };
    let not_judged = match not_judged {
        0 => String::new(),
        count => format!("; {count} rows of unknown context not judged"),
    };
    [
        ["below threshold", &format!("{} anomalies", part(detected, anomalies))],
        ["", &format!("{} normal rows", part(false_alarms, normal))],
        [
            "detector",
            &format!(
                "{found} of {all} stretches of anomalies in alarm{delay}{already}; {false_events} \
                 false alarms{not_judged}"
            ),
        ],
    ]
    .map(|line| line.map(String::from))
    .to_vec()
}

/// One Gaussian, and the best mixture that takes no more bytes than the flow, fitted to the rows of
/// `training`.
fn gaussians(model: &Model, training: &Path, args: &EvalArgs) -> Result<Vec<Mixture>> {
    let name = training.display();
    let same = |path: &Path| fs::canonicalize(path).ok();
    ensure!(
        same(training) != same(&args.data),
        "--baseline {name}: these are the evaluated rows; give the rows that the model was trained \
         on"
    );
    // A file of normal rows needs no labels. An index is kept: it tells which column is no feature.
    let label = args.reading.label.clone().filter(|label| label.parse::<usize>().is_ok());
    let table = read_for(
        training,
        &ReadingArgs { label, ..args.reading.clone() },
        &model.flow.description,
    )?;
    ensure!(
        table.len() >= Options::FEWEST_ROWS,
        "{name} has {} rows, too few to learn from: give at least {}",
        table.len(),
        Options::FEWEST_ROWS
    );
    let spinner = spinner(String::new());
    let report = |count| spinner.set_message(format!("{count} Gaussians"));
    let found = mixtures(&model.flow, &table.features_alone(), report)
        .with_context(|| format!("cannot fit a baseline on {name}"))?;
    spinner.finish_and_clear();
    Ok(found)
}

/// Prints the flow beside mixtures of Gaussians, and which to prefer.
fn compare(contenders: &[Contender], labelled: bool) -> Result<()> {
    let mut table =
        Table::new(Format::Text).left("", 18).right("nats", 11).right("worst point", 13);
    if labelled {
        table = table.right("AUROC", 8).right("avg. precision", 15);
    }
    let table = table.right("bytes", 8);
    say!("\n{}", table.head())?;
    for Contender { name, bytes, found, .. } in contenders {
        let mut cells = vec![name.clone(), short(found.score.nats), short(found.score.worst)];
        if let Some(detection) = &found.detection {
            cells.extend([detection.auroc, detection.average_precision].map(short));
        }
        cells.push(bytes.to_string());
        say!("{}", table.row(&cells))?;
    }
    let (flow, mixtures) = (&contenders[0], &contenders[1..]);
    for Contender { name, .. } in mixtures.iter().filter(|mixture| mixture.collapsed) {
        say!(
            "{name}: collapsed onto rows that are equal or in a plane, so the nats mean nothing. \
             Do not prefer that."
        )?;
    }
    if flow.found.score.impossible > 0 {
        let impossible = flow.found.score.impossible;
        return say!(
            "The flow finds rows impossible ({impossible}), so its nats do not compare with those \
             of the Gaussians."
        );
    }
    let rows = if labelled { "the normal ones of these rows" } else { "these rows" };
    match better(flow, mixtures) {
        Some(better) => say!(
            "{} in {} bytes: {} nats better than the flow on {rows}, and no larger. couplet train \
             --flash {}K tries such. Prefer that.",
            better.name,
            better.bytes,
            short(flow.found.score.nats - better.found.score.nats),
            flow.bytes.div_ceil(1024)
        ),
        None => {
            say!("The flow is better on {rows} than the Gaussians that fit into its bytes.")
        }
    }
}

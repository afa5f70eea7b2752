use crate::{
    cli::{
        args::{EvalArgs, ReadingArgs},
        progress::spinner,
        rows::read_for,
        say::{print_list, say},
    },
    data::{self, Dequantization},
    device::cost::Cost,
    evaluate::{
        auroc::auroc,
        baseline::{self, Mixture},
        score::{Score, gap},
    },
    model::Model,
    report::table::{Format, Table},
    train::Options,
};
use anyhow::{Context, Result, ensure};
use std::{f64::consts::LN_2, fs, path::Path};

/// The seed of the baselines, whose results hardly depend on it.
const SEED: u64 = 1;

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
    let score = Score::of(&log_probs);
    print_list(NAME, &results(&model, &rows, &log_probs, &score, args)?)?;
    if baselines.is_empty() {
        return Ok(());
    }
    compare(&score, Cost::of(&model.flow).flash, &baselines, &rows.rows)
}

/// What the model's log-densities of the rows amount to: names and values.
fn results(
    model: &Model,
    rows: &data::Table,
    log_probs: &[f32],
    score: &Score,
    args: &EvalArgs,
) -> Result<Vec<[String; 2]>> {
    let d = rows.dimension();
    let mut results = Vec::new();
    let mut add = |name: &str, value: String| results.push([name.to_string(), value]);
    add("rows", rows.len().to_string());
    if args.reading.dequantize {
        let training = Dequantization::noted(&model.flow.description)?;
        let rounded = training.and_then(|training| training.describe(&rows.features));
        add("noise", format!("{}, as in training", rounded.as_deref().unwrap_or("none")));
    }
    add("nats", format!("{:.4} +- {:.4}", score.nats, score.error));
    add("bits per dimension", format!("{:.4}", score.nats / (d as f64 * LN_2)));
    let worst = &rows.rows[score.worst_row * d..(score.worst_row + 1) * d];
    let place = rows.places.describe(score.worst_row);
    add("worst point", format!("{:.4} nats, {place} {worst:?}", score.worst));
    if let Some(labels) = &rows.labels {
        let area = area(log_probs, labels).with_context(|| args.data.display().to_string())?;
        add("AUROC", area);
    }
    if let Some(truth) = &rows.log_prob {
        let entropy = -truth.iter().sum::<f64>() / truth.len() as f64;
        add("true entropy", format!("{entropy:.4} nats on these rows"));
        add("gap", format!("{:.4} nats", gap(truth, score.nats)));
    }
    Ok(results)
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
    let features = &model.flow.description.features;
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
    let context = || format!("cannot fit a baseline on {name}");
    let one = baseline::fit(features, &table.rows, 1, SEED).with_context(context)?;
    let report = |count| spinner.set_message(format!("{count} Gaussians"));
    let mixture =
        baseline::choose(features, &table.rows, Cost::of(&model.flow).flash, SEED, report)
            .with_context(context)?;
    spinner.finish_and_clear();
    Ok([Some(one), mixture].into_iter().flatten().collect())
}

/// Prints the flow beside mixtures of Gaussians, and which to prefer.
fn compare(flow: &Score, flash: usize, mixtures: &[Mixture], rows: &[f32]) -> Result<()> {
    let table = Table::new(Format::Text)
        .left("", 18)
        .right("nats", 8)
        .right("worst point", 13)
        .right("bytes", 8);
    let row = |name: &str, score: &Score, bytes: usize| {
        let (nats, worst) = (format!("{:.4}", score.nats), format!("{:.4}", score.worst));
        table.row(&[name, &nats, &worst, &bytes.to_string()])
    };
    say!("\n{}", table.head())?;
    say!("{}", row("flow", flow, flash))?;
    let mut best_nats = flow.nats;
    let mut better = None;
    for mixture in mixtures {
        let score = Score::of(&mixture.log_probs(rows));
        let (count, bytes) = (mixture.components.len(), mixture.bytes());
        let name =
            if count == 1 { "one Gaussian".to_string() } else { format!("{count} Gaussians") };
        say!("{}", row(&name, &score, bytes))?;
        if bytes <= flash && score.nats <= best_nats {
            best_nats = score.nats;
            better = Some(format!("{name} in {bytes} bytes"));
        }
    }
    match better {
        Some(better) => say!(
            "{better}: {:.4} nats better than the flow on these rows, and no larger. Prefer that.",
            flow.nats - best_nats
        ),
        None => {
            say!("The flow is better on these rows than the Gaussians that fit into its bytes.")
        }
    }
}

/// The area under the curve, and the number of rows behind it.
fn area(log_probs: &[f32], labels: &[bool]) -> Result<String> {
    let anomalies = labels.iter().filter(|&&anomaly| anomaly).count();
    let all = if anomalies == 0 { "normal (0)" } else { "anomalies (not 0)" };
    let area = auroc(log_probs, labels).with_context(|| {
        format!(
            "all labels are {all}, and an AUROC compares the two kinds: leave out --label, or give \
             --array for an .npz file"
        )
    })?;
    Ok(format!("{area:.4} ({anomalies} anomalies among {} rows)", labels.len()))
}

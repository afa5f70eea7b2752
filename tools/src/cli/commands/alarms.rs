//! What the promises of `couplet calibrate` are worth: `couplet bench --alarms`.

use crate::{
    bench::{
        Dataset, Fold,
        alarms::{Case, Method, Plant, episodes, hits, kept, resampled},
    },
    calibrate::{Rows, Wishes, calibrate},
    cli::{args::BenchArgs, progress::TrainingBar, recipe::recipe, say::say},
    device::cost::Cost,
    model::Model,
    report::table::{Format, Table},
};
use anyhow::{Result, ensure};

/// The tables, in their order.
const TABLES: [&str; 5] = ["rates", "limits", "episodes", "blame", "plant"];

/// How the sets are trained: the same for all.
const FLAGS: &str = "--dequantize --preset 64K";

/// The sets, with normal test rows that no training saw.
const SETS: [(&str, Dataset, &str); 5] = [
    ("shuttle", Dataset::Anomalies("adbench/32_shuttle.npz"), FLAGS),
    ("annthyroid", Dataset::Anomalies("adbench/2_annthyroid.npz"), FLAGS),
    ("satellite", Dataset::Anomalies("adbench/30_satellite.npz"), FLAGS),
    ("waveform", Dataset::Anomalies("adbench/41_Waveform.npz"), FLAGS),
    ("pageblocks", Dataset::Anomalies("adbench/27_PageBlocks.npz"), FLAGS),
];

/// The set with curved features, on which linear methods fail.
const CURVED: (&str, Dataset, &str) = (
    "curved8",
    Dataset::Files("known/curved8_train.csv", "known/curved8_test.csv"),
    "--couplets 12 --hidden 15",
);

/// Trainings of a set for blame.
const SEEDS: u64 = 3;

/// Draws of calibration rows for a rate.
const RESAMPLINGS: usize = 1000;

/// Calibrations for a limit.
const CALIBRATIONS: u64 = 200;

/// Prints a table of each kind.
pub fn alarms(args: &BenchArgs) -> Result<()> {
    let unknown = args.only.iter().flatten().find(|name| !TABLES.contains(&name.as_str()));
    ensure!(
        unknown.is_none(),
        "no table is called {}; there are {}",
        unknown.map_or("", String::as_str),
        TABLES.join(", ")
    );
    let is_asked =
        |name: &str| args.only.as_ref().is_none_or(|only| only.iter().any(|only| only == name));
    if is_asked("limits") {
        limits()?;
    }
    if is_asked("episodes") {
        by_episodes()?;
    }
    if is_asked("rates") {
        rates(args)?;
    }
    if is_asked("blame") {
        blame(args)?;
    }
    if is_asked("plant") {
        plant(args)?;
    }
    Ok(())
}

/// A model, its rows, and the normal ones of the test.
struct Trained {
    name: &'static str,
    model: Model,
    rows: Fold,
    normal: Vec<f32>,
}

fn trained(set: &(&'static str, Dataset, &str), seed: u64, args: &BenchArgs) -> Result<Trained> {
    let (name, dataset, flags) = *set;
    let fold = dataset.splits(&args.data)?.swap_remove(0);
    let (model, rows) = fit(name, flags, seed, &fold)?;
    let d = rows.features.len();
    let is_normal = |row: usize| rows.kinds.get(row).is_none_or(|&kind| kind == 0);
    let normal = rows.test.chunks_exact(d).enumerate().filter(|&(row, _)| is_normal(row));
    let normal = normal.flat_map(|(_, row)| row).copied().collect();
    Ok(Trained { name, model, rows, normal })
}

/// Trains behind a bar.
fn fit(name: &str, flags: &str, seed: u64, fold: &Fold) -> Result<(Model, Fold)> {
    let recipe = recipe(flags, seed, (&fold.features, &[]), &fold.training)?;
    let rows = recipe.noisy(fold);
    let bar = TrainingBar::new(&format!("{name} "), 0.0)?;
    let model = recipe.fit(&rows, |trainer| {
        bar.show(trainer);
        true
    })?;
    bar.clear();
    Ok((model, rows))
}

/// Rates of false alarms: calibration rows drawn again and again.
fn rates(args: &BenchArgs) -> Result<()> {
    let table = Table::new(Format::Markdown)
        .left("set", 10)
        .right("n", 5)
        .right("asked", 6)
        .right("confidence", 10)
        .right("rank", 4)
        .right("k/(n+1)", 8)
        .right("mean rate", 9)
        .right("+-", 8)
        .right("above asked", 11)
        .left("", 10);
    say!("{}", table.head())?;
    for set in &SETS {
        let Trained { name, model, normal, .. } = trained(set, 1, args)?;
        let log_probs = model.log_probs(&normal);
        for (n, alpha, confidence) in
            [(99, 1e-2, None), (999, 1e-2, None), (999, 1e-3, None), (299, 1e-2, Some(0.95))]
        {
            let found = resampled(&log_probs, n, alpha, confidence, RESAMPLINGS);
            let holds = match confidence {
                None => found.mean_holds(),
                Some(confidence) => found.confidence_holds(confidence),
            };
            say!(
                "{}",
                table.row(&[
                    name.to_string(),
                    n.to_string(),
                    alpha.to_string(),
                    confidence.map_or("mean".into(), |part: f64| part.to_string()),
                    found.rank.to_string(),
                    format!("{:.5}", found.expected),
                    format!("{:.5}", found.mean),
                    format!("{:.5}", found.error),
                    format!("{:.3}", found.above),
                    verdict(holds),
                ])
            )?;
        }
    }
    say!("")
}

fn verdict(holds: bool) -> String {
    if holds { "holds".into() } else { "**fails**".into() }
}

/// Limits of the sum over simulated calibrations.
fn limits() -> Result<()> {
    let table = Table::new(Format::Markdown)
        .right("reference", 9)
        .right("n", 5)
        .right("between", 7)
        .right("limit", 6)
        .right("median readings", 15)
        .right("below asked", 11)
        .left("", 10);
    say!("{}", table.head())?;
    for reference in [1.5, 2.0, 3.0] {
        for n in [299, 999, 2999] {
            let between = 1000.0;
            let Some(found) = kept(n, reference, between, CALIBRATIONS) else { continue };
            let most = 0.05 + 3.0 * (0.05 * 0.95 / CALIBRATIONS as f64).sqrt();
            say!(
                "{}",
                table.row(&[
                    reference.to_string(),
                    n.to_string(),
                    between.to_string(),
                    format!("{:.2}", found.limit),
                    format!("{:.0}", found.median),
                    format!("{:.3}", found.below),
                    verdict(found.below <= most),
                ])
            )?;
        }
    }
    say!("")
}

/// Episodes of autoregressive log_probs.
fn by_episodes() -> Result<()> {
    let table = Table::new(Format::Markdown)
        .right("rho", 4)
        .right("promised", 8)
        .right("by episodes", 11)
        .right("+-", 6)
        .left("", 10)
        .right("promised if independent", 23)
        .right("with that limit", 15)
        .left("", 10);
    say!("{}", table.head())?;
    for rho in [0.0, 0.8, 0.95, 0.99] {
        let found = episodes(rho, CALIBRATIONS)?;
        let holds = found.by_episodes <= found.promised + 3.0 * found.error;
        say!(
            "{}",
            table.row(&[
                rho.to_string(),
                format!("{:.4}", found.promised),
                format!("{:.4}", found.by_episodes),
                format!("{:.4}", found.error),
                verdict(holds),
                format!("{:.3}", found.independent_promised),
                format!("{:.3}", found.independent),
                verdict(found.independent <= found.independent_promised + 3.0 * found.error),
            ])
        )?;
    }
    say!("")
}

/// Which feature is blamed first, of readings with one feature changed; the means over the seeds.
fn blame(args: &BenchArgs) -> Result<()> {
    // The sets of the targets are without annthyroid, most of whose features are switches.
    let sets: Vec<_> = SETS.iter().filter(|set| set.0 != "annthyroid").chain([&CURVED]).collect();
    let table = Table::new(Format::Markdown)
        .left("set", 10)
        .left("change", 12)
        .right("alarms", 6)
        .right("resets", 6)
        .right("linear", 6);
    say!("{}", table.head())?;
    let cases = [("3 std", Case::Off(3)), ("5 std", Case::Off(5)), ("swapped", Case::Swapped)];
    let mut means = [[0.0; 2]; 3];
    for set in &sets {
        let (mut alarms, mut parts) = ([0; 3], [[0.0; 2]; 3]);
        for seed in 1..=SEEDS {
            let Trained { model, rows, normal, .. } = trained(set, seed, args)?;
            let d = rows.features.len();
            let (calibration, others) = normal.split_at(normal.len() / d / 2 * d);
            let calibration = calibrated(&model, calibration)?;
            for (i, &(_, case)) in cases.iter().enumerate() {
                let found = hits(&model, &calibration, &rows.training, others, case)?;
                alarms[i] += found.alarms;
                parts[i][0] += found.resets / SEEDS as f64;
                parts[i][1] += found.linear / SEEDS as f64;
            }
        }
        for (i, (word, _)) in cases.iter().enumerate() {
            let [resets, linear] = parts[i].map(|part| format!("{part:.3}"));
            let alarms = alarms[i].to_string();
            say!("{}", table.row(&[set.0.into(), word.to_string(), alarms, resets, linear]))?;
            means[i].iter_mut().zip(parts[i]).for_each(|(mean, part)| *mean += part);
        }
    }
    for ((word, _), mean) in cases.iter().zip(means) {
        let [resets, linear] = mean.map(|part| format!("{:.3}", part / sets.len() as f64));
        say!("{}", table.row(&["mean".into(), word.to_string(), String::new(), resets, linear]))?;
    }
    say!("")
}

/// With a threshold for 1 in 100.
fn calibrated(model: &Model, rows: &[f32]) -> Result<crate::model::Calibration> {
    let wishes = Wishes {
        false_alarms: 0.01,
        confidence: None,
        between_alarms: None,
        episodes: None,
        readings: Some([1, 1]),
        reference: None,
        silence: 0,
        drift: None,
    };
    let log_probs = model.log_probs(rows);
    calibrate(model, &Rows { log_probs: &log_probs, rows, episodes: None }, &wishes)
}

/// The simulated plant: areas and delays, each method with the same threshold and sum.
fn plant(args: &BenchArgs) -> Result<()> {
    let plant = Plant::read(&args.data)?;
    let fold = Fold {
        features: plant.features.clone(),
        training: plant.training.clone(),
        ..Fold::default()
    };
    let flows = [("RealNVP", "--preset 64K"), ("NICE", "--flow nice --preset 64K")];
    let flows = flows
        .iter()
        .map(|(name, flags)| Ok((*name, fit(name, flags, 1, &fold)?.0)))
        .collect::<Result<Vec<_>>>()?;
    let mut methods: Vec<(String, Method<'_>)> = flows
        .iter()
        .map(|(name, model)| {
            (format!("{name}, {} KiB", Cost::of(&model.flow).flash >> 10), Method::Flow(model))
        })
        .collect();
    methods.push(("Mahalanobis, one Gaussian".into(), Method::Mahalanobis));
    methods.push(("2 Gaussians".into(), Method::Mixture(2)));
    methods.push(("PCA T2".into(), Method::HotellingT2));
    methods.push(("PCA Q".into(), Method::Q));
    let table = Table::new(Format::Markdown)
        .left("method", 26)
        .right("area", 6)
        .right("area of the sum", 15)
        .right("delay mean / median", 19)
        .right("missed", 6)
        .right("of the sum", 12)
        .right("missed", 6);
    say!("{}", table.head())?;
    for (name, method) in &methods {
        let found = plant.watch(method)?;
        let delay = |[mean, median]: [f64; 2]| format!("{mean:.1} / {median:.0}");
        say!(
            "{}",
            table.row(&[
                name.clone(),
                format!("{:.2}", found.area),
                format!("{:.2}", found.area_of_sum),
                delay(found.delay),
                found.missed.to_string(),
                delay(found.delay_of_sum),
                found.missed_by_sum.to_string(),
            ])
        )?;
    }
    say!("")
}

use super::{
    check::report,
    eval::{Score, gap},
    export::source,
    train::fit,
};
use crate::{
    cli::args::Demo,
    cli::output::{Output, say},
    convert::rust::kind,
    data::{
        split::{Origin, Split},
        toy::{Set, Toy},
    },
    device::cost::Cost,
    device::preset,
    gradcheck,
    model::{Activation, Base, CouplingKind, Description, Model},
    report::plot::{self, Axes, Panel, Strip},
    train::Options,
};
use anyhow::{Context, Result};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::{fs, time::Instant};

/// Rows that the models learn from, as many as the TensorFlow repository's sets have.
const ROWS: [(Set, usize); 3] = [(Set::Moons, 1000), (Set::Circles, 1000), (Set::Spirals, 5000)];

/// Rows that the models are measured on.
const TEST_ROWS: usize = 10_000;

/// Points in a picture.
const DOTS: usize = 1000;

/// One line of the table.
struct Line {
    set: &'static str,
    flow: &'static str,
    score: Score,
    entropy: f64,
    gap: f64,
    cost: Cost,
}

/// `couplet demo`.
pub fn demo(args: &Demo) -> Result<()> {
    let start = Instant::now();
    fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot write to the folder {}", args.output.display()))?;
    let mut lines = Vec::new();
    let mut pictures = Vec::new();
    for (set, rows) in ROWS {
        let toy = Toy { set, noise: 0.1 };
        let training = points(&toy, rows, args.seed);
        let test = points(&toy, TEST_ROWS, args.seed + 1);
        let truth: Vec<f64> = test.iter().map(|&[x, y]| toy.log_prob(x.into(), y.into())).collect();
        for coupling in [CouplingKind::Additive, CouplingKind::Affine] {
            let model = fitted(&training, coupling, set, args)?;
            let score = Score::of(&model.log_probs(test.as_flattened()));
            say!("");
            lines.push(Line {
                set: name(set),
                flow: kind(&model.flow),
                gap: gap(&truth, score.nats),
                score,
                entropy: toy.entropy(),
                cost: Cost::of(&model.flow),
            });
            pictures.push((set, training.clone(), model));
        }
    }
    draw(&pictures, args)?;
    table(&lines)?;
    say!(
        "\nmodels, Rust sources and pictures are in {}; all of it took {:.0} s",
        args.output.display(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn points(toy: &Toy, rows: usize, seed: u64) -> Vec<[f32; 2]> {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    toy.sample(rows, &mut rng).iter().map(|row| [row.x as f32, row.y as f32]).collect()
}

fn name(set: Set) -> &'static str {
    match set {
        Set::Moons => "moons",
        Set::Circles => "circles",
        Set::Spirals => "spirals",
    }
}

/// Trains, verifies, exports.
fn fitted(rows: &[[f32; 2]], coupling: CouplingKind, set: Set, args: &Demo) -> Result<Model> {
    let affine = coupling == CouplingKind::Affine;
    let description = Description::new(
        vec!["x".into(), "y".into()],
        coupling,
        8,
        vec![preset::width(2)],
        Activation::Relu,
        Base::Logistic,
        !affine,
        false,
        2.0,
    )?;
    let options = Options { seed: args.seed, ..Options::default() };
    let title = format!("{} {} ", if affine { "RealNVP" } else { "NICE" }, name(set));
    let split = Split::new(rows.as_flattened(), 2, &options.request(), &Origin::default())?;
    let (model, summary) = fit(description, rows.as_flattened(), &split, &options, &title)?;
    let stem = format!("{}_{}", name(set), if affine { "realnvp" } else { "nice" });
    let path = args.output.join(format!("{stem}.safetensors"));
    Output::create(&path)?.write(&model.to_bytes()?)?;
    say!("{title}: {:.3} nats held out; {}", summary.validation, path.display());
    report(&gradcheck::check(&model, args.seed, None), false)?;
    let exported = args.output.join(format!("{stem}.rs"));
    Output::create(&exported)?.write(source(&path, &exported, &stem.to_uppercase())?.as_bytes())?;
    say!("exported to {}", exported.display());
    Ok(model)
}

/// Samples and density of each model, and one picture of everything.
fn draw(pictures: &[(Set, Vec<[f32; 2]>, Model)], args: &Demo) -> Result<()> {
    let write = |name: String, png: Vec<u8>| Output::create(&args.output.join(name))?.write(&png);
    let samples: Vec<Vec<[f32; 2]>> = pictures
        .iter()
        .map(|(_, _, model)| {
            let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
            let samples = model.flow.sample(&model.parameters, DOTS, &mut rng);
            samples.as_chunks().0.to_vec()
        })
        .collect();
    for ((set, training, model), samples) in pictures.iter().zip(&samples) {
        let (flow, axes) = (kind(&model.flow), Axes::around(training));
        let stem = format!("{}_{}", name(*set), flow.to_lowercase());
        let density = |points: &[[f32; 2]]| model.log_probs(points.as_flattened());
        write(
            format!("{stem}_samples.png"),
            plot::samples(&format!("samples of {flow}"), samples, axes.clone())?,
        )?;
        write(
            format!("{stem}_density.png"),
            plot::density(&format!("density of {flow}"), axes, density)?,
        )?;
    }
    let densities: Vec<_> = pictures
        .iter()
        .map(|(_, _, model)| |points: &[[f32; 2]]| model.log_probs(points.as_flattened()))
        .collect();
    let rows: Vec<Strip<'_>> = pictures
        .chunks(2)
        .enumerate()
        .map(|(i, pair)| Strip {
            title: name(pair[0].0),
            axes: Axes { labels: Default::default(), ..Axes::around(&pair[0].1) },
            panels: vec![
                Panel::Samples(&pair[0].1[..DOTS]),
                Panel::Samples(&samples[2 * i]),
                Panel::Density(&densities[2 * i]),
                Panel::Samples(&samples[2 * i + 1]),
                Panel::Density(&densities[2 * i + 1]),
            ],
        })
        .collect();
    write(
        "all.png".into(),
        plot::grid(
            &["data", "NICE samples", "NICE density", "RealNVP samples", "RealNVP density"],
            &rows,
        )?,
    )
}

fn table(lines: &[Line]) -> Result<()> {
    say!(
        "{:<8} {:<8} {:>13} {:>13} {:>7} {:>12} {:>11} {:>11}",
        "set",
        "flow",
        "held-out nats",
        "true entropy",
        "gap",
        "worst point",
        "parameters",
        "flash bytes"
    );
    for Line { set, flow, score, entropy, gap, cost } in lines {
        say!(
            "{set:<8} {flow:<8} {:>13.3} {entropy:>13.3} {gap:>7.3} {:>12.2} {:>11} {:>11}",
            score.nats,
            score.worst,
            cost.parameters,
            cost.flash
        );
    }
    Ok(())
}

use crate::{
    cli::{args::DemoArgs, exported, output::Output, progress::TrainingBar, say::say},
    data::{
        Table as Rows,
        split::{Origin, Split},
        toy::{Set, Toy},
    },
    device::cost::Cost,
    evaluate::{
        findings::{Findings, Given},
        score::{Score, gap},
    },
    gradcheck,
    model::{Description, FeatureMap, Model, Shape, Transform},
    report::{
        checks,
        page::{Lead, page},
        plot::{self, Axes, Panel, Strip},
        table::{Format, Table},
    },
    train::{self, Options},
};
use anyhow::{Context, Result};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::{fs, time::Instant};

/// The number of training rows of each set: as many as the sets of the TensorFlow repository have.
const ROWS: [(Set, usize); 3] = [(Set::Moons, 1000), (Set::Circles, 1000), (Set::Spirals, 5000)];

/// The number of rows that the models are evaluated on.
const TEST_ROWS: usize = 10_000;

/// The number of points in a picture.
const DOTS: usize = 1000;

/// The title of the report.
const TITLE: &str = "Six models of three toy data sets";

/// The picture of all models.
const LEAD: &str = "All models";

/// What there is to see in it.
const CAPTION: &str = "Data, samples and density of NICE and RealNVP on moons, circles and spirals";

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
pub fn demo(args: &DemoArgs) -> Result<()> {
    let start = Instant::now();
    fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot write to the folder {}", args.output.display()))?;
    let mut lines = Vec::new();
    let mut pictures = Vec::new();
    let mut all = Vec::new();
    let mut checks = Vec::new();
    for (set, rows) in ROWS {
        let toy = Toy { set, noise: 0.1 };
        let training = points(&toy, rows, args.seed);
        let test = points(&toy, TEST_ROWS, args.seed.wrapping_add(1));
        let truth: Vec<f64> = test.iter().map(|&[x, y]| toy.log_prob(x.into(), y.into())).collect();
        for (flow, transform) in [("NICE", Transform::NICE), ("RealNVP", Transform::REAL_NVP)] {
            let shape = Shape { transform, ..Shape::default() };
            let model = fitted(&training, flow, shape, set, args)?;
            let score = Score::of(&model.log_probs(test.as_flattened()));
            checks.extend(gradcheck::check(&model, args.seed, None));
            lines.push(Line {
                set: name(set),
                flow,
                gap: gap(&truth, score.nats),
                score,
                entropy: toy.entropy(),
                cost: Cost::of(&model.flow),
            });
            all.push(found(&format!("{} {flow}", name(set)), &model, &training, &test, &truth)?);
            pictures.push((set, training.clone(), model));
        }
    }
    say!("gradients of the six models: {}\n", checks::verdict(&checks)?)?;
    let picture = draw(&pictures, args)?;
    let report = args.output.join("report.html");
    let lead = Lead { png: &picture, title: LEAD, caption: CAPTION };
    Output::create(&report)?.write(page(TITLE, Some(lead), &all).as_bytes())?;
    print_table(&lines)?;
    say!(
        "\nmodels, Rust sources and pictures are in {}, and {} shows them; all of it took {:.0} s",
        args.output.display(),
        report.display(),
        start.elapsed().as_secs_f64()
    )?;
    Ok(())
}

/// What the report shows of a model.
fn found(
    name: &str,
    model: &Model,
    training: &[[f32; 2]],
    test: &[[f32; 2]],
    truth: &[f64],
) -> Result<Findings> {
    let table = |rows: &[[f32; 2]]| {
        Rows::of_rows(model.flow.description.features.clone(), rows.as_flattened().to_vec())
    };
    let training = table(training);
    let mut test = table(test);
    test.log_prob = Some(truth.to_vec());
    let given = Given { training: Some(&training), test: Some(&test), noisy: None };
    Findings::of(name, model, given, None)
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

/// Trains a model and exports it.
fn fitted(rows: &[[f32; 2]], flow: &str, shape: Shape, set: Set, args: &DemoArgs) -> Result<Model> {
    let description = Description::new(vec!["x".into(), "y".into()], shape)?;
    let options = Options { seed: args.seed, ..Options::default() };
    let split = Split::new(rows.as_flattened(), 2, &options.request(), &Origin::default())?;
    let title = format!("{} {flow}", name(set));
    let bar = TrainingBar::new(&format!("{title} "), 0.0)?;
    let (model, summary) =
        train::fit(description, rows.as_flattened(), &split, &options, |trainer| {
            bar.show(trainer);
            true
        })?;
    bar.clear();

    let stem = format!("{}_{}", name(set), flow.to_lowercase());
    let path = args.output.join(format!("{stem}.safetensors"));
    let file = model.to_bytes()?;
    Output::create(&path)?.write(&file)?;

    let rust = args.output.join(format!("{stem}.rs"));
    let source = exported::source(&path, &file, &model, &rust, &stem.to_uppercase(), None)?;
    Output::create(&rust)?.write(source.as_bytes())?;
    say!("{title}: {:.3} nats on the validation rows; {}", summary.validation, rust.display())?;
    Ok(model)
}

/// Draws the samples and the density of each model, and everything in one picture, which it returns.
fn draw(pictures: &[(Set, Vec<[f32; 2]>, Model)], args: &DemoArgs) -> Result<Vec<u8>> {
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
        let (set, flow) = (name(*set), model.flow.description.transform.flow());
        let axes = Axes::around(training);
        let stem = format!("{set}_{}", flow.to_lowercase());
        let density = |points: &[[f32; 2]]| model.log_probs(points.as_flattened());
        write(
            format!("{stem}_samples.png"),
            plot::samples(&format!("{set}: samples of {flow}"), samples, axes.clone())?,
        )?;
        write(
            format!("{stem}_density.png"),
            plot::density(&format!("{set}: density of {flow}"), axes, density)?,
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
    let all = plot::grid(
        &["data", "NICE samples", "NICE density", "RealNVP samples", "RealNVP density"],
        &rows,
    )?;
    write("all.png".into(), all.clone())?;
    Ok(all)
}

/// Prints a row for each model.
fn print_table(lines: &[Line]) -> Result<()> {
    let table = Table::new(Format::Text)
        .left("set", 8)
        .left("flow", 8)
        .right("held-out nats", 13)
        .right("true entropy", 13)
        .right("gap", 7)
        .right("worst point", 12)
        .right("parameters", 11)
        .right("flash bytes", 11);
    say!("{}", table.head())?;
    for Line { set, flow, score, entropy, gap, cost } in lines {
        let row = table.row(&[
            set.to_string(),
            flow.to_string(),
            format!("{:.3}", score.nats),
            format!("{entropy:.3}"),
            format!("{gap:.3}"),
            format!("{:.2}", score.worst),
            cost.parameters.to_string(),
            cost.flash.to_string(),
        ]);
        say!("{row}")?;
    }
    Ok(())
}

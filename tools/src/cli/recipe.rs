//! What the flags of `couplet train` ask for, as values of the library.

use super::{
    args::{ShapeArgs, TrainArgs},
    words::word,
};
use crate::{
    bench::Recipe,
    data::{
        features_of,
        split::{Origin, Split},
    },
    device::{cost::Cost, kinds::kinds, preset::Preset},
    model::{Affine, Base, ContextColumn, Description, Shape, Spline, Transform},
    train::{Open, Options, Plan},
};
use anyhow::{Result, anyhow, ensure};
use clap::{Args, Command, FromArgMatches};

/// The options of a training, with steps that are still the default ones: see [`steps`].
///
/// # Errors
///
/// The first flag that is out of its range.
pub fn options(args: &TrainArgs) -> Result<Options> {
    Options {
        threads: args.threads.unwrap_or_else(Options::all_threads),
        batch: args.batch,
        learning_rate: args.lr,
        seed: args.seed,
        validation_fraction: args.validation_fraction,
        test_fraction: args.test_fraction,
        calibration_fraction: args.calibration_fraction,
        split: args.split,
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
        ..Options::default()
    }
    .validated()
    .map_err(|out_of_range| anyhow!("--{out_of_range}"))
}

/// The options with the steps of a run, with what is left to held-out rows, and with the budget of a
/// training of this flow. There are `rows` training rows, worth `effective` independent ones.
///
/// # Errors
///
/// There are no steps, or the budget is not positive.
pub fn planned(
    args: &TrainArgs,
    options: Options,
    description: &Description,
    rows: usize,
    effective: usize,
) -> Result<Options> {
    let steps = steps(args, &options, rows, effective)?;
    let is_open = args.steps.is_none() && args.epochs.is_none();
    let fits = |preset: Preset| Cost::of_shape(&Plan::whitened(description)).flash <= preset.0;
    let mut kinds = match args.shape.flash {
        Some(size) if is_open && args.shape.base.is_none() => {
            let shape = Shape { context: description.context.clone(), ..shape(&args.shape) };
            kinds(size, &description.features, &shape, effective)?
        }
        _ => Vec::new(),
    };
    // The budget may end before the last ones.
    kinds.sort_by(|a, b| Plan::step_cost(a, 1).total_cmp(&Plan::step_cost(b, 1)));
    let open = Open {
        width: is_open && args.shape.hidden.is_none(),
        start: is_open
            && is_start_open(&args.shape)
            && args.shape.flash.or(args.shape.preset).is_none_or(fits),
        noise: is_open && args.noise.is_none() && args.noise_among.is_none(),
        permutation: is_open,
        steps: is_open,
    };
    let usual = Shape { context: description.context.clone(), ..Shape::default() };
    let usual = Description::new(description.features.clone(), usual)?;
    let budget = args.budget.unwrap_or_else(|| {
        let step = |description| Plan::step_cost(description, options.batch);
        let step = step(&usual).max(step(description));
        let trainings = if kinds.is_empty() { 1.0 } else { Options::MORE_FOR_KINDS };
        trainings * Options::USUAL_TRAININGS * step * options.steps_for(effective) as f64
    });
    let options = Options { steps, open, kinds, budget, ..options };
    options.validated().map_err(|out_of_range| anyhow!("--{out_of_range}"))
}

/// The steps of a training on this many training rows, which are worth `effective` independent
/// ones.
///
/// # Errors
///
/// There are no steps.
pub fn steps(args: &TrainArgs, options: &Options, rows: usize, effective: usize) -> Result<usize> {
    let steps = match (args.steps, args.epochs) {
        (Some(steps), _) => steps,
        (None, Some(epochs)) => options.steps_of_epochs(epochs, rows),
        (None, None) => options.steps_for(effective),
    };
    ensure!(steps >= 1, "there is nothing to do in 0 steps");
    Ok(steps)
}

/// The description that the flags stand for.
///
/// # Errors
///
/// The shape is not valid, does not fit into the preset, or has a flag of a mixture without one.
pub fn describe(
    args: &ShapeArgs,
    features: Vec<String>,
    context: Vec<ContextColumn>,
) -> Result<Description> {
    let asked = [
        args.components.map(|components| format!("--components {components}")),
        args.covariance.map(|covariance| format!("--covariance {}", word(covariance))),
    ];
    if let Some(flag) = asked.into_iter().flatten().next() {
        let is_mixture = args.base == Some(Base::Mixture);
        ensure!(is_mixture, "{flag} belongs to a mixture: give --base mixture");
    }
    let shape = Shape { context, ..shape(args) };
    let Some(preset) = args.flash.or(args.preset) else {
        return Description::new(features, shape);
    };
    if is_start_open(args) {
        // With room for what training may add, unless that alone fills the preset.
        let room =
            Shape { triangle: Some(true), input_bound: Some(Plan::INPUT_BOUND), ..shape.clone() };
        if let Ok(Description { couplets, hidden, .. }) = preset.fit(&features, &room) {
            return Description::new(features, Shape { couplets, hidden: Some(hidden), ..shape });
        }
    }
    preset.fit(&features, &shape)
}

/// The shape that the flags stand for, before a size of flash chooses couplets and widths.
fn shape(args: &ShapeArgs) -> Shape {
    Shape {
        context: Vec::new(),
        transform: match args.flow {
            Transform::Affine(_) => Transform::Affine(Affine { bound: args.log_scale_bound }),
            other => other,
        },
        couplets: args.couplets,
        hidden: args.hidden.clone(),
        activation: args.activation,
        base: args.base.unwrap_or(Shape::default().base),
        components: args.components,
        covariance: args.covariance,
        marginal: (args.marginal == Some(true)).then_some(Spline::MARGINAL),
        triangle: args.triangle,
        input_bound: args.input_bound,
        scale: args.scale,
        permute: args.permute,
    }
}

/// Whether training may whiten the features.
fn is_start_open(args: &ShapeArgs) -> bool {
    args.triangle.is_none() && args.input_bound.is_none()
}

/// What `couplet train` is asked for by these flags, of rows of these features and of this context.
///
/// # Errors
///
/// A flag that `couplet train` does not know, or that is out of its range; or too few rows to hold
/// any out.
pub fn recipe(
    flags: &str,
    seed: u64,
    (features, context): (&[String], &[ContextColumn]),
    rows: &[f32],
) -> Result<Recipe> {
    let args = parse(flags, seed)?;
    let options = options(&args)?;
    let description = describe(&args.shape, features.to_vec(), context.to_vec())?;
    let alone = features_of(rows, description.width(), features.len());
    let split = Split::new(&alone, features.len(), &options.request(), &Origin::default())?;
    let options = planned(&args, options, &description, split.training.len(), split.effective)?;
    Ok(Recipe { description, options, split, dequantize: args.reading.dequantize })
}

/// The arguments that these flags stand for. A later flag overrides an earlier one.
fn parse(flags: &str, seed: u64) -> Result<TrainArgs> {
    let seed = seed.to_string();
    let words = ["train", "-", "--seed", &seed].into_iter().chain(flags.split_whitespace());
    let command = TrainArgs::augment_args(Command::new("train").args_override_self(true));
    Ok(TrainArgs::from_arg_matches(&command.try_get_matches_from(words)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::{Dataset, WORKLOADS, Workload},
        device::cost::Cost,
    };

    fn features(d: usize) -> Vec<String> {
        (0..d).map(|i| format!("x{i}")).collect()
    }

    #[test]
    fn steps_follow_the_rows_unless_they_are_asked_for() -> Result<()> {
        let steps = |flags: &str, rows: usize| -> Result<usize> {
            let args = parse(flags, 1)?;
            super::steps(&args, &options(&args)?, rows, rows)
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
            let Description { couplets, hidden, .. } =
                describe(&parse(flags, 1)?.shape, features(d), Vec::new())?;
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

    fn cost(name: &str, d: usize) -> Cost {
        let workload = WORKLOADS.iter().find(|workload| workload.name == name).expect("a workload");
        let args = parse(workload.flags, 1).expect("valid flags");
        Cost::of_shape(&describe(&args.shape, features(d), Vec::new()).expect("a valid shape"))
    }

    #[test]
    fn every_workload_keeps_the_size_that_its_peers_have() {
        for (name, d, bytes) in
            [("moons05-8K", 2, 8 << 10), ("curved8-8K", 8, 7782), ("curved8-21K", 8, 21094)]
        {
            let cost = cost(name, d);
            assert!(cost.flash <= bytes, "{name}: {cost:?}");
        }
        let is_toy = |workload: &&Workload| match workload.dataset {
            Dataset::Files(file, _) => file.starts_with("toy/"),
            _ => false,
        };
        for workload in WORKLOADS.iter().filter(is_toy) {
            let cost = cost(workload.name, 2);
            assert!(cost.parameters <= 4430, "{}: {cost:?}", workload.name);
        }
    }

    #[test]
    fn every_workload_asks_for_what_train_understands() -> Result<()> {
        for workload in WORKLOADS {
            let args = parse(workload.flags, 7)?;
            let options = options(&args)?;
            assert_eq!(options.seed, 7);
            steps(&args, &options, 900, 900)?;
        }
        Ok(())
    }
}

use super::train::describe;
use crate::{
    cli::Check as Args,
    gradcheck::{self, Check},
    model::{Flow, Model, Permutation, Standardize},
    output::say,
};
use anyhow::{Result, bail, ensure};
use couplet::{Base, StandardNormal};
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// `couplet check`.
pub fn check(args: &Args) -> Result<()> {
    let model = match (&args.model, args.arch) {
        (Some(path), _) => Model::read(path)?,
        (None, features) => random(args, features.unwrap_or(2))?,
    };
    if let Some(plant) = &args.plant {
        let tensors = model.flow.layout.tensors();
        ensure!(
            tensors.iter().any(|tensor| tensor.name == *plant),
            "--plant {plant}: the model has no trained tensor of that name; its first is {}",
            tensors[0].name
        );
    }
    report(&gradcheck::check(&model, args.seed, args.plant.as_deref()), args.verbose)
}

/// Prints the checks and fails if one failed.
pub fn report(checks: &[Check], verbose: bool) -> Result<()> {
    let failed = checks.iter().filter(|check| !check.passed()).count();
    let kind = |check: &Check| check.name.split(',').next().map(|kind| kind.split(' ').next().map(str::to_string));
    say!("{:<52} {:>9} {:>9}", "worst relative error of", "found", "bound");
    for (i, check) in checks.iter().enumerate() {
        let worst_of_kind = !checks
            .iter()
            .enumerate()
            .any(|(j, other)| kind(other) == kind(check) && (other.error > check.error || (other.error == check.error && j < i)));
        if verbose || worst_of_kind || !check.passed() {
            let verdict = if check.passed() { String::new() } else { format!("  FAILED at {}", check.at) };
            say!("{:<52} {:>9.1e} {:>9.0e}{verdict}", check.name, check.error, check.bound);
        }
    }
    if failed > 0 {
        bail!("{failed} of {} checks failed", checks.len());
    }
    say!("{} checks passed", checks.len());
    Ok(())
}

/// Random weights, large enough that every branch of the maths is exercised.
fn random(args: &Args, features: usize) -> Result<Model> {
    ensure!(features <= usize::from(u16::MAX), "--arch {features}: at most {} features make sense", u16::MAX);
    let description = describe(&args.shape, (0..features).map(|i| format!("x{i}")).collect())?;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
    let mut normal = |count: usize, scale: f32| {
        let mut values = vec![0.0; count];
        StandardNormal.sample(&mut rng, &mut values);
        values.iter().map(|value: &f32| value * scale).collect::<Vec<f32>>()
    };
    let standardize = Standardize { mean: normal(features, 3.0), std: normal(features, 1.0).iter().map(|x| x.exp()).collect() };
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed ^ 1);
    let permutations = (0..if description.permute { description.couplets } else { 0 })
        .map(|_| {
            let mut index: Vec<u16> = (0..features as u16).collect();
            index.shuffle(&mut rng);
            Permutation { index }
        })
        .collect();
    let flow = Flow::new(description, standardize, permutations);
    let tensors = flow.layout.tensors().iter();
    let parameters = tensors
        .flat_map(|tensor| match tensor.shape[..] {
            [outputs, inputs] if tensor.name.contains("trunk") => normal(outputs * inputs, (2.0 / inputs as f32).sqrt()),
            [outputs, inputs] => normal(outputs * inputs, 0.5 / (inputs as f32).sqrt()),
            _ => normal(tensor.range.len(), 0.3),
        })
        .collect();
    Ok(Model { flow, parameters })
}

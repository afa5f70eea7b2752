use super::train::describe;
use crate::{
    cli::args::Check as Args,
    cli::output::say,
    gradcheck::{self, Check},
    model::Model,
};
use anyhow::{Result, bail, ensure};

/// `couplet check`.
pub fn check(args: &Args) -> Result<()> {
    let model = match (&args.model, args.arch) {
        (Some(path), _) => Model::read(path)?,
        (None, features) => {
            let features = features.unwrap_or(2);
            ensure!(
                features <= usize::from(u16::MAX),
                "--arch {features}: at most {} features make sense",
                u16::MAX
            );
            Model::random(
                describe(&args.shape, (0..features).map(|i| format!("x{i}")).collect())?,
                args.seed,
            )
        }
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
    let kind = |check: &Check| {
        check.name.split(',').next().map(|kind| kind.split(' ').next().map(str::to_string))
    };
    say!("{:<52} {:>9} {:>9}", "worst relative error of", "found", "bound");
    for (i, check) in checks.iter().enumerate() {
        let worst_of_kind = !checks.iter().enumerate().any(|(j, other)| {
            kind(other) == kind(check)
                && (other.error > check.error || (other.error == check.error && j < i))
        });
        if verbose || worst_of_kind || !check.passed() {
            let verdict =
                if check.passed() { String::new() } else { format!("  FAILED at {}", check.at) };
            say!("{:<52} {:>9.1e} {:>9.0e}{verdict}", check.name, check.error, check.bound);
        }
    }
    if failed > 0 {
        bail!("{failed} of {} checks failed", checks.len());
    }
    say!("{} checks passed", checks.len());
    Ok(())
}

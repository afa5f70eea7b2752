use crate::{
    cli::{
        args::CheckArgs,
        recipe::describe,
        say::{print_json, say},
    },
    gradcheck,
    model::{ContextColumn, Model},
    report::checks,
};
use anyhow::{Result, ensure};
use serde_json::json;

/// `couplet check`.
pub fn check(args: &CheckArgs) -> Result<()> {
    let model = match (&args.model, args.arch) {
        (Some(path), _) => Model::read(path)?,
        (None, features) => random(features.unwrap_or(2), args)?,
    };
    if let Some(plant) = &args.plant {
        let tensors = model.flow.layout.tensors();
        ensure!(
            tensors.iter().any(|tensor| tensor.name == *plant),
            "--plant {plant}: the model has no trained tensor of that name; its first is {}",
            tensors[0].name
        );
    }
    let checks = gradcheck::check(&model, args.seed, args.plant.as_deref());
    let verdict = checks::verdict(&checks);
    if args.json {
        let checks = checks.iter().map(|check| json!({"check": check, "passed": check.passed()}));
        print_json(&json!({ "checks": checks.collect::<Vec<_>>() }))?;
        return verdict.map(|_| ());
    }
    say!("{}", checks::table(&checks, args.verbose))?;
    say!("{}", verdict?)
}

/// A model of random weights, in the shape that the flags describe.
fn random(features: usize, args: &CheckArgs) -> Result<Model> {
    ensure!(
        features <= usize::from(u16::MAX),
        "--arch {features}: at most {} features make sense",
        u16::MAX
    );
    let context = (0..args.contexts).map(|i| ContextColumn::number(format!("c{i}"))).collect();
    let names = (0..features).map(|i| format!("x{i}")).collect();
    Ok(Model::random(describe(&args.shape, names, context)?, args.seed))
}

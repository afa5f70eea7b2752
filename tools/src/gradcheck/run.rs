use super::{
    Check,
    integers::integers,
    layers::layers,
    loss::whole_loss,
    model::{jacobian, precision, round_trip},
    points::{lit, revived},
};
use crate::model::{Model, Workspace};

/// The number of points that the derivatives are taken at.
pub const POINTS: usize = 4;

/// One number for each point.
pub type Lanes = [f64; POINTS];

/// A workspace for the points.
pub type Space = Workspace<f64, POINTS>;

/// Runs all checks on a model. `plant` names a tensor whose analytic gradient gets the wrong sign,
/// to see it caught.
pub fn check(model: &Model, seed: u64, plant: Option<&str>) -> Vec<Check> {
    if model.flow.description.integer {
        return integers(model, seed);
    }
    let p = model.widened();
    let flow = &model.flow;
    let (revived, x) = lit(model, revived(flow, p.clone()), seed);
    let mut checks = layers(flow, &revived, &x);
    checks.extend(whole_loss(flow, &revived, &x, plant));
    checks.push(jacobian(flow, &revived, &x));
    checks.push(round_trip(flow, &p, &x));
    checks.push(precision(model, &p, seed));
    checks
}

/// Numbers as the features of a block.
pub fn lanes(x: &[f64]) -> Vec<Lanes> {
    x.as_chunks().0.to_vec()
}

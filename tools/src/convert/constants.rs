//! Numbers that a device has in place of tensors, and whether they are numbers that it can have.

use crate::model::{Distribution, Layer, MixtureConstants, Model};
use anyhow::{Result, bail};
use std::ops::Range;

/// What the device has in place of a tensor, so that it need not compute it.
pub struct Derived {
    /// The place of the tensor among the parameters.
    pub from: Range<usize>,
    /// The name of the constant, like that of a tensor.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The numbers.
    pub values: Vec<f32>,
    /// How many values a line has, if there are several.
    pub columns: Option<usize>,
    /// No value is below.
    least: f32,
}

/// All that the device has in place of tensors.
///
/// # Errors
///
/// A weight that is not finite, or that makes a number which the device cannot have: its tensor and
/// index.
pub fn derived(model: &Model) -> Result<Vec<Derived>> {
    let Model { flow, parameters, .. } = model;
    for tensor in flow.layout.tensors() {
        if let Some(index) =
            parameters[tensor.range.clone()].iter().position(|value| !value.is_finite())
        {
            bail!("tensor {}: the value at index {index} is not finite; train again", tensor.name);
        }
    }
    let derived = of(model);
    for Derived { from, name, values, least, .. } in &derived {
        let is_wrong = |value: &f32| !value.is_finite() || value < least;
        if let Some(index) = values.iter().position(is_wrong) {
            let tensor = flow.layout.tensors().iter().find(|tensor| tensor.range == *from);
            bail!(
                "tensor {}: the value at index {index} makes {} in {name}; train again",
                tensor.map_or("", |tensor| &tensor.name),
                values[index]
            );
        }
    }
    Ok(derived)
}

fn of(Model { flow, parameters: p, .. }: &Model) -> Vec<Derived> {
    let mut derived = Vec::new();
    for layer in &flow.layers {
        if let Layer::Marginal(marginal) = layer {
            derived.push(Derived {
                from: marginal.raw.clone(),
                name: "marginal.knots",
                doc: "x, y and slope of each knot, from `marginal.spline`: one line for each feature.",
                values: marginal.knots(p).into_flattened(),
                columns: Some(3 * marginal.spline.knots()),
                least: f32::MIN,
            });
        }
        if let Layer::Triangle(triangle) = layer {
            derived.push(Derived {
                from: triangle.log_scale.clone(),
                name: "triangle.diagonal",
                doc: "The exponentials of `triangle.log_scale`.",
                values: triangle.rows(p).map(|(scale, _)| scale).collect(),
                columns: None,
                least: f32::from_bits(1), // the smallest above 0
            });
            derived.push(Derived {
                from: triangle.weight.clone(),
                name: "triangle.weight",
                doc: "What is below the diagonal of `triangle.weight`, row by row.",
                values: triangle.rows(p).flat_map(|(_, weights)| weights).copied().collect(),
                columns: None,
                least: f32::MIN,
            });
        }
    }
    if let Distribution::Student(student) = &flow.base {
        derived.push(Derived {
            from: student.freedom.clone(),
            name: "base.freedom",
            doc: "The degrees of freedom, 1 more than the exponentials of `base.freedom`.",
            values: student.nu(p).collect(),
            columns: None,
            least: 1.0,
        });
    }
    if let Distribution::Mixture(mixture) = &flow.base {
        let MixtureConstants { upto, mean, scale, factor, .. } = mixture.constants(p);
        derived.push(Derived {
            from: mixture.logits.clone(),
            name: "base.upto",
            doc: "The sums of the weights, which are the softmax of `base.logits`.",
            values: upto,
            columns: None,
            least: 0.0,
        });
        let d = mixture.mean.len() / mixture.count();
        let columns = Some(d);
        derived.push(Derived {
            from: mixture.mean.clone(),
            name: "base.mean",
            doc: "`base.mean`: one line for each component.",
            values: mean,
            columns,
            least: f32::MIN,
        });
        derived.push(Derived {
            from: mixture.log_scale.clone(),
            name: "base.scale",
            doc: "The exponentials of -`base.log_scale`: one line for each component.",
            values: scale,
            columns,
            least: f32::from_bits(1),
        });
        if let Some(from) = mixture.factor.clone() {
            derived.push(Derived {
                from,
                name: "base.factor",
                doc: "What is below the diagonals of `base.factor`: one line for each component.",
                values: factor,
                columns: Some(d * (d - 1) / 2),
                least: f32::MIN,
            });
        }
    }
    derived
}

//! The loss by every parameter, tensor by tensor, and by the data.

use super::{Check, POINTS, Space, difference::compare, lanes, noise::noise};
use crate::model::{Arithmetic, Flow, Tensor};
use std::{num::NonZero, thread};

/// Checks the loss by every parameter and by the data. `plant` names a tensor whose analytic gradient
/// gets the wrong sign.
pub fn whole_loss(flow: &Flow, p: &[f64], x: &[f64], plant: Option<&str>) -> Vec<Check> {
    let mut space = Space::new(flow, Arithmetic::Device);
    let mut dp = vec![0.0; p.len()];
    flow.loss_and_gradient(p, x, POINTS, &mut space, &mut dp);
    // By the data in standard deviations: in their own units a step may be lost in a large mean.
    let mut du = space.dx.clone();
    for (du, &std) in du.iter_mut().zip(&flow.standardize.std) {
        du.iter_mut().for_each(|du| *du *= f64::from(std));
    }

    // A parameter of layer l changes nothing before that layer.
    let mut inputs = Vec::new();
    space.load(x);
    space.log_det = [0.0; POINTS];
    flow.standardize.forward(&mut space.x, &mut space.log_det);
    for l in 0..flow.layers.len() {
        inputs.push((space.x.clone(), space.log_det));
        flow.forward_layer(l, p, &mut space);
    }
    inputs.push((space.x.clone(), space.log_det));
    // The contexts of the points, which only a load gives.
    let contexts = space.clone();
    let (u, log_det) = &inputs[0];
    let noise = noise(&terms(flow, p, &mut space), [p, &dp], [u.as_flattened(), du.as_flattened()]);
    let tensors = flow.layout.tensors();
    for tensor in tensors.iter().filter(|tensor| Some(tensor.name.as_str()) == plant) {
        dp[tensor.range.clone()].iter_mut().for_each(|dp| *dp = -*dp);
    }

    let name = "loss, by the data".into();
    let by_data = compare(name, u.clone().as_flattened_mut(), du.as_flattened(), noise, |u| {
        space.x.copy_from_slice(&lanes(u));
        space.log_det = *log_det;
        flow.forward_from(0, p, &mut space);
        loss(flow, p, &mut space)
    });

    let check_tensor = |tensor: &Tensor, space: &mut Space, p: &mut Vec<f64>| {
        let l = flow.layers.iter().position(|l| l.parameters().contains(&tensor.range.start));
        let l = l.unwrap_or(flow.layers.len()); // the base's, behind all layers
        let mut values = p[tensor.range.clone()].to_vec();
        let (name, analytic) = (format!("loss, by {}", tensor.name), &dp[tensor.range.clone()]);
        let check = compare(name, &mut values, analytic, noise, |values| {
            p[tensor.range.clone()].copy_from_slice(values);
            let (x, log_det) = &inputs[l];
            space.x.copy_from_slice(x);
            space.log_det = *log_det;
            flow.forward_from(l, p, space);
            loss(flow, p, space)
        });
        p[tensor.range.clone()].copy_from_slice(&values);
        check
    };

    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut checks: Vec<(usize, Check)> = thread::scope(|scope| {
        let work = |worker: usize| {
            let (mut space, mut p) = (contexts.clone(), p.to_vec());
            let mine = tensors.iter().enumerate().skip(worker).step_by(workers);
            mine.map(|(i, tensor)| (i, check_tensor(tensor, &mut space, &mut p)))
                .collect::<Vec<_>>()
        };
        let handles: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        handles
            .into_iter()
            .flat_map(|handle| {
                handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    checks.sort_by_key(|(i, _)| *i);
    checks.into_iter().map(|(_, check)| check).chain([by_data]).collect()
}

/// The terms of the loss, after a `forward`: what the base and what log_det adds, point by point.
fn terms(flow: &Flow, p: &[f64], space: &mut Space) -> Vec<f64> {
    let base = flow.base.log_prob(space.arithmetic, p, &space.x, &mut space.point);
    base.iter().chain(&space.log_det).map(|term| -term / POINTS as f64).collect()
}

/// The loss and the sides of the kinks, after a `forward`.
fn loss(flow: &Flow, p: &[f64], space: &mut Space) -> (f64, u64) {
    (terms(flow, p, space).iter().sum(), space.activation_pattern())
}

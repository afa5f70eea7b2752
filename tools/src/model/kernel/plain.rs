//! The plain loops: what the vectors must equal bit by bit. `add(sum, a, b)` is sum + a * b,
//! rounded once or twice.

use couplet::{Activation, Real, Relu};

/// Sums that the loops keep side by side.
const TILE: usize = 16;

/// Lanes of a sum over points in a narrow layer, and of a bias.
pub const LANES: usize = 16;

/// A layer is narrow up to this many inputs or outputs.
const NARROW: usize = 4;

/// Whether a layer has so few inputs or outputs that each sum over points runs in lanes.
pub fn is_narrow(inputs: usize, outputs: usize) -> bool {
    inputs.min(outputs) <= NARROW
}

/// y = W x + b.
pub fn forward<T: Real, const N: usize>(
    weight: &[T],
    bias: &[T],
    x: &[[T; N]],
    y: &mut [[T; N]],
    add: impl Fn(T, T, T) -> T,
) {
    for ((y, w), &b) in y.iter_mut().zip(weight.chunks_exact(x.len())).zip(bias) {
        let mut sum = [b; N];
        for (&w, x) in w.iter().zip(x) {
            for (sum, &x) in sum.iter_mut().zip(x) {
                *sum = add(*sum, w, x);
            }
        }
        *y = sum;
    }
}

/// y = max(y, 0); NaN stays, as on the device.
pub fn rectify<T: Real, const N: usize>(y: &mut [[T; N]]) {
    y.as_flattened_mut().iter_mut().for_each(|y| *y = Relu::apply(*y));
}

/// db += sum(dy), dW += sum(dy x^T).
pub fn backward_weight<T: Real, const N: usize>(
    x: &[[T; N]],
    dy: &[[T; N]],
    [dw, db]: [&mut [T]; 2],
    add: impl Fn(T, T, T) -> T,
) {
    // A bias is the weight of an input that is always one.
    narrow_weight(&[[T::ONE; N]], dy, db, &add);
    match is_narrow(x.len(), dy.len()) {
        true => narrow_weight(x, dy, dw, &add),
        false => wide_weight(x, dy, dw, &add),
    }
}

/// dW in tiles of inputs, point by point.
fn wide_weight<T: Real, const N: usize>(
    x: &[[T; N]],
    dy: &[[T; N]],
    dw: &mut [T],
    add: impl Fn(T, T, T) -> T,
) {
    for (tile, inputs) in x.chunks(TILE).enumerate() {
        let points: [[T; TILE]; N] = std::array::from_fn(|point| {
            std::array::from_fn(|i| inputs.get(i).map_or(T::ZERO, |x| x[point]))
        });
        for (dw, dy) in dw.chunks_exact_mut(x.len()).zip(dy) {
            let mut sums = [T::ZERO; TILE];
            for (point, &dy) in points.iter().zip(dy) {
                sums.iter_mut().zip(point).for_each(|(sum, &x)| *sum = add(*sum, dy, x));
            }
            dw[tile * TILE..].iter_mut().zip(sums).for_each(|(dw, sum)| *dw += sum);
        }
    }
}

/// dW of a narrow layer: each sum over points runs in lanes.
fn narrow_weight<T: Real, const N: usize>(
    x: &[[T; N]],
    dy: &[[T; N]],
    dw: &mut [T],
    add: impl Fn(T, T, T) -> T,
) {
    for (dw, dy) in dw.chunks_exact_mut(x.len()).zip(dy) {
        for (dw, x) in dw.iter_mut().zip(x) {
            let mut lanes = [T::ZERO; LANES];
            for (dy, x) in dy.chunks(LANES).zip(x.chunks(LANES)) {
                lanes
                    .iter_mut()
                    .zip(dy)
                    .zip(x)
                    .for_each(|((sum, &dy), &x)| *sum = add(*sum, dy, x));
            }
            *dw += sum_of_lanes(lanes);
        }
    }
}

/// Adds halves to halves: the same order on every processor.
fn sum_of_lanes<T: Real>(mut lanes: [T; LANES]) -> T {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[half + i];
        }
    }
    lanes[0]
}

/// dx += W^T dy.
pub fn backward_input<T: Real, const N: usize>(
    weight: &[T],
    dy: &[[T; N]],
    dx: &mut [[T; N]],
    add: impl Fn(T, T, T) -> T,
) {
    let inputs = dx.len();
    for (i, dx) in dx.iter_mut().enumerate() {
        for (&w, dy) in weight[i..].iter().step_by(inputs).zip(dy) {
            for (dx, &dy) in dx.iter_mut().zip(dy) {
                *dx = add(*dx, w, dy);
            }
        }
    }
}

/// dx is 0 where the gate is not positive.
pub fn close<T: Real, const N: usize>(gate: &[[T; N]], dx: &mut [[T; N]]) {
    for (dx, &gate) in dx.as_flattened_mut().iter_mut().zip(gate.as_flattened()) {
        *dx = if gate > T::ZERO { *dx } else { T::ZERO };
    }
}

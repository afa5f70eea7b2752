//! How long the parts of training and evaluation take, one thread each: `cargo bench -p
//! couplet-tools`.
//!
//! Shapes are those of the flows that trainers are compared on: T1 has 2 features and trunks of
//! 64-64, T3 has 43 and 100-100.

use couplet_tools::model::{Activation, Arithmetic, Dense};
use divan::{Bencher, black_box, counter::ItemsCount};

fn main() {
    divan::main();
}

const POINTS: usize = 64;

/// Inputs and outputs of the dense layers in T1 and T3.
const SHAPES: [(usize, usize); 6] = [(1, 64), (64, 64), (64, 1), (21, 100), (100, 100), (100, 22)];

fn dense((inputs, outputs): (usize, usize)) -> (Dense, Vec<f32>) {
    let weights = inputs * outputs;
    let dense = Dense { inputs, outputs, weight: 0..weights, bias: weights..weights + outputs };
    (dense, numbers(weights + outputs))
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * 0.37).sin()).collect()
}

fn block(features: usize) -> Vec<[f32; POINTS]> {
    numbers(features * POINTS).as_chunks().0.to_vec()
}

/// Items are multiply-accumulates.
#[divan::bench(args = SHAPES)]
fn dense_forward(bencher: Bencher<'_, '_>, shape: (usize, usize)) {
    let (dense, p) = dense(shape);
    let (x, mut y) = (block(shape.0), block(shape.1));
    bencher
        .counter(ItemsCount::new(POINTS * shape.0 * shape.1))
        .bench_local(|| dense.forward(Arithmetic::Fused, &p, black_box(&x), &mut y, true));
}

/// Items are multiply-accumulates, two for each weight.
#[divan::bench(args = SHAPES)]
fn dense_backward(bencher: Bencher<'_, '_>, shape: (usize, usize)) {
    let (dense, p) = dense(shape);
    let (x, dy, mut dx, mut dp) = (block(shape.0), block(shape.1), block(shape.0), p.clone());
    let transposed = numbers(128 * POINTS);
    bencher.counter(ItemsCount::new(2 * POINTS * shape.0 * shape.1)).bench_local(|| {
        dense.backward_weight(Arithmetic::Fused, black_box(&x), &dy, &mut dp, &transposed);
        Dense::backward_input(Arithmetic::Fused, [(&dense, &dy[..])], &p, &mut dx, true, None);
    });
}

/// Items are numbers.
#[divan::bench(args = [Activation::Relu, Activation::Tanh, Activation::Silu])]
fn activation_forward(bencher: Bencher<'_, '_>, activation: Activation) {
    let mut u = block(64);
    bencher
        .counter(ItemsCount::new(POINTS * 64))
        .bench_local(|| activation.forward(Arithmetic::Fused, black_box(&mut u)));
}

/// Items are numbers.
#[divan::bench(args = [Activation::Relu, Activation::Tanh, Activation::Silu])]
fn activation_backward(bencher: Bencher<'_, '_>, activation: Activation) {
    let (u, h, mut dh) = (block(64), block(64), block(64));
    bencher
        .counter(ItemsCount::new(POINTS * 64))
        .bench_local(|| activation.backward(black_box(&u), &h, &mut dh));
}

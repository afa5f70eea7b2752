//! One conditioner as integers.

use super::{
    ranges,
    rounding::{MOST_WEIGHT, Moments},
};
use crate::model::{
    Dense, IntegerDense, IntegerHead, IntegerNetwork, MOST_ACTIVATION, MOST_HEAD_SHIFT, Network,
    Number, ZERO_INPUT,
};
use anyhow::{Result, ensure};
use nalgebra::DMatrix;

/// What a bias may be in units of its sum.
const MOST_BIAS: f64 = (1_u32 << 29) as f64;

/// The scale of weights grows by this factor until sums fit.
const COARSER: f64 = 1.25;

/// A layer's input: integers with a unit each, less an offset.
struct Inputs {
    /// \[rows, inputs\], without the offset.
    x: DMatrix<f64>,
    /// What one step of each input is worth.
    units: Vec<f64>,
    /// The integer that stands for 0.
    zero: i64,
}

/// A network as integers, and the part of its inputs that saturates.
///
/// # Errors
///
/// Parameters so large that no unit holds them.
pub fn integers(
    network: &Network,
    p: &[f32],
    inputs: &DMatrix<f64>,
) -> Result<(IntegerNetwork, f64)> {
    let columns = || inputs.column_iter();
    let exponents: Vec<i8> = columns()
        .map(|column| ranges::exponent(column.iter().copied(), network.input_bound))
        .collect();
    let quantized = |row: usize, column: usize| {
        i64::from((inputs[(row, column)] as f32).quantized(exponents[column])) - ZERO_INPUT
    };
    let x = DMatrix::from_fn(inputs.nrows(), inputs.ncols(), |row, column| {
        quantized(row, column) as f64
    });
    let saturated = x.iter().filter(|x| x.abs() >= (ZERO_INPUT - 1) as f64).count();
    let saturated = match network.input_bound {
        Some(_) => 0.0, // what is clamped is meant to be
        None => saturated as f64 / x.len().max(1) as f64,
    };
    let units = exponents.iter().map(|&exponent| f64::from(-exponent).exp2()).collect();
    let mut inputs = Inputs { x, units, zero: ZERO_INPUT };
    let mut layers = Vec::new();
    for layer in &network.trunk.layers {
        let (layer, next) = hidden(layer, p, &inputs);
        layers.push(layer);
        inputs = next;
    }
    let moments = Moments::of(&inputs.x);
    let heads = network.heads.iter().map(|head| self::head(head, p, &inputs, &moments));
    let heads = heads.collect::<Result<_>>()?;
    Ok((IntegerNetwork { exponents, layers, heads }, saturated))
}

/// A hidden layer, and its output. What rounds its shift is in the bias.
fn hidden(layer: &Dense, p: &[f32], inputs: &Inputs) -> (IntegerDense, Inputs) {
    let rows = absorbed(layer, p, inputs);
    let moments = Moments::of(&inputs.x);
    let mut scales: Vec<f64> = rows.iter().map(Row::scale).collect();
    let mut dense = sums(&rows, &mut scales, inputs, &moments, |scale| scale);
    let outputs = outputs(&dense, inputs);
    let largest = outputs.iter().fold(0.0_f64, |largest, &sum| largest.max(sum));
    dense.shift = ranges::shift(largest as i64);
    let half = if dense.shift > 0 { 1 << (dense.shift - 1) } else { 0 };
    dense.bias.iter_mut().for_each(|bias| *bias += half);
    let x = outputs.map(|sum| {
        (((sum as i64 + i64::from(half)) >> dense.shift).clamp(0, MOST_ACTIVATION)) as f64
    });
    let unit = f64::from(dense.shift).exp2();
    let units = scales.iter().map(|scale| scale * unit).collect();
    (dense, Inputs { x, units, zero: 0 })
}

/// A head: the scale of each output is its multiplier exactly.
fn head(layer: &Dense, p: &[f32], inputs: &Inputs, moments: &Moments) -> Result<IntegerHead> {
    let rows = absorbed(layer, p, inputs);
    let mut scales: Vec<f64> = rows.iter().map(Row::scale).collect();
    let coarsest = scales.iter().fold(0.0_f64, |coarsest, &scale| coarsest.max(scale));
    // scale 2^16 = multiplier / 2^shift, with room for coarser weights.
    let largest = |shift: u8| coarsest * f64::from(16 + shift).exp2() * COARSER * COARSER;
    let shift = (0..=MOST_HEAD_SHIFT).rev().find(|&shift| largest(shift) < 32767.0);
    ensure!(shift.is_some(), "a conditioner's weights are too large for integers: train again");
    let shift = shift.unwrap_or(0);
    let unit = f64::from(-i32::from(16 + shift)).exp2();
    let multiplier = |scale: f64| (scale / unit).ceil().clamp(1.0, 32767.0);
    let dense = sums(&rows, &mut scales, inputs, moments, |scale| multiplier(scale) * unit);
    let multiplier = scales.iter().map(|&scale| multiplier(scale) as u16).collect();
    Ok(IntegerHead { dense: IntegerDense { shift, ..dense }, multiplier })
}

/// A row of weights with the units of its inputs absorbed, and its bias.
struct Row {
    weight: Vec<f64>,
    bias: f64,
}

impl Row {
    /// What one step of the weights should be worth: the largest is 127 steps, and neither the sum
    /// nor the bias overflows.
    fn scale(&self) -> f64 {
        let largest = self.weight.iter().fold(0.0_f64, |largest, weight| largest.max(weight.abs()));
        let sum: f64 = self.weight.iter().map(|weight| weight.abs()).sum();
        let least = f64::from(-40).exp2(); // a row of zeros
        (largest / MOST_WEIGHT)
            .max(1.02 * sum * MOST_ACTIVATION as f64 / f64::from(i32::MAX))
            .max(self.bias.abs() / MOST_BIAS)
            .max(least)
    }
}

fn absorbed(layer: &Dense, p: &[f32], inputs: &Inputs) -> Vec<Row> {
    let weights = p[layer.weight.clone()].chunks_exact(layer.inputs);
    let row = |(weights, &bias): (&[f32], &f32)| Row {
        weight: weights.iter().zip(&inputs.units).map(|(&w, unit)| f64::from(w) * unit).collect(),
        bias: bias.into(),
    };
    weights.zip(&p[layer.bias.clone()]).map(row).collect()
}

/// Integers for weights and biases. `possible` is the scale next to one that there can be; scales
/// become what was taken.
///
/// A bias also takes the mean of what rounding the weights got wrong.
fn sums(
    rows: &[Row],
    scales: &mut [f64],
    inputs: &Inputs,
    moments: &Moments,
    possible: impl Fn(f64) -> f64,
) -> IntegerDense {
    let mean = inputs.x.row_mean();
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for (Row { weight, bias }, scale) in rows.iter().zip(scales) {
        loop {
            *scale = possible(*scale);
            let rounded = moments.round(weight, *scale);
            let off: f64 = weight
                .iter()
                .zip(&rounded)
                .zip(&mean)
                .map(|((weight, &rounded), mean)| (weight - f64::from(rounded) * *scale) * mean)
                .sum();
            let sum: i64 = rounded.iter().map(|&weight| i64::from(weight)).sum();
            let bias = ((bias + off) / *scale).round() as i64 - inputs.zero * sum;
            let sizes: i64 = rounded.iter().map(|&weight| i64::from(weight).abs()).sum();
            let room = 1_i64 << 29; // for what rounds a shift
            if sizes * MOST_ACTIVATION + bias.abs() < i64::from(i32::MAX) - room {
                weights.extend(rounded);
                biases.push(bias as i32);
                break;
            }
            *scale *= COARSER;
        }
    }
    IntegerDense { weight: weights, bias: biases, shift: 0 }
}

/// W x + b over all rows.
fn outputs(dense: &IntegerDense, inputs: &Inputs) -> DMatrix<f64> {
    let weights = dense.weight.iter().map(|&weight| f64::from(weight));
    let weight = DMatrix::from_iterator(dense.inputs(), dense.outputs(), weights);
    let x = inputs.x.add_scalar(inputs.zero as f64);
    let mut sums = x * weight;
    for (mut column, &bias) in sums.column_iter_mut().zip(&dense.bias) {
        column.add_scalar_mut(bias.into());
    }
    sums
}

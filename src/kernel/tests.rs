//! Every kernel against the sums written out, bit by bit.

use super::{Layer, lanes, packed::pack, registers, rows};
use std::{vec, vec::Vec};

type Kernel = fn(&Layer<'_, f32>, &mut [f32]);

/// Checks each kernel with one shape, with and without a floor.
fn check(rows: usize, columns: usize) {
    let value = |i: usize| (i as f32 * 0.7).sin();
    let columnwise: Vec<f32> = (0..columns * rows).map(value).collect();
    let mut weight = vec![0.0; columnwise.len()];
    pack(&columnwise, rows, &mut weight);
    let bias: Vec<f32> = (0..rows).map(|row| value(row + 1000)).collect();
    let x: Vec<f32> = (0..columns).map(|column| value(column + 2000)).collect();
    let sum = |row: usize| {
        x.iter()
            .enumerate()
            .fold(bias[row], |sum, (column, x)| sum + columnwise[column * rows + row] * x)
    };
    for floor in [0.0, f32::NEG_INFINITY] {
        let expected: Vec<u32> = (0..rows)
            .map(|row| if sum(row) < floor { floor } else { sum(row) }.to_bits())
            .collect();
        for kernel in [lanes::dense, registers::dense, rows::dense] as [Kernel; 3] {
            let mut y = vec![7.0; rows];
            kernel(&Layer { weight: &weight, bias: &bias, x: &x, floor }, &mut y);
            let bits: Vec<u32> = y.iter().map(|y| y.to_bits()).collect();
            assert_eq!(bits, expected, "{rows} x {columns}, floor {floor}");
        }
    }
}

#[test]
fn every_kernel_equals_the_sums_written_out_bit_by_bit() {
    let columns: &[usize] =
        if cfg!(miri) { &[1, 2, 5, 8] } else { &[1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 32, 33] };
    for &columns in columns {
        for rows in (0..=17).chain([24, 31, 32, 33, 63, 64, 77, 127, 128]) {
            check(rows, columns);
        }
    }
}

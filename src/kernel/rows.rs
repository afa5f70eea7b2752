//! For processors without floating point, where each product and each sum is a call: row by row.

use super::{Layer, at_least};
use crate::{
    Real,
    packed::height,
    rolled::{keep_rolled, unspecialised},
};

/// y = max(W x + b, floor).
#[inline(never)]
pub(super) fn affine<T: Real>(layer: &Layer<'_, T>, y: &mut [T]) {
    let Layer { weight, bias, x, floor } = *unspecialised(layer);
    let (alone, x) = x.as_rchunks::<2>();
    let Some((mut column, mut block)) = weight.split_at_checked(alone.len() * bias.len()) else {
        return;
    };
    // The row within its block, the weights of which start with `block`.
    let (mut row, mut rows) = (0, height(0, bias.len()));
    for (done, (y, &bias)) in unspecialised(y).iter_mut().zip(bias).enumerate() {
        let mut sum = bias;
        if let (&[x0], Some((&w, behind))) = (alone, column.split_first()) {
            sum += w * x0;
            column = behind;
        }
        let mut at = row;
        for &x in x.as_flattened() {
            let Some(&w) = block.get(at) else { break };
            sum += w * x;
            at += rows;
            keep_rolled();
        }
        *y = at_least(floor, sum);
        row += 1;
        if row == rows {
            block = block.get(2 * rows * x.len()..).unwrap_or_default();
            (row, rows) = (0, height(done + 1, layer.bias.len()));
        }
        keep_rolled();
    }
}

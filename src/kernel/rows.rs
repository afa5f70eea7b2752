//! The kernel for processors without floating point, where each product and each sum is a call: row
//! by row, so that one sum at a time is live.

use super::{
    Element, Layer,
    blocks::at_least,
    codegen::{keep_rolled, unspecialised},
    packed::height,
};

/// y = max(W x + b, floor).
#[inline(never)] // one copy
pub(super) fn dense<T: Element>(layer: &Layer<'_, T>, y: &mut [T]) {
    let Layer { weight, bias, x, floor } = *unspecialised(layer);
    let (single, pairs) = x.as_rchunks::<2>();
    let Some((mut column, mut block)) = weight.split_at_checked(single.len() * bias.len()) else {
        return;
    };
    // The row within its block, whose weights `block` starts with.
    let (mut row, mut rows) = (0, height(0, bias.len()));
    for (done, (y, &b)) in unspecialised(y).iter_mut().zip(bias).enumerate() {
        let mut sum = b;
        if let (&[x0], Some((&w, tail))) = (single, column.split_first()) {
            sum += w * x0;
            column = tail;
        }
        let mut at = row;
        for &x in pairs.as_flattened() {
            let Some(&w) = block.get(at) else { break };
            sum += w * x;
            at += rows;
            keep_rolled();
        }
        *y = at_least(floor, sum);
        row += 1;
        if row == rows {
            block = block.get(2 * rows * pairs.len()..).unwrap_or_default();
            (row, rows) = (0, height(done + 1, bias.len()));
        }
        keep_rolled();
    }
}

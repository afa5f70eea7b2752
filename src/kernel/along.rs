use super::codegen::keep_rolled;
use crate::Real;

/// Goes along a row, four weights at a time, and takes each product into the sum.
#[inline(always)]
pub(crate) fn along<T: Real>(mut sum: T, row: &[T], x: &[T], take: impl Fn(T, T) -> T) -> T {
    let ((row_fours, row_tail), (x_fours, x_tail)) = (row.as_chunks(), x.as_chunks());
    for (&[w0, w1, w2, w3], &[x0, x1, x2, x3]) in row_fours.iter().zip(x_fours) {
        sum = take(take(take(take(sum, w0 * x0), w1 * x1), w2 * x2), w3 * x3);
        keep_rolled();
    }
    for (&w, &x) in row_tail.iter().zip(x_tail) {
        sum = take(sum, w * x);
        keep_rolled();
    }
    sum
}

//! The three products of a dense layer in f32, in vector registers: the bits of the plain loops,
//! only faster.
//!
//! Each product keeps a tile of sums in registers, some rows by some vectors: about twelve sums
//! hide the latency of an addition. Each sum runs in the plain loops' order. Products and sums are
//! fused in training, and rounded one by one where the device's bits are wanted.

/// Works through `$rows` rows of `$points` numbers with the first of the listed tiles, rows by
/// vectors, for which enough rows are left; what is left of a row beyond whole vectors fills a
/// half.
macro_rules! over_tiles {
    ($product:ident, $simd:ident, $rows:expr, $points:expr, [$(($r:literal, $v:literal)),*]) => {
        let (rows, points) = ($rows, $points);
        let mut row = 0;
        while row < rows {
            $(if rows - row >= $r {
                let mut point = 0;
                while points - point >= $v * S::F32_LANES {
                    $product.tile::<S, $r, $v>($simd, row, point);
                    point += $v * S::F32_LANES;
                }
                while points - point >= S::F32_LANES {
                    $product.tile::<S, $r, 1>($simd, row, point);
                    point += S::F32_LANES;
                }
                #[cfg(target_arch = "x86_64")]
                if point < points && let Some(half) = pulp::x86::V3::try_new() {
                    $product.tile::<_, $r, 1>(half, row, point);
                }
                row += $r;
                continue;
            })*
        }
    };
}

mod forward;
mod input;
mod weight;

pub use self::{
    forward::forward,
    input::backward_input,
    weight::{PANEL, backward_weight, turn_over},
};

use pulp::{Arch, WithSimd};

/// The longest vector there is, in numbers.
const LONGEST: usize = 16;

/// Half of it, of which blocks of points must be multiples.
pub const HALF: usize = LONGEST / 2;

/// Runs an operation with the widest vectors that the processor has; false where it has none with
/// fused multiply-add, or where a block of N points does not fill halves of them.
fn dispatch<const N: usize>(operation: impl WithSimd<Output = ()>) -> bool {
    let arch = Arch::new();
    let possible = !matches!(arch, Arch::Scalar) && N.is_multiple_of(HALF);
    if possible {
        arch.dispatch(operation);
    }
    possible
}

/// Runs loops over numbers with the widest vectors that the processor has, and the same bits. The
/// closure must be `#[inline(always)]`, or the compiler may leave it outside.
pub fn vectorized(loops: impl FnOnce()) {
    Arch::new().dispatch(loops);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Activation, Dense};

    /// Over all shapes of tiles and remainders: vectors change no bit, so a model does not depend
    /// on the processor.
    #[test]
    fn vectors_give_the_bits_of_the_plain_loops() {
        for (inputs, outputs) in [
            (1, 1),
            (1, 64),
            (64, 1),
            (3, 5),
            (5, 6),
            (64, 64),
            (33, 17),
            (21, 100),
            (100, 22),
            (100, 100),
        ] {
            for fused in [false, true] {
                compare::<8>(inputs, outputs, fused);
                compare::<56>(inputs, outputs, fused);
                compare::<48>(inputs, outputs, fused);
                compare::<64>(inputs, outputs, fused);
            }
        }
    }

    fn compare<const N: usize>(inputs: usize, outputs: usize, fused: bool) {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let (weight, bias) = (0..inputs * outputs, inputs * outputs..(inputs + 1) * outputs);
        let dense = Dense { inputs, outputs, weight, bias, fused };
        let p: Vec<f32> = (0..(inputs + 1) * outputs).map(|_| random()).collect();
        let mut block = |rows| -> Vec<[f32; N]> {
            (0..rows).map(|_| std::array::from_fn(|_| random())).collect()
        };
        let (x, dy, dx) = (block(inputs), block(outputs), block(inputs));

        let (mut y, mut y_plain) = (dy.clone(), dy.clone());
        let (mut dx_vectors, mut dx_plain, mut dp, mut dp_plain) =
            (dx.clone(), dx.clone(), p.clone(), p.clone());
        if !forward(&dense, &p, &x, &mut y, false) {
            println!("SKIPPED: this processor has no vectors with fused multiply-add");
            return;
        }
        let mut y_relu = y.clone();
        assert!(forward(&dense, &p, &x, &mut y_relu, true));
        let (mut gated, mut gated_plain) = (x.clone(), vec![[0.0; N]; inputs]);
        assert!(backward_input([(&dense, &dy), (&dense, &y)], &p, &mut gated, false, Some(&dx)));
        assert!(backward_input([(&dense, &dy)], &p, &mut dx_vectors, true, None));
        let mut turned = vec![f32::NAN; inputs.next_multiple_of(PANEL) * N];
        turn_over(&x, &mut turned);
        assert!(backward_weight(&dense, &x, &dy, &mut dp, &turned));
        dense.plain_forward(&p, &x, &mut y_plain, |sum, w, x| {
            if fused { w.mul_add(x, sum) } else { sum + w * x }
        });
        dense.plain_backward_weight(&x, &dy, &mut dp_plain, |sum, a, b| a.mul_add(b, sum));
        dense.plain_backward_input(&p, &dy, &mut dx_plain, |sum, a, b| a.mul_add(b, sum));
        assert_eq!(y, y_plain, "forward, {inputs} x {outputs}, {N} points, fused: {fused}");
        assert_eq!(
            dx_vectors, dx_plain,
            "by the input, {inputs} x {outputs}, {N} points, fused: {fused}"
        );
        Activation::Relu.forward(false, &mut y_plain);
        assert_eq!(y_relu, y_plain, "relu, {inputs} x {outputs}, {N} points, fused: {fused}");
        for dy in [&dy, &y] {
            dense.plain_backward_input(&p, dy, &mut gated_plain, |sum, a, b| a.mul_add(b, sum));
        }
        Activation::Relu.backward(&[], &dx, &mut gated_plain);
        assert_eq!(
            gated, gated_plain,
            "by the input of two layers, gated, {inputs} x {outputs}, {N} points"
        );
        assert_eq!(dp, dp_plain, "by the weight, {inputs} x {outputs}, {N} points, fused: {fused}");
    }
}

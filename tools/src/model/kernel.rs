//! The three products of a dense layer in f32, in vector registers: the bits of the plain loops, only faster.
//!
//! Each product keeps a tile of sums in registers, six rows by two vectors where there are that many, since twelve sums hide the
//! latency of a multiply-add, and loads a vector once for six rows. Each sum runs in the plain loops' order. Products and
//! sums are fused in training, and rounded one by one where the device's bits are wanted.

use super::dense::{Dense, LANES};
use pulp::{Arch, Simd, WithSimd};

/// The longest vector there is, in numbers. Blocks of points must be multiples of it.
const LONGEST: usize = 16;

/// Runs an operation with the widest vectors that the processor has; false where it has none with fused multiply-add, or
/// where a block of N points does not fill them.
fn dispatch<const N: usize>(operation: impl WithSimd<Output = ()>) -> bool {
    let arch = Arch::new();
    let possible = !matches!(arch, Arch::Scalar) && N.is_multiple_of(LONGEST);
    if possible {
        arch.dispatch(operation);
    }
    possible
}

/// Runs loops over numbers with the widest vectors that the processor has, and the same bits. The closure must be
/// `#[inline(always)]`, or the compiler may leave it outside.
pub fn vectorized(loops: impl FnOnce()) {
    Arch::new().dispatch(loops);
}

/// Calls `$tile` with as many rows and vectors at once as `$rows` leaves, from `$row` on, until none is left.
macro_rules! over_tiles {
    ($rows:expr, |$row:ident| $tile:ident $(::<$fused:ident>)?($($argument:expr),*)) => {
        let mut $row = 0;
        while $row < $rows {
            match $rows - $row {
                6.. => { $tile::<S, 6, 2 $(, $fused)?>($($argument),*); $row += 6; }
                4.. => { $tile::<S, 4, 2 $(, $fused)?>($($argument),*); $row += 4; }
                2.. => { $tile::<S, 2, 4 $(, $fused)?>($($argument),*); $row += 2; }
                _ => { $tile::<S, 1, 8 $(, $fused)?>($($argument),*); $row += 1; }
            }
        }
    };
}

/// sum + a * b, rounded once or twice.
#[inline(always)]
fn add_product<S: Simd, const FUSED: bool>(simd: S, a: S::f32s, b: S::f32s, sum: S::f32s) -> S::f32s {
    if FUSED { simd.mul_add_e_f32s(a, b, sum) } else { simd.add_f32s(simd.mul_f32s(a, b), sum) }
}

/// y = W x + b.
pub fn forward<const N: usize>(dense: &Dense, p: &[f32], x: &[[f32; N]], y: &mut [[f32; N]]) -> bool {
    let (weight, bias) = (&p[dense.weight.clone()], &p[dense.bias.clone()]);
    let (x, y, inputs) = (x.as_flattened(), y.as_flattened_mut(), dense.inputs);
    match dense.fused {
        true => dispatch::<N>(Forward::<true> { weight, bias, x, y, inputs, points: N }),
        false => dispatch::<N>(Forward::<false> { weight, bias, x, y, inputs, points: N }),
    }
}

struct Forward<'a, const FUSED: bool> {
    weight: &'a [f32],
    bias: &'a [f32],
    x: &'a [f32],
    y: &'a mut [f32],
    inputs: usize,
    points: usize,
}

impl<const FUSED: bool> WithSimd for Forward<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { weight, bias, x, y, inputs, points } = self;
        let (x, y) = (S::as_simd_f32s(x).0, S::as_mut_simd_f32s(y).0);
        let width = points / S::F32_LANES;
        over_tiles!(bias.len(), |row| forward_rows::<FUSED>(
            simd,
            &weight[row * inputs..],
            &bias[row..],
            x,
            &mut y[row * width..],
            inputs,
            width
        ));
    }
}

#[inline(always)]
fn forward_rows<S: Simd, const R: usize, const V: usize, const FUSED: bool>(
    simd: S,
    weight: &[f32],
    bias: &[f32],
    x: &[S::f32s],
    y: &mut [S::f32s],
    inputs: usize,
    width: usize,
) {
    let weight: [&[f32]; R] = std::array::from_fn(|r| &weight[r * inputs..][..inputs]);
    let bias: [f32; R] = std::array::from_fn(|r| bias[r]);
    let mut column = 0;
    while column + V <= width {
        forward_tile::<S, R, V, FUSED>(simd, weight, bias, x, y, width, column);
        column += V;
    }
    while column < width {
        forward_tile::<S, R, 1, FUSED>(simd, weight, bias, x, y, width, column);
        column += 1;
    }
}

#[inline(always)]
fn forward_tile<S: Simd, const R: usize, const V: usize, const FUSED: bool>(
    simd: S,
    weight: [&[f32]; R],
    bias: [f32; R],
    x: &[S::f32s],
    y: &mut [S::f32s],
    width: usize,
    column: usize,
) {
    let mut sum = [[simd.splat_f32s(0.0); V]; R];
    for r in 0..R {
        sum[r] = [simd.splat_f32s(bias[r]); V];
    }
    for (i, x) in (0..weight[0].len()).zip(x.chunks_exact(width)) {
        let x = &x[column..column + V];
        for r in 0..R {
            let w = simd.splat_f32s(weight[r][i]);
            for v in 0..V {
                sum[r][v] = add_product::<S, FUSED>(simd, w, x[v], sum[r][v]);
            }
        }
    }
    for r in 0..R {
        y[r * width + column..][..V].copy_from_slice(&sum[r]);
    }
}

/// dx += W^T dy, always fused.
pub fn backward_input<const N: usize>(dense: &Dense, p: &[f32], dy: &[[f32; N]], dx: &mut [[f32; N]]) -> bool {
    let weight = &p[dense.weight.clone()];
    let (dy, dx, inputs) = (dy.as_flattened(), dx.as_flattened_mut(), dense.inputs);
    dispatch::<N>(BackwardInput { weight, dy, dx, inputs, points: N })
}

struct BackwardInput<'a> {
    weight: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    inputs: usize,
    points: usize,
}

impl WithSimd for BackwardInput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let BackwardInput { weight, dy, dx, inputs, points } = self;
        let (dy, dx) = (S::as_simd_f32s(dy).0, S::as_mut_simd_f32s(dx).0);
        let width = points / S::F32_LANES;
        over_tiles!(inputs, |input| backward_rows(simd, weight, dy, &mut dx[input * width..], inputs, input, width));
    }
}

#[inline(always)]
fn backward_rows<S: Simd, const R: usize, const V: usize>(
    simd: S,
    weight: &[f32],
    dy: &[S::f32s],
    dx: &mut [S::f32s],
    inputs: usize,
    input: usize,
    width: usize,
) {
    let mut column = 0;
    while column + V <= width {
        backward_tile::<S, R, V>(simd, weight, dy, dx, inputs, input, width, column);
        column += V;
    }
    while column < width {
        backward_tile::<S, R, 1>(simd, weight, dy, dx, inputs, input, width, column);
        column += 1;
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a matrix, two blocks, and where the tile lies in them")]
fn backward_tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    weight: &[f32],
    dy: &[S::f32s],
    dx: &mut [S::f32s],
    inputs: usize,
    input: usize,
    width: usize,
    column: usize,
) {
    let mut sum = [[simd.splat_f32s(0.0); V]; R];
    for r in 0..R {
        sum[r].copy_from_slice(&dx[r * width + column..][..V]);
    }
    for (weight, dy) in weight.chunks_exact(inputs).zip(dy.chunks_exact(width)) {
        let (weight, dy) = (&weight[input..input + R], &dy[column..column + V]);
        for r in 0..R {
            let w = simd.splat_f32s(weight[r]);
            for v in 0..V {
                sum[r][v] = simd.mul_add_e_f32s(w, dy[v], sum[r][v]);
            }
        }
    }
    for r in 0..R {
        dx[r * width + column..][..V].copy_from_slice(&sum[r]);
    }
}

/// db += sum(dy), dW += dy x^T, always fused: sums over points. `turned` holds x turned over, unless the layer is narrow.
pub fn backward_weight<const N: usize>(dense: &Dense, x: &[[f32; N]], dy: &[[f32; N]], dp: &mut [f32], turned: &[f32]) -> bool {
    let (weight, bias, inputs) = (dense.weight.clone(), dense.bias.clone(), dense.inputs);
    // The bias is the weight of an input that is always one.
    dispatch::<N>(NarrowWeight { x: &[[1.0; N]], dy, dw: &mut dp[bias] })
        && match dense.is_narrow() {
            true => dispatch::<N>(NarrowWeight { x, dy, dw: &mut dp[weight] }),
            false => dispatch::<N>(BackwardWeight { dy, turned, dw: &mut dp[weight], inputs }),
        }
}

/// The dW of a layer with few inputs or few outputs: for each weight the product of two rows, along which vectors run.
struct NarrowWeight<'a, const N: usize> {
    x: &'a [[f32; N]],
    dy: &'a [[f32; N]],
    dw: &'a mut [f32],
}

impl<const N: usize> WithSimd for NarrowWeight<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let NarrowWeight { x, dy, dw } = self;
        let vectors = LANES / S::F32_LANES;
        let mut pairs = dy.iter().flat_map(|dy| x.iter().map(move |x| (dy, x)));
        for dw in dw.chunks_mut(8) {
            // Of eight weights the sums in lanes, of these the halves added; what is left is added for all eight at once.
            let mut halves = [[0.0; 8]; 8];
            for (half, (dy, x)) in halves.iter_mut().zip(pairs.by_ref().take(dw.len())) {
                let mut sums = [simd.splat_f32s(0.0); LANES];
                for (dy, x) in S::as_simd_f32s(dy).0.chunks_exact(vectors).zip(S::as_simd_f32s(x).0.chunks_exact(vectors)) {
                    for v in 0..vectors {
                        sums[v] = simd.mul_add_e_f32s(dy[v], x[v], sums[v]);
                    }
                }
                let mut lanes = [0.0; LANES];
                S::as_mut_simd_f32s(&mut lanes).0.copy_from_slice(&sums[..vectors]);
                *half = std::array::from_fn(|i| lanes[i] + lanes[8 + i]);
            }
            let mut lanes = turn_square(halves);
            for half in [4, 2, 1] {
                for i in 0..half {
                    lanes[i] = std::array::from_fn(|k| lanes[i][k] + lanes[half + i][k]);
                }
            }
            dw.iter_mut().zip(lanes[0]).for_each(|(dw, sum)| *dw += sum);
        }
    }
}

/// The dW of other layers, where vectors run along the inputs.
struct BackwardWeight<'a, const N: usize> {
    dy: &'a [[f32; N]],
    turned: &'a [f32],
    dw: &'a mut [f32],
    inputs: usize,
}

impl<const N: usize> WithSimd for BackwardWeight<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let BackwardWeight { dy, turned, dw, inputs } = self;
        let panel = 2 * S::F32_LANES;
        for (turned, column) in turned.chunks_exact(N * panel).zip((0..inputs).step_by(panel)) {
            let (turned, _) = S::as_simd_f32s(turned).0.as_chunks();
            match inputs - column > S::F32_LANES {
                true => weight_panel::<S, 2, N>(simd, dy, turned, dw, inputs, column),
                false => weight_panel::<S, 1, N>(simd, dy, turned, dw, inputs, column),
            }
        }
    }
}

#[inline(always)]
fn weight_panel<S: Simd, const V: usize, const N: usize>(
    simd: S,
    dy: &[[f32; N]],
    turned: &[[S::f32s; 2]],
    dw: &mut [f32],
    inputs: usize,
    column: usize,
) {
    let mut row = 0;
    while row < dy.len() {
        let (dy, dw) = (&dy[row..], &mut dw[row * inputs..]);
        row += match dy.len() {
            6.. => weight_tile::<S, 6, V, N>(simd, dy, turned, dw, inputs, column),
            4.. => weight_tile::<S, 4, V, N>(simd, dy, turned, dw, inputs, column),
            2.. => weight_tile::<S, 2, V, N>(simd, dy, turned, dw, inputs, column),
            _ => weight_tile::<S, 1, V, N>(simd, dy, turned, dw, inputs, column),
        };
    }
}

/// Of R rows; gives R.
#[inline(always)]
fn weight_tile<S: Simd, const R: usize, const V: usize, const N: usize>(
    simd: S,
    dy: &[[f32; N]],
    turned: &[[S::f32s; 2]],
    dw: &mut [f32],
    inputs: usize,
    column: usize,
) -> usize {
    let dy: [&[f32; N]; R] = std::array::from_fn(|r| &dy[r]);
    let mut sum = [[simd.splat_f32s(0.0); V]; R];
    for (n, x) in (0..N).zip(turned) {
        for r in 0..R {
            let dy = simd.splat_f32s(dy[r][n]);
            for v in 0..V {
                sum[r][v] = simd.mul_add_e_f32s(dy, x[v], sum[r][v]);
            }
        }
    }
    for r in 0..R {
        let dw = &mut dw[r * inputs..][..inputs];
        for (v, sum) in sum[r].iter().enumerate() {
            let dw = &mut dw[column + v * S::F32_LANES..];
            match S::as_mut_simd_f32s(dw).0 {
                [dw, ..] => *dw = simd.add_f32s(*dw, *sum),
                [] => {
                    let mut numbers = [0.0; LONGEST];
                    S::as_mut_simd_f32s(&mut numbers).0[0] = *sum;
                    dw.iter_mut().zip(numbers).for_each(|(dw, number)| *dw += number);
                }
            }
        }
    }
    R
}

/// Turns x over for `backward_weight`: in panels of two vectors of features, a panel's features of each point side by side.
pub fn turn_over<const N: usize>(x: &[[f32; N]], turned: &mut [f32]) {
    dispatch::<N>(TurnOver { x, turned });
}

/// The most features in a panel.
pub const PANEL: usize = 2 * LONGEST;

struct TurnOver<'a, const N: usize> {
    x: &'a [[f32; N]],
    turned: &'a mut [f32],
}

impl<const N: usize> WithSimd for TurnOver<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let panel = 2 * S::F32_LANES;
        for (x, turned) in self.x.chunks(panel).zip(self.turned.chunks_exact_mut(N * panel)) {
            let (eights, rest) = x.as_chunks::<8>();
            for (k, eight) in eights.iter().enumerate() {
                for (n, points) in turned.chunks_exact_mut(8 * panel).enumerate() {
                    let square = turn_square(std::array::from_fn(|i| std::array::from_fn(|j| eight[i][8 * n + j])));
                    for (point, turned) in points.chunks_exact_mut(panel).zip(square) {
                        point[8 * k..8 * k + 8].copy_from_slice(&turned);
                    }
                }
            }
            for (i, x) in rest.iter().enumerate() {
                for (point, &x) in turned.chunks_exact_mut(panel).zip(x) {
                    point[8 * eights.len() + i] = x;
                }
            }
        }
    }
}

/// The transpose of eight by eight numbers. The compiler finds no good one by itself, so it is written out for x86-64.
#[inline(always)]
fn turn_square(rows: [[f32; 8]; 8]) -> [[f32; 8]; 8] {
    #[cfg(target_arch = "x86_64")]
    if let Some(v3) = pulp::x86::V3::try_new() {
        let avx = v3.avx;
        let rows = rows.map(pulp::cast);
        // Pairs of rows interleaved, then pairs of pairs, then the two halves.
        let mut pairs = rows;
        let mut fours = rows;
        for i in 0..4 {
            pairs[2 * i] = avx._mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
            pairs[2 * i + 1] = avx._mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
        }
        for half in [0, 4] {
            for i in 0..2 {
                let (a, b) = (pairs[half + i], pairs[half + 2 + i]);
                fours[half + 2 * i] = avx._mm256_shuffle_ps::<0b01_00_01_00>(a, b);
                fours[half + 2 * i + 1] = avx._mm256_shuffle_ps::<0b11_10_11_10>(a, b);
            }
        }
        return std::array::from_fn(|i| {
            let (a, b) = (fours[i % 4], fours[4 + i % 4]);
            pulp::cast(if i < 4 { avx._mm256_permute2f128_ps::<0x20>(a, b) } else { avx._mm256_permute2f128_ps::<0x31>(a, b) })
        });
    }
    std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over all shapes of tiles and remainders: vectors change no bit, so a model does not depend on the processor.
    #[test]
    fn vectors_give_the_bits_of_the_plain_loops() {
        for (inputs, outputs) in [(1, 1), (1, 64), (64, 1), (3, 5), (5, 6), (64, 64), (33, 17), (21, 100), (100, 22), (100, 100)]
        {
            for fused in [false, true] {
                compare::<16>(inputs, outputs, fused);
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
        let mut block = |rows| -> Vec<[f32; N]> { (0..rows).map(|_| std::array::from_fn(|_| random())).collect() };
        let (x, dy, dx) = (block(inputs), block(outputs), block(inputs));

        let (mut y, mut y_plain) = (dy.clone(), dy.clone());
        let (mut dx_vectors, mut dx_plain, mut dp, mut dp_plain) = (dx.clone(), dx.clone(), p.clone(), p.clone());
        if !forward(&dense, &p, &x, &mut y) {
            println!("SKIPPED: this processor has no vectors with fused multiply-add");
            return;
        }
        let mut turned = vec![f32::NAN; inputs.next_multiple_of(PANEL) * N];
        turn_over(&x, &mut turned);
        assert!(backward_weight(&dense, &x, &dy, &mut dp, &turned) && backward_input(&dense, &p, &dy, &mut dx_vectors));
        dense.plain_forward(&p, &x, &mut y_plain, |sum, w, x| if fused { w.mul_add(x, sum) } else { sum + w * x });
        dense.plain_backward_weight(&x, &dy, &mut dp_plain, |sum, a, b| a.mul_add(b, sum));
        dense.plain_backward_input(&p, &dy, &mut dx_plain, |sum, a, b| a.mul_add(b, sum));
        assert_eq!(y, y_plain, "forward, {inputs} x {outputs}, {N} points, fused: {fused}");
        assert_eq!(dx_vectors, dx_plain, "by the input, {inputs} x {outputs}, {N} points, fused: {fused}");
        assert_eq!(dp, dp_plain, "by the weight, {inputs} x {outputs}, {N} points, fused: {fused}");
    }
}

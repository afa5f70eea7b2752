use super::{LONGEST, dispatch};
use crate::model::kernel::plain::{LANES, is_narrow};
use pulp::{Simd, WithSimd};

/// db += sum(dy), dW += sum(dy x^T), always fused; the sums run over points.
///
/// `transposed` is the transpose of x; a narrow layer does not read it.
pub fn backward_weight<const N: usize>(
    x: &[[f32; N]],
    dy: &[[f32; N]],
    [dw, db]: [&mut [f32]; 2],
    transposed: &[f32],
) -> bool {
    let (inputs, outputs) = (x.len(), dy.len());
    // A bias is the weight of an input that is always one.
    let ones = &[[1.0; N]];
    let bias = dispatch::<N>(NarrowWeight { narrow: ones, wide: dy, dw: db, strides: [1, 1] });
    bias && match is_narrow(inputs, outputs) {
        true if inputs <= outputs => {
            dispatch::<N>(NarrowWeight { narrow: x, wide: dy, dw, strides: [1, inputs] })
        }
        true => dispatch::<N>(NarrowWeight { narrow: dy, wide: x, dw, strides: [inputs, 1] }),
        false => dispatch::<N>(BackwardWeight { dy, transposed, dw, inputs }),
    }
}

/// The dW of a layer with few inputs or few outputs: for each weight the product of two rows, along
/// which vectors run.
struct NarrowWeight<'a, const N: usize> {
    /// The inputs or the derivatives by the outputs, whichever are fewer.
    narrow: &'a [[f32; N]],
    /// The others.
    wide: &'a [[f32; N]],
    dw: &'a mut [f32],
    /// How far apart in dW two narrow rows are, and two wide ones.
    strides: [usize; 2],
}

impl<const N: usize> WithSimd for NarrowWeight<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let NarrowWeight { narrow, wide, dw, strides } = self;
        let (eights, rest) = wide.as_chunks::<8>();
        for (k, narrow) in narrow.iter().enumerate() {
            let dw = &mut dw[k * strides[0]..];
            let mut place = 0;
            for wide in eights {
                let sums = row_products(simd, narrow, wide);
                if strides[1] == 1 {
                    dw[place..place + 8].iter_mut().zip(sums).for_each(|(dw, sum)| *dw += sum);
                } else {
                    dw[place..]
                        .iter_mut()
                        .step_by(strides[1])
                        .zip(sums)
                        .for_each(|(dw, sum)| *dw += sum);
                }
                place += 8 * strides[1];
            }
            for wide in rest {
                let [sum, ..] = row_products(simd, narrow, std::array::from_ref(wide));
                dw[place] += sum;
                place += strides[1];
            }
        }
    }
}

/// The products of a row with R others, up to eight, each summed in lanes; these are added in
/// halves, of all others at once.
#[inline(always)]
fn row_products<S: Simd, const R: usize, const N: usize>(
    simd: S,
    a: &[f32; N],
    b: &[[f32; N]; R],
) -> [f32; 8] {
    match LANES / S::F32_LANES {
        1 => lane_products::<S, 1, R, N>(simd, a, b),
        2 => lane_products::<S, 2, R, N>(simd, a, b),
        _ => lane_products::<S, 4, R, N>(simd, a, b),
    }
}

#[inline(always)]
fn lane_products<S: Simd, const V: usize, const R: usize, const N: usize>(
    simd: S,
    a: &[f32; N],
    b: &[[f32; N]; R],
) -> [f32; 8] {
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    let (a, a_rest) = a.as_chunks::<LANES>();
    for r in 0..R {
        let (b, b_rest) = b[r].as_chunks::<LANES>();
        let mut add = |a: &[f32; LANES], b: &[f32; LANES]| {
            let (a, b) = (&S::as_simd_f32s(a).0[..V], &S::as_simd_f32s(b).0[..V]);
            for v in 0..V {
                sums[r][v] = simd.mul_add_e_f32s(a[v], b[v], sums[r][v]);
            }
        };
        a.iter().zip(b).for_each(|(a, b)| add(a, b));
        if !a_rest.is_empty() {
            add(&padded(a_rest), &padded(b_rest));
        }
    }
    // The transpose comes before the first addition, or the compiler adds number by number.
    let (mut low, mut high) = ([[0.0; 8]; 8], [[0.0; 8]; 8]);
    for r in 0..R {
        let mut lanes = [0.0; LANES];
        S::as_mut_simd_f32s(&mut lanes).0.copy_from_slice(&sums[r]);
        let (eights, _) = lanes.as_chunks();
        (low[r], high[r]) = (eights[0], eights[1]);
    }
    let (mut lanes, others) = (transpose_square(low), transpose_square(high));
    for i in 0..8 {
        lanes[i] = std::array::from_fn(|k| lanes[i][k] + others[i][k]);
    }
    for half in [4, 2, 1] {
        for i in 0..half {
            lanes[i] = std::array::from_fn(|k| lanes[i][k] + lanes[half + i][k]);
        }
    }
    lanes[0]
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    lanes[..rest.len()].copy_from_slice(rest);
    lanes
}

/// The dW of other layers, where vectors run along the inputs.
struct BackwardWeight<'a, const N: usize> {
    dy: &'a [[f32; N]],
    transposed: &'a [f32],
    dw: &'a mut [f32],
    inputs: usize,
}

/// Part of the transpose: of the `stride` numbers of each point those from `first` on, which are the
/// inputs from `column` on.
#[derive(Clone, Copy)]
struct Panel<'a> {
    transposed: &'a [f32],
    stride: usize,
    first: usize,
    column: usize,
}

impl Panel<'_> {
    #[inline(always)]
    fn after(self, inputs: usize) -> Self {
        Panel { first: self.first + inputs, column: self.column + inputs, ..self }
    }
}

impl<const N: usize> WithSimd for BackwardWeight<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lanes = S::F32_LANES;
        let stride = 2 * lanes;
        for (transposed, column) in
            self.transposed.chunks_exact(N * stride).zip((0..self.inputs).step_by(stride))
        {
            let panel = Panel { transposed, stride, first: 0, column };
            let inputs = self.inputs - column;
            if inputs <= lanes / 2 {
                self.half_rows(simd, panel);
            } else if inputs <= lanes {
                self.rows::<S, 1>(simd, panel);
            } else if inputs <= lanes + lanes / 2 {
                self.rows::<S, 1>(simd, panel);
                self.half_rows(simd, panel.after(lanes));
            } else {
                self.rows::<S, 2>(simd, panel);
            }
        }
    }
}

impl<const N: usize> BackwardWeight<'_, N> {
    /// Of inputs that fill no more than half a vector: a shorter vector multiplies in half the
    /// time, where there is one.
    #[inline(always)]
    fn half_rows<S: Simd>(&mut self, simd: S, panel: Panel<'_>) {
        #[cfg(target_arch = "x86_64")]
        if let Some(half) = pulp::x86::V3::try_new().filter(|_| S::F32_LANES == LONGEST) {
            return self.rows::<_, 1>(half, panel);
        }
        self.rows::<S, 1>(simd, panel);
    }

    #[inline(always)]
    fn rows<S: Simd, const V: usize>(&mut self, simd: S, panel: Panel<'_>) {
        let mut row = 0;
        while row < self.dy.len() {
            row += match self.dy.len() - row {
                12.. if V == 1 => self.tile::<S, 12, V>(simd, row, panel),
                6.. => self.tile::<S, 6, V>(simd, row, panel),
                4.. => self.tile::<S, 4, V>(simd, row, panel),
                2.. => self.tile::<S, 2, V>(simd, row, panel),
                _ => self.tile::<S, 1, V>(simd, row, panel),
            };
        }
    }

    /// Of R rows; gives R.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        row: usize,
        panel: Panel<'_>,
    ) -> usize {
        let dy: &[[f32; N]; R] = self.dy[row..].first_chunk().expect("as many rows as asked for");
        let mut sum = [[simd.splat_f32s(0.0); V]; R];
        for (n, x) in (0..N).zip(panel.transposed.chunks_exact(panel.stride)) {
            let x = &S::as_simd_f32s(&x[panel.first..]).0[..V];
            for r in 0..R {
                let dy = simd.splat_f32s(dy[r][n]);
                for v in 0..V {
                    sum[r][v] = simd.mul_add_e_f32s(dy, x[v], sum[r][v]);
                }
            }
        }
        for (r, sum) in sum.iter().enumerate() {
            let mut dw = &mut self.dw[(row + r) * self.inputs..][panel.column..self.inputs];
            for sum in sum {
                let (here, rest) = dw.split_at_mut(dw.len().min(S::F32_LANES));
                match S::as_mut_simd_f32s(here).0 {
                    [dw] => *dw = simd.add_f32s(*dw, *sum),
                    _ => simd.partial_store_f32s(
                        here,
                        simd.add_f32s(simd.partial_load_f32s(here), *sum),
                    ),
                }
                dw = rest;
            }
        }
        R
    }
}

/// Writes the transpose of x for `backward_weight`, in panels of two vectors of features: in a panel
/// the features of each point lie side by side.
pub fn transpose<const N: usize>(x: &[[f32; N]], transposed: &mut [f32]) {
    dispatch::<N>(Transpose { x, transposed });
}

/// The most features in a panel.
pub const PANEL: usize = 2 * LONGEST;

struct Transpose<'a, const N: usize> {
    x: &'a [[f32; N]],
    transposed: &'a mut [f32],
}

impl<const N: usize> WithSimd for Transpose<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let panel = 2 * S::F32_LANES;
        for (x, transposed) in self.x.chunks(panel).zip(self.transposed.chunks_exact_mut(N * panel))
        {
            let (eights, rest) = x.as_chunks::<8>();
            for (k, eight) in eights.iter().enumerate() {
                transpose_eight(eight, transposed, panel, k);
            }
            if !rest.is_empty() {
                let mut eight = [[0.0; N]; 8];
                eight[..rest.len()].copy_from_slice(rest);
                transpose_eight(&eight, transposed, panel, eights.len());
            }
        }
    }
}

/// Transposes the k-th eight features of a panel.
#[inline(always)]
fn transpose_eight<const N: usize>(
    x: &[[f32; N]; 8],
    transposed: &mut [f32],
    panel: usize,
    k: usize,
) {
    for (n, points) in transposed.chunks_exact_mut(8 * panel).enumerate() {
        let square = transpose_square(std::array::from_fn(|i| x[i].as_chunks().0[n]));
        for (point, transposed) in points.chunks_exact_mut(panel).zip(square) {
            point[8 * k..8 * k + 8].copy_from_slice(&transposed);
        }
    }
}

/// The transpose of eight by eight numbers. The compiler finds no good one by itself, so it is
/// written out for x86-64.
#[inline(always)]
fn transpose_square(rows: [[f32; 8]; 8]) -> [[f32; 8]; 8] {
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
            pulp::cast(if i < 4 {
                avx._mm256_permute2f128_ps::<0x20>(a, b)
            } else {
                avx._mm256_permute2f128_ps::<0x31>(a, b)
            })
        });
    }
    std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
}

use super::{
    Arithmetic, Block, Layout, Number, Spline, block, kernel::vectorized, spline::backward_in_bin,
};
use couplet::{Knot, LnProduct, spline_forward, spline_in_bin, spline_inverse};
use std::ops::Range;

/// Each feature by its own monotone rational-quadratic spline: y_i = spline_i(x_i), log_det =
/// sum(ln slope_i).
#[derive(Clone, Debug)]
pub struct Marginal {
    /// The place of the raw numbers \[D, 3 K - 1\] among the parameters.
    pub raw: Range<usize>,
    /// The shape of each spline.
    pub spline: Spline,
}

/// What `forward` leaves for `backward`, and knots for as long as their raw numbers stay.
#[derive(Clone, Debug)]
pub struct MarginalTape<T, const N: usize> {
    /// The raw numbers that the knots are of.
    raw: Vec<T>,
    /// K + 1 knots of each feature.
    knots: Vec<Knot<T>>,
    /// The features before the layer.
    x: Block<T, N>,
    /// How many knots of its feature are at or below each x.
    below: Vec<[u32; N]>,
}

impl<T: Number, const N: usize> MarginalTape<T, N> {
    /// A tape for this layer.
    pub fn new(marginal: &Marginal) -> Self {
        let features = marginal.features();
        MarginalTape {
            raw: Vec::new(),
            knots: vec![[T::ZERO; 3]; features * marginal.spline.knots()],
            x: block(features),
            below: vec![[0; N]; features],
        }
    }

    /// A hash of the bins in which the points are.
    pub fn activation_pattern(&self, hash: u64) -> u64 {
        self.below.as_flattened().iter().fold(hash, |hash, &below| {
            (hash.rotate_left(5) ^ u64::from(below)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}

impl Marginal {
    /// Its name in the model file.
    pub const NAME: &'static str = "marginal";

    /// Appends its tensor to a layout.
    pub fn push(layout: &mut Layout, d: usize, spline: Spline) -> Self {
        let raw = layout.push(format!("{}.spline", Self::NAME), &[d, spline.raw()]);
        Marginal { raw, spline }
    }

    /// The knots of all features, K + 1 of each, which the device has in place of raw numbers.
    pub fn knots<T: Number>(&self, p: &[T]) -> Vec<Knot<T>> {
        let mut knots = vec![[T::ZERO; 3]; self.features() * self.spline.knots()];
        self.place(&p[self.raw.clone()], &mut knots);
        knots
    }

    /// y = spline(x), log_det += sum(ln slope), in place. On the device one ln is taken of the
    /// product of slopes.
    pub fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        x: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut MarginalTape<T, N>,
    ) {
        self.place_again(p, tape);
        tape.x.copy_from_slice(x);
        let mut slopes = [LnProduct::default(); N];
        let knots = tape.knots.chunks_exact(self.spline.knots());
        for ((x, knots), below) in x.iter_mut().zip(knots).zip(&mut tape.below) {
            *below = count_below(knots, x);
            if arithmetic.is_fused() {
                let bins = gather(knots, below);
                vectorized(
                    #[inline(always)]
                    || {
                        for i in 0..N {
                            let (y, slope) = spline_in_bin(&lane(&bins, i), x[i]);
                            let inside = is_inside(knots, below[i]);
                            x[i] = if inside { y } else { x[i] };
                            log_det[i] += if inside { slope } else { T::ONE }.quick_ln();
                        }
                    },
                );
            } else {
                for (x, slopes) in x.iter_mut().zip(&mut slopes) {
                    let (y, slope) = spline_forward(knots, *x);
                    *x = y;
                    slopes.push(slope);
                }
            }
        }
        if !arithmetic.is_fused() {
            log_det.iter_mut().zip(slopes).for_each(|(log_det, slopes)| *log_det += slopes.ln());
        }
    }

    /// By the numbers of a bin see `backward_in_bin` of `model::spline`, added up over the points; by the raw numbers
    /// see [`Spline::place_back`]. dx is in place of dy.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &MarginalTape<T, N>,
        dlog_det: &[T; N],
        dp: &mut [T],
        dy: &mut [[T; N]],
    ) {
        let count = self.spline.knots();
        let raw = p[self.raw.clone()].chunks_exact(self.spline.raw());
        let draw = dp[self.raw.clone()].chunks_exact_mut(self.spline.raw());
        let seen = tape.knots.chunks_exact(count).zip(tape.x.iter()).zip(&tape.below);
        for (((dy, ((knots, x), below)), raw), draw) in dy.iter_mut().zip(seen).zip(raw).zip(draw) {
            let bins = gather(knots, below);
            let mut dbins = [[T::ZERO; N]; 6];
            vectorized(
                #[inline(always)]
                || {
                    for i in 0..N {
                        let (dx, dbin) = backward_in_bin(&lane(&bins, i), x[i], dy[i], dlog_det[i]);
                        dy[i] = if is_inside(knots, below[i]) { dx } else { dy[i] };
                        dbins.iter_mut().zip(dbin).for_each(|(lanes, by)| lanes[i] = by);
                    }
                },
            );
            let mut dknots = [[T::ZERO; 3]; Spline::MOST_BINS + 1];
            for i in (0..N).filter(|&i| is_inside(knots, below[i])) {
                let first = below[i] as usize - 1;
                let dbin = dknots[first..first + 2].as_flattened_mut();
                dbin.iter_mut().zip(&dbins).for_each(|(sum, lanes)| *sum += lanes[i]);
            }
            self.spline.place_back(raw, &dknots[..count], draw);
        }
    }

    /// x = spline^-1(y), log_det -= sum(ln slope), in place.
    pub fn inverse<T: Number, const N: usize>(
        &self,
        p: &[T],
        y: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut MarginalTape<T, N>,
    ) {
        self.place_again(p, tape);
        let mut slopes = [LnProduct::default(); N];
        for (y, knots) in y.iter_mut().zip(tape.knots.chunks_exact(self.spline.knots())) {
            for (y, slopes) in y.iter_mut().zip(&mut slopes) {
                let (x, slope) = spline_inverse(knots, *y);
                *y = x;
                slopes.push(slope);
            }
        }
        log_det.iter_mut().zip(slopes).for_each(|(log_det, slopes)| *log_det -= slopes.ln());
    }

    /// After `forward`: lowers `margin` of each point to its distance from the nearest knot, where
    /// the second derivative jumps. Beyond the ends it is small, a sixteenth of the narrowest bin at
    /// most, since derivatives there show nothing of the raw numbers.
    pub fn margin<T: Number, const N: usize>(
        &self,
        tape: &MarginalTape<T, N>,
        margin: &mut [T; N],
    ) {
        for (x, knots) in tape.x.iter().zip(tape.knots.chunks_exact(self.spline.knots())) {
            for (&x, margin) in x.iter().zip(&mut *margin) {
                let distance = self.spline.distance(knots, x);
                *margin = if distance < *margin { distance } else { *margin };
            }
        }
    }

    fn features(&self) -> usize {
        self.raw.len() / self.spline.raw()
    }

    fn place<T: Number>(&self, raw: &[T], knots: &mut [Knot<T>]) {
        let splines = raw.chunks_exact(self.spline.raw());
        for (raw, knots) in splines.zip(knots.chunks_exact_mut(self.spline.knots())) {
            self.spline.place(raw, knots);
        }
    }

    /// Knots of other raw numbers than those of the tape. A batch has many blocks with the same.
    fn place_again<T: Number, const N: usize>(&self, p: &[T], tape: &mut MarginalTape<T, N>) {
        let raw = &p[self.raw.clone()];
        if tape.raw != raw {
            tape.raw.clear();
            tape.raw.extend_from_slice(raw);
            self.place(raw, &mut tape.knots);
        }
    }
}

/// How many knots are at or below each x; none for NaN.
fn count_below<T: Number, const N: usize>(knots: &[Knot<T>], x: &[T; N]) -> [u32; N] {
    let mut below = [0; N];
    vectorized(
        #[inline(always)]
        || {
            for &[knot, ..] in knots {
                for i in 0..N {
                    below[i] += u32::from(knot <= x[i]);
                }
            }
        },
    );
    below
}

/// Whether a point is in a bin, from the number of knots below it.
#[inline(always)]
fn is_inside<T>(knots: &[Knot<T>], below: u32) -> bool {
    below > 0 && below < knots.len() as u32
}

/// The two knots of each point's bin, number by number; of some bin where it is in none.
fn gather<T: Number, const N: usize>(knots: &[Knot<T>], below: &[u32; N]) -> [[T; N]; 6] {
    let mut bins = [[T::ZERO; N]; 6];
    for (i, &below) in below.iter().enumerate() {
        let first = (below as usize).clamp(1, knots.len() - 1) - 1;
        let bin = knots[first..first + 2].as_flattened();
        bins.iter_mut().zip(bin).for_each(|(lanes, &number)| lanes[i] = number);
    }
    bins
}

/// The bin of one point.
#[inline(always)]
fn lane<T: Number, const N: usize>(bins: &[[T; N]; 6], i: usize) -> [Knot<T>; 2] {
    [[bins[0][i], bins[1][i], bins[2][i]], [bins[3][i], bins[4][i], bins[5][i]]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base as _, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    /// Ordinary and extreme shapes: the last ones have the narrowest bins that there may be.
    const SHAPES: [(usize, f32, f32); 5] =
        [(8, 5.0, 20.0), (2, 1.0, 3.0), (13, 0.5, 200.0), (64, 100.0, 91.0), (2, 5.0, 724.0)];

    /// One feature of each shape, with ordinary and absurd raw numbers.
    fn every_spline(mut see: impl FnMut(&Marginal, &[f32])) {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
        for (bins, bound, steepest) in SHAPES {
            let spline = Spline { bins, bound, steepest };
            spline.check().unwrap();
            let marginal = Marginal { raw: 0..spline.raw(), spline };
            for scale in [0.0, 1e-3, 1.0, 10.0, 1e6, 1e38] {
                for _ in 0..20 {
                    let mut raw = vec![0.0; spline.raw()];
                    StandardNormal.sample(&mut rng, &mut raw);
                    raw.iter_mut()
                        .for_each(|raw: &mut f32| *raw = (*raw * scale).clamp(f32::MIN, f32::MAX));
                    see(&marginal, &raw);
                }
            }
        }
    }

    /// Values around knots (x or y of them), in bins and beyond, in order.
    fn values(knots: &[Knot<f32>], axis: usize) -> Vec<f32> {
        let at = |knot: &Knot<f32>| knot[axis];
        let around = |x: f32| [x.next_down(), x, x.next_up()];
        let within = |pair: &[Knot<f32>; 2]| {
            let [left, right] = [at(&pair[0]), at(&pair[1])];
            [0.01, 0.3, 0.5, 0.99].map(|share| left + share * (right - left))
        };
        let far = [f32::MIN, -1e30, -300.0, -0.0, 1e-45, 300.0, 1e30, f32::MAX];
        let mut values: Vec<f32> = knots.iter().map(at).flat_map(around).chain(far).collect();
        values.extend(knots.array_windows().flat_map(within));
        values.sort_by(f32::total_cmp);
        values
    }

    #[test]
    fn splines_ascend_and_slopes_have_all_their_digits() {
        every_spline(|marginal, raw| {
            let (knots, bound) = (marginal.knots(raw), marginal.spline.bound);
            let wide: Vec<Knot<f64>> = knots.iter().map(|knot| knot.map(f64::from)).collect();
            let error = 4.0 * bound * f32::EPSILON;
            let mut before = f32::NEG_INFINITY;
            for x in values(&knots, 0) {
                let (y, slope) = spline_forward(&knots, x);
                let (exact, exact_slope) = spline_forward(&wide, x.into());
                if x < -bound || x >= bound {
                    assert_eq!((y.to_bits(), slope), (x.to_bits(), 1.0), "{x} is beyond {bound}");
                } else {
                    assert!(y.abs() <= bound + error, "{x} becomes {y}, beyond {bound}");
                }
                assert!(
                    (y - before) >= -error || x.abs() > bound,
                    "{x} becomes {y} after {before}"
                );
                assert!(
                    (f64::from(y) - exact).abs() <= f64::from(error) || x.abs() > bound,
                    "{x} becomes {y} and not {exact}"
                );
                let off = (f64::from(slope) / exact_slope - 1.0).abs();
                assert!(
                    off < 2e-6,
                    "at {x} a slope of {slope:e}, and not {exact_slope:e}: {off:e}"
                );
                before = y;
            }
        });
    }

    /// What an f32 of x rounds away is an error of its size times the slope in y.
    #[test]
    fn the_inverse_finds_its_way_back() {
        every_spline(|marginal, raw| {
            let (knots, bound) = (marginal.knots(raw), marginal.spline.bound);
            for y in values(&knots, 1) {
                let (x, _) = spline_inverse(&knots, y);
                if y.abs() >= bound {
                    assert_eq!(x.to_bits(), y.to_bits(), "{y} is beyond {bound}");
                    continue;
                }
                let ends = [x.next_down().next_down(), x.next_up().next_up()];
                let [low, high] = ends.map(|x| spline_forward(&knots, x).0);
                let error = 4.0 * bound * f32::EPSILON;
                assert!(low - error <= y && y <= high + error, "{y} becomes {x}: {low} {high}");
            }
        });
    }

    #[test]
    fn what_is_not_finite_passes() {
        every_spline(|marginal, raw| {
            let knots = marginal.knots(raw);
            for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                for (y, slope) in [spline_forward(&knots, x), spline_inverse(&knots, x)] {
                    assert_eq!((y.to_bits(), slope), (x.to_bits(), 1.0));
                }
            }
        });
    }

    /// In training and on the device, every value and every derivative is finite, and both agree.
    #[test]
    fn blocks_have_the_values_of_points_and_finite_derivatives() {
        every_spline(|marginal, raw| {
            let inside = |x: &f32| x.abs() < 1e4;
            let x: Vec<f32> = values(&marginal.knots(raw), 0).into_iter().filter(inside).collect();
            for block in x.as_chunks::<8>().0 {
                let mut tape = MarginalTape::<f32, 8>::new(marginal);
                let [mut device, mut fused] = [[*block]; 2];
                let [mut log_det, mut fused_log_det] = [[0.0; 8]; 2];
                marginal.forward(Arithmetic::Device, raw, &mut device, &mut log_det, &mut tape);
                marginal.forward(Arithmetic::Fused, raw, &mut fused, &mut fused_log_det, &mut tape);
                assert_eq!(device, fused);
                for (exact, quick) in log_det.iter().zip(fused_log_det) {
                    assert!(
                        (exact - quick).abs() <= 1e-6 * exact.abs().max(1.0),
                        "{exact} {quick}"
                    );
                }
                let (mut dp, mut dx) = (vec![0.0; raw.len()], [[1.0; 8]]);
                marginal.backward(raw, &tape, &[-1.0; 8], &mut dp, &mut dx);
                let all = dp.iter().chain(dx.as_flattened()).chain(&log_det);
                assert!(
                    all.into_iter().all(|value| value.is_finite()),
                    "{dp:?} {dx:?} {log_det:?}"
                );
            }
        });
    }
}

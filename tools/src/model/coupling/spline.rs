use super::{FeatureMap, Head};
use crate::model::{
    Arithmetic, Block, Number, Spline, kernel::vectorized, spline::backward_in_bin,
};
use couplet::{LnProduct, RawSpline, spline_in_bin};

/// The transform of neural spline flows: each feature of b by a spline whose 3 K - 1 raw numbers the
/// conditioner makes, log_det = sum(ln slope). See [`couplet::Spline`].
///
/// The head has the raw numbers of the first feature first.
impl FeatureMap for Spline {
    fn name(&self) -> &'static str {
        "spline"
    }

    fn flow(&self) -> &'static str {
        "Neural spline flow"
    }

    fn source(&self) -> [String; 2] {
        let c = self.c() as f32;
        [format!("Spline<f32, {}>", self.bins), format!("Spline::new({:?}, {c:?})", self.bound)]
    }

    fn heads(&self) -> Vec<Head> {
        vec![Head { name: "spline", per_feature: self.raw() }]
    }

    /// The bound and c.
    fn constants(&self) -> usize {
        2
    }

    /// b before the map, and the number of knots that are at or below it.
    fn kept(&self) -> usize {
        2
    }

    /// b <- spline(b), log_det += sum(ln slope). On the device one ln is taken of the product of
    /// slopes.
    fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        kept: &mut [Block<T, N>],
    ) {
        let ([raw], [before, below]) = (parameters, kept) else { return };
        let splines = raw.chunks_exact(self.raw());
        let mut slopes = [LnProduct::default(); N];
        let mut p = vec![[[T::ZERO; N]; 2]; self.bins];
        for ((b, raw), (before, below)) in
            b.iter_mut().zip(splines).zip(before.iter_mut().zip(below.iter_mut()))
        {
            *before = *b;
            let bins = Bins::find(self, raw, b, &mut p);
            *below = bins.below;
            if arithmetic.is_fused() {
                vectorized(
                    #[inline(always)]
                    || {
                        for i in 0..N {
                            let (y, slope) = spline_in_bin(&bins.bin(i), b[i]);
                            b[i] = if bins.is_inside(i) { y } else { b[i] };
                            log_det[i] += if bins.is_inside(i) { slope } else { T::ONE }.quick_ln();
                        }
                    },
                );
            } else {
                self.each(raw, b, &mut slopes, |spline, x, scratch| spline.forward(x, scratch));
            }
        }
        if !arithmetic.is_fused() {
            log_det.iter_mut().zip(slopes).for_each(|(log_det, slopes)| *log_det += slopes.ln());
        }
    }

    /// By x and the bin see `backward_in_bin` of `model::spline`. Knot k is at B (2 P_k / P - 1), where P_k is the sum
    /// of the first k of all p, and P that of all K. So with dleft and dright, the derivatives by the
    /// knots j and j + 1 of the bin,
    ///
    /// ```text
    /// dp_i = 2 B / P (dleft [i < j] + dright [i <= j] - (dleft P_j + dright P_(j+1)) / P)
    /// dp/dr = 2 c / (1 + |r| - c r)^2
    /// ```
    ///
    /// for widths, and likewise for heights. The ends do not move: there both terms cancel.
    fn backward<T: Number, const N: usize>(
        &self,
        parameters: &[Block<T, N>],
        kept: &[Block<T, N>],
        dlog_det: &[T; N],
        dparameters: &mut [Block<T, N>],
        db: &mut [[T; N]],
    ) {
        let ([raw], [before, _], [draw]) = (parameters, kept, dparameters) else { return };
        let count = self.raw();
        let mut p = vec![[[T::ZERO; N]; 2]; self.bins];
        let splines = raw.chunks_exact(count).zip(draw.chunks_exact_mut(count));
        for ((db, x), (raw, draw)) in db.iter_mut().zip(before.iter()).zip(splines) {
            let bins = Bins::find(self, raw, x, &mut p);
            let mut dbin = [[T::ZERO; N]; 6];
            vectorized(
                #[inline(always)]
                || {
                    for i in 0..N {
                        let (dx, by) = backward_in_bin(&bins.bin(i), x[i], db[i], dlog_det[i]);
                        let inside = bins.is_inside(i);
                        db[i] = if inside { dx } else { db[i] };
                        for (lanes, by) in dbin.iter_mut().zip(by) {
                            lanes[i] = if inside { by } else { T::ZERO };
                        }
                    }
                },
            );
            self.raw_back(raw, &bins, &dbin, draw);
        }
    }

    /// b <- spline^-1(b), log_det -= sum(ln slope).
    fn inverse<T: Number, const N: usize>(
        &self,
        _: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        let [raw] = parameters else { return };
        let mut slopes = [LnProduct::default(); N];
        for (b, raw) in b.iter_mut().zip(raw.chunks_exact(self.raw())) {
            self.each(raw, b, &mut slopes, |spline, y, scratch| spline.inverse(y, scratch));
        }
        log_det.iter_mut().zip(slopes).for_each(|(log_det, slopes)| *log_det -= slopes.ln());
    }

    fn activation_pattern<T: Number, const N: usize>(
        &self,
        kept: &[Block<T, N>],
        hash: u64,
    ) -> u64 {
        let [_, below] = kept else { return hash };
        below.as_flattened().iter().fold(hash, |hash, &below| {
            (hash.rotate_left(5) ^ below.to_f64() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }

    /// At a knot the second derivative jumps. Beyond the ends the margin is small, a sixteenth of the
    /// narrowest bin at most, since derivatives there show nothing of the raw numbers.
    fn margin<T: Number, const N: usize>(
        &self,
        parameters: &[Block<T, N>],
        kept: &[Block<T, N>],
        margin: &mut [T; N],
    ) {
        let ([raw], [before, _]) = (parameters, kept) else { return };
        let mut knots = vec![[T::ZERO; 3]; self.knots()];
        for (x, raw) in before.iter().zip(raw.chunks_exact(self.raw())) {
            for (i, margin) in margin.iter_mut().enumerate() {
                let raw: Vec<T> = raw.iter().map(|raw| raw[i]).collect();
                self.place(&raw, &mut knots);
                let distance = self.distance(&knots, x[i]);
                *margin = if distance < *margin { distance } else { *margin };
            }
        }
    }
}

impl Spline {
    /// Maps each point of a feature as the device does.
    fn each<T: Number, const N: usize>(
        &self,
        raw: &[[T; N]],
        b: &mut [T; N],
        slopes: &mut [LnProduct<T>; N],
        map: impl Fn(&RawSpline<'_, T>, T, [&mut [T]; 2]) -> (T, T),
    ) {
        let (mut own, mut sums) = (vec![T::ZERO; raw.len()], [[T::ZERO; Spline::MOST_BINS]; 2]);
        let (bound, c) = (T::from_f32(self.bound), T::from_f64(self.c()));
        for (i, (b, slopes)) in b.iter_mut().zip(slopes).enumerate() {
            own.iter_mut().zip(raw).for_each(|(own, raw)| *own = raw[i]);
            let spline = RawSpline { raw: &own, bins: self.bins, bound, c };
            let (mapped, slope) =
                map(&spline, *b, sums.each_mut().map(|sums| &mut sums[..self.bins]));
            *b = mapped;
            slopes.push(slope);
        }
    }

    /// See `backward`.
    fn raw_back<T: Number, const N: usize>(
        &self,
        raw: &[[T; N]],
        bins: &Bins<T, N>,
        [dx0, dy0, dd0, dx1, dy1, dd1]: &[[T; N]; 6],
        draw: &mut [[T; N]],
    ) {
        let (c, bound) = (T::from_f64(self.c()), T::from_f32(self.bound));
        let (widths, heights, slopes) = self.parts(raw);
        let (dwidths, rest) = draw.split_at_mut(self.bins);
        let (dheights, dslopes) = rest.split_at_mut(self.bins);
        let index = |k: usize| T::from_f32(k as f32);
        vectorized(
            #[inline(always)]
            || {
                for (axis, raw, draw, dleft, dright) in
                    [(&bins.x, widths, dwidths, dx0, dx1), (&bins.y, heights, dheights, dy0, dy1)]
                {
                    let (mut unit, mut mean) = ([T::ZERO; N], [T::ZERO; N]);
                    for i in 0..N {
                        let inverse = T::ONE / axis.all[i];
                        unit[i] = (bound + bound) * inverse;
                        mean[i] = (dleft[i] * axis.low[i] + dright[i] * axis.high[i]) * inverse;
                    }
                    for (k, (raw, draw)) in raw.iter().zip(draw).enumerate() {
                        for i in 0..N {
                            // Bin j is the one with j + 1 knots below.
                            let left =
                                if index(k + 1) < bins.below[i] { dleft[i] } else { T::ZERO };
                            let right = if index(k) < bins.below[i] { dright[i] } else { T::ZERO };
                            draw[i] = unit[i] * (left + right - mean[i]) * slope(c, raw[i]);
                        }
                    }
                }
                for (k, (raw, draw)) in slopes.iter().zip(dslopes).enumerate() {
                    for i in 0..N {
                        let left = if bins.below[i] == index(k + 2) { dd0[i] } else { T::ZERO };
                        let right = if bins.below[i] == index(k + 1) { dd1[i] } else { T::ZERO };
                        draw[i] = (left + right) * slope(c, raw[i]);
                    }
                }
            },
        );
    }
}

/// The bin of each of N points of a feature.
struct Bins<T, const N: usize> {
    /// How many knots are at or below the point: from 1 to K in a bin.
    below: [T; N],
    /// K.
    bins: T,
    x: Axis<T, N>,
    y: Axis<T, N>,
    /// The slopes at the left and the right knot.
    slopes: [[T; N]; 2],
}

/// One coordinate of the two knots of a bin.
#[derive(Clone, Copy)]
struct Axis<T, const N: usize> {
    left: [T; N],
    right: [T; N],
    /// The sums of p up to the left knot, up to the right one, and of all.
    low: [T; N],
    high: [T; N],
    all: [T; N],
}

impl<T: Number, const N: usize> Axis<T, N> {
    const ZERO: Self = Axis {
        left: [T::ZERO; N],
        right: [T::ZERO; N],
        low: [T::ZERO; N],
        high: [T::ZERO; N],
        all: [T::ZERO; N],
    };
}

impl<T: Number, const N: usize> Bins<T, N> {
    const ZERO: Self = Bins {
        below: [T::ZERO; N],
        bins: T::ZERO,
        x: Axis::ZERO,
        y: Axis::ZERO,
        slopes: [[T::ZERO; N]; 2],
    };

    /// With the device's operations in their order. `p` is scratch of K pairs.
    fn find(spline: &Spline, raw: &[[T; N]], value: &[T; N], p: &mut [[[T; N]; 2]]) -> Self {
        let (c, bound) = (T::from_f64(spline.c()), T::from_f32(spline.bound));
        let (widths, heights, inner) = spline.parts(raw);
        let index = |k: usize| T::from_f32(k as f32);
        let (bins, zero) = (index(spline.bins), [T::ZERO; N]);
        let mut found = Bins::ZERO;
        vectorized(
            #[inline(always)]
            || {
                // Arrays of its own, which the compiler knows to be apart.
                let (mut x, mut y) = (Axis::ZERO, Axis::ZERO);
                let (mut below, mut slopes) = (zero, [zero; 2]);
                for ((p, width), height) in p.iter_mut().zip(widths).zip(heights) {
                    for i in 0..N {
                        p[0][i] = positive(c, width[i]);
                        x.all[i] += p[0][i];
                    }
                    for i in 0..N {
                        p[1][i] = positive(c, height[i]);
                        y.all[i] += p[1][i];
                    }
                }
                let (mut unit, mut sums) = ([zero; 2], zero);
                for (unit, all) in unit.iter_mut().zip([&x.all, &y.all]) {
                    for (unit, &all) in unit.iter_mut().zip(all) {
                        *unit = (bound + bound) / all;
                    }
                }
                // Sums, each term times 0 or 1: with stores that hang on a condition, the compiler would
                // go from point to point.
                let mut above = zero;
                for (k, parts) in p.iter().enumerate() {
                    let before = if k == 0 { &[zero; 2] } else { &p[k - 1] };
                    let left = if k < 2 { &zero } else { &inner[k - 2] };
                    let right = if k == 0 { &zero } else { &inner[k - 1] };
                    for i in 0..N {
                        let knot = sums[i] * unit[0][i] - bound;
                        let here = if knot <= value[i] { T::ONE } else { T::ZERO };
                        let is_bin_before = above[i] - here;
                        slopes[0][i] += is_bin_before * left[i];
                        slopes[1][i] += is_bin_before * right[i];
                        x.low[i] += here * before[0][i];
                        y.low[i] += here * before[1][i];
                        x.high[i] += here * parts[0][i];
                        y.high[i] += here * parts[1][i];
                        sums[i] += parts[0][i];
                        below[i] += here;
                        above[i] = here;
                    }
                }
                if let Some(left) = inner.last() {
                    for i in 0..N {
                        slopes[0][i] += above[i] * left[i];
                    }
                }
                for i in 0..N {
                    let is_last = below[i] == bins;
                    x.left[i] = x.low[i] * unit[0][i] - bound;
                    y.left[i] = y.low[i] * unit[1][i] - bound;
                    x.right[i] = if is_last { bound } else { x.high[i] * unit[0][i] - bound };
                    y.right[i] = if is_last { bound } else { y.high[i] * unit[1][i] - bound };
                    slopes[0][i] = positive(c, slopes[0][i]);
                    slopes[1][i] = positive(c, slopes[1][i]);
                    below[i] = if value[i] < bound { below[i] } else { bins + T::ONE };
                }
                found = Bins { below, bins, x, y, slopes };
            },
        );
        found
    }

    /// Whether a point is in a bin.
    #[inline(always)]
    fn is_inside(&self, i: usize) -> bool {
        self.below[i] >= T::ONE && self.below[i] <= self.bins
    }

    /// The bin of a point; of some bin where it is in none.
    #[inline(always)]
    fn bin(&self, i: usize) -> [[T; 3]; 2] {
        let Bins { x, y, slopes, .. } = self;
        [[x.left[i], y.left[i], slopes[0][i]], [x.right[i], y.right[i], slopes[1][i]]]
    }
}

/// p(r) = (1 + |r| + c r) / (1 + |r| - c r).
#[inline(always)]
fn positive<T: Number>(c: T, r: T) -> T {
    let (large, tilt) = (T::ONE + r.abs(), c * r);
    (large + tilt) / (large - tilt)
}

/// dp/dr.
#[inline(always)]
fn slope<T: Number>(c: T, r: T) -> T {
    let inverse = T::ONE / (T::ONE + r.abs() - c * r);
    (c + c) * inverse * inverse
}

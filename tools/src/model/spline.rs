use super::Number;
use anyhow::{Result, ensure};
use couplet::Knot;
use serde::{Deserialize, Serialize};

/// The shape of monotone rational-quadratic splines: K bins between -B and B, the identity beyond.
///
/// A spline has 3 K - 1 raw numbers: of K widths, of K heights, of K - 1 slopes at the inner knots.
/// A positive rational makes numbers between 1/m and m of them:
///
/// ```text
/// p(r) = (1 + |r| + c r) / (1 + |r| - c r),  c = (m - 1) / (m + 1)
/// width = 2 B p(r) / sum(p),  height likewise,  slope = p(r), 1 at both ends
/// ```
///
/// All zeros are the identity. Neural Spline Flows (Durkan et al., 2019), section 3.1,
/// <https://arxiv.org/abs/1906.04032>, with p in place of softmax and softplus.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spline {
    /// K, the number of bins.
    pub bins: usize,
    /// B, the bound of x and y.
    pub bound: f32,
    /// m: slopes of inner knots are between 1/m and m.
    pub steepest: f32,
}

impl Spline {
    /// That of each feature alone.
    pub const MARGINAL: Self = Spline { bins: 8, bound: 5.0, steepest: 20.0 };

    /// That of a coupling.
    pub const COUPLING: Self = Spline { bins: 4, bound: 4.0, steepest: 8.0 };

    /// The most bins.
    pub const MOST_BINS: usize = 64;

    /// The most that (K - 1) m^2 may be: the narrowest bin is still wider than 2^-19 B, so an f32
    /// tells its knots apart.
    const MOST_NARROW: f32 = (1 << 19) as f32;

    /// The number of raw numbers of a spline, 3 K - 1.
    pub fn raw(&self) -> usize {
        3 * self.bins - 1
    }

    /// The number of its knots, K + 1.
    pub fn knots(&self) -> usize {
        self.bins + 1
    }

    /// Refuses what makes no spline in f32.
    ///
    /// # Errors
    ///
    /// The number that is out of its range, and the range.
    pub fn check(&self) -> Result<()> {
        let Spline { bins, bound, steepest } = *self;
        ensure!(
            (2..=Self::MOST_BINS).contains(&bins),
            "a spline of {bins} bins; from 2 to {} make sense",
            Self::MOST_BINS
        );
        ensure!(
            (0.5..=100.0).contains(&bound),
            "a spline's bound of {bound}; from 0.5 to 100 standard deviations make sense"
        );
        ensure!(
            steepest > 1.0 && (bins - 1) as f32 * steepest * steepest <= Self::MOST_NARROW,
            "a spline's steepest slope of {steepest}; above 1, and with {bins} bins at most {} make \
             sense",
            (Self::MOST_NARROW / (bins - 1) as f32).sqrt().floor()
        );
        Ok(())
    }

    /// c.
    pub fn c(&self) -> f64 {
        let steepest = f64::from(self.steepest);
        (steepest - 1.0) / (steepest + 1.0)
    }

    /// The knots that raw numbers stand for: computed in f64, and rounded once.
    pub fn place<T: Number>(&self, raw: &[T], knots: &mut [Knot<T>]) {
        let (c, bound) = (self.c(), f64::from(self.bound));
        let p = |r: &T| positive(c, r.to_f64());
        let (widths, heights, slopes) = self.parts(raw);
        let end = T::from_f32(self.bound);
        knots.fill([end, end, T::ONE]);
        for (axis, raw) in [(0, widths), (1, heights)] {
            let all: f64 = raw.iter().map(p).sum();
            let mut sum = 0.0;
            for (knot, raw) in knots.iter_mut().zip(raw) {
                knot[axis] = T::from_f64(bound * (2.0 * sum / all - 1.0));
                sum += p(raw);
            }
        }
        for (knot, raw) in knots[1..].iter_mut().zip(slopes) {
            knot[2] = T::from_f64(p(raw));
        }
    }

    /// After `place`: adds the derivatives by the raw numbers to `draw`, from those by the knots.
    /// The ends do not move.
    ///
    /// Knot k is at B (2 sum(p_i, i < k) / sum(p) - 1), so with the mean of the shares
    /// M = sum over k of dknot_k sum(p_i, i < k) / sum(p)
    ///
    /// ```text
    /// dp_i = 2 B / sum(p) (sum(dknot_k, k > i) - M),  dp/dr = 2 c / (1 + |r| - c r)^2
    /// ```
    pub fn place_back<T: Number>(&self, raw: &[T], dknots: &[Knot<T>], draw: &mut [T]) {
        let (c, bound) = (self.c(), f64::from(self.bound));
        let slope = |r: f64| 2.0 * c / (1.0 + r.abs() - c * r).powi(2);
        let (widths, heights, slopes) = self.parts(raw);
        let (dwidths, rest) = draw.split_at_mut(self.bins);
        let (dheights, dslopes) = rest.split_at_mut(self.bins);
        let inner = &dknots[1..self.bins];
        for (axis, raw, draw) in [(0, widths, dwidths), (1, heights, dheights)] {
            let by_knot = inner.iter().map(|dknot| dknot[axis].to_f64());
            let (mut all, mut moved) = (0.0, 0.0);
            // The first knot, an end, has the share 0.
            for (r, dknot) in raw.iter().zip([0.0].into_iter().chain(by_knot.clone())) {
                moved += all * dknot;
                all += positive(c, r.to_f64());
            }
            let mut behind: f64 = by_knot.clone().sum();
            for ((r, draw), dknot) in raw.iter().zip(draw).zip(by_knot.chain([0.0])) {
                let dp = 2.0 * bound / all * (behind - moved / all);
                *draw += T::from_f64(dp * slope(r.to_f64()));
                behind -= dknot;
            }
        }
        for ((r, dknot), draw) in slopes.iter().zip(inner).zip(dslopes) {
            *draw += T::from_f64(dknot[2].to_f64() * slope(r.to_f64()));
        }
    }

    /// The distance of x from the nearest knot. Beyond the ends it is at most a sixteenth of the
    /// narrowest bin.
    pub fn distance<T: Number>(&self, knots: &[Knot<T>], x: T) -> T {
        let least = |a: T, b: T| if b < a { b } else { a };
        let widths = knots.array_windows().map(|[[left, ..], [right, ..]]| *right - *left);
        let narrow = T::from_f32(1.0 / 16.0) * widths.reduce(least).unwrap_or(T::ZERO);
        let is_beyond = x.abs() > T::from_f32(self.bound);
        let distances = knots.iter().map(|&[knot, ..]| (x - knot).abs());
        distances.chain(is_beyond.then_some(narrow)).reduce(least).unwrap_or(T::ZERO)
    }

    /// The raw numbers of widths, of heights and of slopes.
    pub fn parts<'a, T>(&self, raw: &'a [T]) -> (&'a [T], &'a [T], &'a [T]) {
        let (widths, rest) = raw.split_at(self.bins);
        let (heights, slopes) = rest.split_at(self.bins);
        (widths, heights, slopes)
    }
}

/// p(r), which is positive.
fn positive(c: f64, r: f64) -> f64 {
    (1.0 + r.abs() + c * r) / (1.0 + r.abs() - c * r)
}

/// The derivatives by x and by the six numbers of a bin, from those by y and by ln slope.
///
/// In a bin as [`couplet::Marginal`] describes it, with m = v (h v + r t), e = n + m and
/// k = t (r t + h v) + v (h t + l v), so that y = y_0 + h n / e and
/// ln slope = 2 ln(h / e) + ln w + ln k:
///
/// ```text
/// dn = dy h m / e^2 - 2 dlog_det / e,  dm = -dy h n / e^2 - 2 dlog_det / e,  dk = dlog_det / k
/// dt = dn (2 h t + l v) + dm r v + 2 dk (r t + h v)
/// dv = dn l t + dm (2 h v + r t) + 2 dk (h t + l v)
/// dh = dy n / e + 2 dlog_det / h + dn t^2 + dm v^2 + 2 dk t v
/// dl = dn t v + dk v^2,  dr = dm t v + dk t^2,  dw = dlog_det / w + dl d_0 + dr d_1
/// ```
///
/// dx = dt - dv. By the knots dx_0 = -dt - dw, dx_1 = dv + dw, dy_0 = dy - dh, dy_1 = dh,
/// dd_0 = dl w, dd_1 = dr w.
#[inline(always)]
pub fn backward_in_bin<T: Number>(
    &[[x0, y0, d0], [x1, y1, d1]]: &[Knot<T>; 2],
    x: T,
    dy: T,
    dlog_det: T,
) -> (T, [T; 6]) {
    let (w, h) = (x1 - x0, y1 - y0);
    let (l, r) = (d0 * w, d1 * w);
    let (t, v) = (x - x0, x1 - x);
    let (ht, hv, lv, rt) = (h * t, h * v, l * v, r * t);
    let (n, m) = (t * (ht + lv), v * (hv + rt));
    let inverse = T::ONE / (n + m);
    let (left, right) = (ht + lv, rt + hv);
    let twice_dlog_det = dlog_det + dlog_det;

    let pull = dy * h * inverse * inverse;
    let push = twice_dlog_det * inverse;
    let (dn, dm) = (pull * m - push, -(pull * n) - push);
    let dk = dlog_det / (t * right + v * left);
    let twice_dk = dk + dk;
    let dt = dn * (ht + left) + dm * (r * v) + twice_dk * right;
    let dv = dn * (l * t) + dm * (hv + right) + twice_dk * left;
    let (tt, tv, vv) = (t * t, t * v, v * v);
    let dh = dy * n * inverse + twice_dlog_det / h + dn * tt + dm * vv + twice_dk * tv;
    let (dl, dr) = (dn * tv + dk * vv, dm * tv + dk * tt);
    let dw = dlog_det / w + dl * d0 + dr * d1;
    (dt - dv, [-dt - dw, dy - dh, dl * w, dv + dw, dh, dr * w])
}

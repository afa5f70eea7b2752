//! Three toy sets in the plane whose density is known, so that a model's held-out loss can be read
//! against the truth.
//!
//! Every row is an independent draw. In expectation, no model has a mean negative log-likelihood
//! below [`Toy::entropy`], and the gap to it says how good the model is.

use couplet::{Base, StandardNormal};
use rand_core::Rng;
use std::{
    f64::consts::{FRAC_PI_2, PI, TAU},
    sync::LazyLock,
};

/// The shape of a toy set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Two interleaved half circles of radius 1.
    Moons,
    /// Two rings around the origin, of radius 1 and 0.3.
    Circles,
    /// Five arms that run from radius 0.1 to 1.1, make a quarter turn and become narrower.
    Spirals,
}

/// A toy set with its noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Toy {
    /// The shape.
    pub set: Set,
    /// The standard deviation of the noise, above 0: in both coordinates for moons and circles, in
    /// the angle for spirals.
    pub noise: f64,
}

/// One draw from a toy set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// The first coordinate.
    pub x: f64,
    /// The second coordinate.
    pub y: f64,
    /// The half circle, ring or arm that the point belongs to.
    pub label: u32,
}

const RADII: [f64; 2] = [1.0, 0.3];
const ARMS: u32 = 5;
const INNER: f64 = 0.1;
const LENGTH: f64 = 1.0;
const SWEEP: f64 = FRAC_PI_2;

/// Integrals and sums leave out terms below exp(-NEGLIGIBLE) of the largest.
const NEGLIGIBLE: f64 = 40.0;

/// Coordinates beyond this have squares that could overflow, and count as infinite.
const FARTHEST: f64 = 1e150;

impl Toy {
    /// Returns `n` independent draws.
    pub fn sample(&self, n: usize, rng: &mut impl Rng) -> Vec<Draw> {
        (0..n).map(|_| self.draw(rng)).collect()
    }

    fn draw(&self, rng: &mut impl Rng) -> Draw {
        let t = uniform(rng);
        let mut noise = [0.0; 2];
        StandardNormal.sample(rng, &mut noise);
        let [dx, dy] = noise.map(|z: f64| self.noise * z);
        match self.set {
            Set::Moons => {
                let (sin, cos) = (PI * t).sin_cos();
                let label = below(2, rng);
                let (x, y) = if label == 0 { (cos, sin) } else { lower_moon(cos, sin) };
                Draw { x: x + dx, y: y + dy, label }
            }
            Set::Circles => {
                let (sin, cos) = (TAU * t).sin_cos();
                let label = below(2, rng);
                let radius = RADII[label as usize];
                Draw { x: radius * cos + dx, y: radius * sin + dy, label }
            }
            Set::Spirals => {
                let label = below(ARMS, rng);
                let angle = TAU * f64::from(label) / f64::from(ARMS) + SWEEP * t + width(t) * dx;
                let radius = INNER + LENGTH * t;
                Draw { x: radius * angle.cos(), y: radius * angle.sin(), label }
            }
        }
    }

    /// The true log-density at (x, y) in nats.
    pub fn log_prob(&self, x: f64, y: f64) -> f64 {
        if x.is_nan() || y.is_nan() || x.abs().max(y.abs()) > FARTHEST {
            return f64::NEG_INFINITY;
        }
        match self.set {
            Set::Moons => {
                let (mirrored_x, mirrored_y) = lower_moon(x, y);
                log_mean_exp([
                    half_circle(x, y, 1.0, self.noise),
                    half_circle(mirrored_x, mirrored_y, 1.0, self.noise),
                ])
            }
            Set::Circles => {
                let ring = |r| {
                    log_mean_exp([
                        half_circle(x, y, r, self.noise),
                        half_circle(x, -y, r, self.noise),
                    ])
                };
                log_mean_exp(RADII.map(ring))
            }
            Set::Spirals => {
                let radius = x.hypot(y);
                let t = (radius - INNER) / LENGTH;
                if !(0.0..=1.0).contains(&t) {
                    return f64::NEG_INFINITY;
                }
                // dx dy = r dr da, and the arms share their probability equally
                let angle = periodic_normal(y.atan2(x) - SWEEP * t, PERIOD, self.noise * width(t));
                angle - f64::from(ARMS).ln() - (LENGTH * radius).ln()
            }
        }
    }

    /// The true differential entropy in nats, by quadrature.
    pub fn entropy(&self) -> f64 {
        self.integrate(
            |log_prob| if log_prob == f64::NEG_INFINITY { 0.0 } else { -log_prob * log_prob.exp() },
        )
    }

    /// The integral of `f(log_prob(x, y))` over the plane, for an f that vanishes where the density
    /// does.
    ///
    /// The trapezoidal rule, which converges exponentially both for smooth functions that vanish at
    /// the ends and for periodic ones; along the arms, where the density ends abruptly,
    /// Gauss-Legendre.
    fn integrate(&self, f: impl Fn(f64) -> f64) -> f64 {
        let grid = |x: [f64; 2], y: [f64; 2]| {
            let margin = (2.0 * NEGLIGIBLE).sqrt() * self.noise;
            let axis = |[low, high]: [f64; 2]| {
                let step = self.noise / 2.0;
                let count = ((high - low + 2.0 * margin) / step).ceil() as u32;
                (0..=count).map(move |i| low - margin + f64::from(i) * step)
            };
            let sum: f64 =
                axis(y).map(|y| axis(x).map(|x| f(self.log_prob(x, y))).sum::<f64>()).sum();
            sum * (self.noise / 2.0).powi(2)
        };
        match self.set {
            Set::Moons => grid([-1.0, 2.0], [-0.5, 1.0]),
            Set::Circles => grid([-1.0, 1.0], [-1.0, 1.0]),
            Set::Spirals => quadrature(0.0, 1.0, |t| {
                let radius = INNER + LENGTH * t;
                let count = (PERIOD / (self.noise * width(t)) * 4.0).ceil() as u32;
                let step = PERIOD / f64::from(count);
                let at = |angle: f64| f(self.log_prob(radius * angle.cos(), radius * angle.sin()));
                let arc: f64 = (0..count).map(|i| at(SWEEP * t + f64::from(i) * step)).sum();
                arc * step * f64::from(ARMS) * radius * LENGTH
            }),
        }
    }
}

/// The angle from one arm to the next.
const PERIOD: f64 = TAU / ARMS as f64;

/// The noise of a spiral at t along its arm, from 0 to 1, relative to [`Toy::noise`].
fn width(t: f64) -> f64 {
    1.5 + (0.1 - 1.5) * t
}

/// Maps the upper moon to the lower one, and back: a half turn about (1/2, 1/4).
fn lower_moon(x: f64, y: f64) -> (f64, f64) {
    (1.0 - x, 0.5 - y)
}

/// Draws uniformly from [0, 1).
fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Draws uniformly from 0..n, to a relative error of n / 2^32: the high word of n u, with u of 32
/// bits.
fn below(n: u32, rng: &mut impl Rng) -> u32 {
    ((u64::from(n) * u64::from(rng.next_u32())) >> 32) as u32
}

/// ln((exp(a) + exp(b)) / 2).
fn log_mean_exp([a, b]: [f64; 2]) -> f64 {
    let max = a.max(b);
    if max == f64::NEG_INFINITY {
        max
    } else {
        max + (0.5 * ((a - max).exp() + (b - max).exp())).ln()
    }
}

/// The log-density of normal noise added to a uniform point of the upper half of a circle around
/// the origin.
///
/// With (r, phi) the point's polar coordinates, R the circle's radius and k = r R / noise^2, it is
///
/// ```text
/// -(r^2 + R^2) / (2 noise^2) - ln(2 pi noise^2)
///     + ln(1/pi integral of exp(k cos(t - phi)) over t in [0, pi])
/// ```
///
/// The integrand is taken relative to its maximum, and integrated only where it is not negligible.
/// So the nodes are where the mass is, for every point and every noise.
fn half_circle(x: f64, y: f64, radius: f64, noise: f64) -> f64 {
    let variance = noise * noise;
    let (r, phi) = (x.hypot(y), y.atan2(x));
    let k = r * radius / variance;
    // 1 - cos at the nearest point of the arc, which is one of its ends for a point below it
    let nearest = if y < 0.0 { 1.0 - phi.cos().abs() } else { 0.0 };
    let reach = 2.0 * (0.5 * (nearest + NEGLIGIBLE / k)).sqrt().min(1.0).asin();
    // from below, both ends may be near: the left one is a turn further on
    let integral: f64 = [phi, phi + TAU]
        .map(|phi| {
            let (from, to) = ((phi - reach).max(0.0), (phi + reach).min(PI));
            let integrand = |t: f64| (k * (nearest - 2.0 * (0.5 * (t - phi)).sin().powi(2))).exp();
            if from < to { quadrature(from, to, integrand) } else { 0.0 }
        })
        .iter()
        .sum();
    let square = (r - radius).powi(2) + 2.0 * r * radius * nearest;
    (integral / PI).ln() - square / (2.0 * variance) - (TAU * variance).ln()
}

/// The log-density of the sum over all integers j of N(j period, deviation^2).
fn periodic_normal(x: f64, period: f64, deviation: f64) -> f64 {
    let x = x - period * (x / period).round();
    let square = |x: f64| 0.5 * (x / deviation).powi(2);
    let terms = ((2.0 * NEGLIGIBLE).sqrt() * deviation / period).ceil() as i32 + 1;
    let sum: f64 =
        (-terms..=terms).map(|j| (square(x) - square(x - f64::from(j) * period)).exp()).sum();
    sum.ln() - square(x) - 0.5 * TAU.ln() - deviation.ln()
}

/// The number of nodes of [`quadrature`]: enough to integrate exp(-[`NEGLIGIBLE`] x^2) over
/// [-1, 1] to 12 digits.
const NODES: usize = 40;

/// The integral of f by Gauss-Legendre quadrature.
fn quadrature(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    static RULE: LazyLock<[(f64, f64); NODES]> = LazyLock::new(gauss_legendre);
    let (centre, half) = (0.5 * (from + to), 0.5 * (to - from));
    half * RULE.iter().map(|(node, weight)| weight * f(centre + half * node)).sum::<f64>()
}

/// Nodes and weights of the Gauss-Legendre rule on [-1, 1]. The nodes are the roots of the Legendre
/// polynomial of degree N, found by Newton's method.
///
/// <https://dlmf.nist.gov/3.5#v>
fn gauss_legendre<const N: usize>() -> [(f64, f64); N] {
    let degree = N as f64;
    std::array::from_fn(|i| {
        let mut x = (PI * (i as f64 + 0.75) / (degree + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..8 {
            let (mut before, mut value) = (0.0, 1.0);
            for n in 0..N {
                let n = n as f64;
                (before, value) = (value, ((2.0 * n + 1.0) * x * value - n * before) / (n + 1.0));
            }
            slope = degree * (before - x * value) / (1.0 - x * x);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::{Xoshiro128PlusPlus, rand_core::SeedableRng};

    const MOONS: Toy = Toy { set: Set::Moons, noise: 0.1 };
    const CIRCLES: Toy = Toy { set: Set::Circles, noise: 0.1 };
    const SPIRALS: Toy = Toy { set: Set::Spirals, noise: 0.1 };
    const ALL: [Toy; 3] = [MOONS, CIRCLES, SPIRALS];

    fn sample(toy: Toy, n: usize) -> Vec<Draw> {
        toy.sample(n, &mut Xoshiro128PlusPlus::seed_from_u64(1))
    }

    #[test]
    fn densities_integrate_to_one() {
        for noise in [0.03, 0.1, 0.5] {
            for set in [Set::Moons, Set::Circles, Set::Spirals] {
                let toy = Toy { set, noise };
                let integral = toy.integrate(f64::exp);
                assert!((integral - 1.0).abs() < 1e-9, "{toy:?}: {integral}");
            }
        }
    }

    /// The same in Cartesian coordinates, which know nothing of arms and arcs.
    #[test]
    fn spirals_integrate_to_one_over_a_square() {
        let (cells, side) = (500, 2.4);
        let centre = |i| side * ((f64::from(i) + 0.5) / f64::from(cells) - 0.5);
        let density = |i: i32| SPIRALS.log_prob(centre(i % cells), centre(i / cells)).exp();
        let integral =
            (0..cells * cells).map(density).sum::<f64>() * (side / f64::from(cells)).powi(2);
        assert!((integral - 1.0).abs() < 1e-3, "{integral}");
    }

    #[test]
    fn entropies_are_the_known_ones() {
        for (toy, expected) in [(MOONS, 1.008), (CIRCLES, 1.025), (SPIRALS, -0.342)] {
            let entropy = toy.entropy();
            assert!((entropy - expected).abs() < 0.005, "{toy:?}: {entropy} is not {expected}");
        }
        let entropy = Toy { noise: 0.05, ..MOONS }.entropy();
        assert!((entropy - 0.290).abs() < 0.005, "{entropy}");
    }

    #[test]
    fn samples_follow_the_density() {
        const N: usize = 20_000;
        for toy in ALL {
            let losses: Vec<f64> =
                sample(toy, N).iter().map(|row| -toy.log_prob(row.x, row.y)).collect();
            let mean = losses.iter().sum::<f64>() / N as f64;
            let error = (losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>()
                / (N * N) as f64)
                .sqrt();
            assert!((mean - toy.entropy()).abs() < 4.0 * error, "{toy:?}: {mean} +- {error}");
        }
    }

    #[test]
    fn samples_have_the_right_moments() {
        // the curves' moments, with the mean of sin 2 / pi over a half circle, plus the noise's
        // variance
        const N: usize = 50_000;
        let expected = [
            (
                MOONS,
                [0.5, 0.25],
                [0.75 + 0.01, (2.0 / PI - 0.25).powi(2) + 0.5 - (2.0 / PI).powi(2) + 0.01],
            ),
            (CIRCLES, [0.0, 0.0], [(1.0 + 0.09) / 4.0 + 0.01; 2]),
            (SPIRALS, [0.0, 0.0], [(1.1_f64.powi(3) - 0.1_f64.powi(3)) / 6.0; 2]),
        ];
        for (toy, means, variances) in expected {
            let rows = sample(toy, N);
            for (i, (mean, variance)) in means.into_iter().zip(variances).enumerate() {
                let value = |row: &Draw| if i == 0 { row.x } else { row.y };
                let found = rows.iter().map(value).sum::<f64>() / N as f64;
                assert!(
                    (found - mean).abs() < 0.02,
                    "{toy:?} feature {i}: mean {found} is not {mean}"
                );
                let found =
                    rows.iter().map(|row| (value(row) - mean).powi(2)).sum::<f64>() / N as f64;
                assert!(
                    (found - variance).abs() < 0.01,
                    "{toy:?} feature {i}: variance {found} is not {variance}"
                );
            }
            let parts = if toy.set == Set::Spirals { ARMS } else { 2 };
            for label in 0..parts {
                let share = rows.iter().filter(|row| row.label == label).count() as f64 / N as f64;
                assert!(
                    (share - 1.0 / f64::from(parts)).abs() < 0.01,
                    "{toy:?} label {label}: {share}"
                );
            }
        }
    }

    /// Values by the midpoint rule with 200,000 points on each half circle.
    #[test]
    fn moons_log_prob_agrees_with_a_fine_midpoint_rule() {
        let expected = [
            (0.1, 1.832_24, -0.044_284, -0.451_726_190),
            (0.1, 0.822_112, 0.544_55, -0.455_613_836),
            (0.1, 0.5, 0.25, -9.191_644_196),
            (0.1, -1.0, -0.2, -4.236_495_575),
            (0.1, 0.0, 0.0, -1.205_495_046),
            (0.1, 2.5, 1.5, -66.190_139_850),
            (0.1, 0.0, -3.0, -349.594_391_556),
            (0.05, 0.822_112, 0.544_55, 0.207_615_411),
            (0.05, -1.0, -0.2, -10.121_078_158),
            (0.05, 0.0, -3.0, -1_394.385_018_978),
        ];
        for (noise, x, y, expected) in expected {
            let log_prob = Toy { set: Set::Moons, noise }.log_prob(x, y);
            assert!(
                (log_prob - expected).abs() < 1e-6,
                "({x}, {y}), noise {noise}: {log_prob} is not {expected}"
            );
        }
    }

    /// ln(mean of N(., R e^it)) = ln(exp(-(r^2 + R^2) / (2 s^2)) I0(r R / s^2) / (2 pi s^2)): at
    /// the centre I0(0) = 1.
    #[test]
    fn circles_log_prob_is_exact_at_the_centre() {
        let at = |radius: f64| (-radius * radius / 0.02).exp() / (TAU * 0.01);
        let expected = (0.5 * (at(1.0) + at(0.3))).ln();
        assert!((CIRCLES.log_prob(0.0, 0.0) - expected).abs() < 1e-12);
    }

    #[test]
    fn log_prob_is_never_nan() {
        for toy in ALL {
            for x in [0.0, -0.0, 1.0, -1e3, 1e9, 1e200, f64::MAX, f64::INFINITY, f64::NAN] {
                for (x, y) in [(x, x), (x, 0.0), (0.0, x), (-x, -x), (0.0, -x)] {
                    let log_prob = toy.log_prob(x, y);
                    assert!(log_prob < 10.0, "{toy:?} ({x}, {y}): {log_prob}");
                }
            }
        }
    }

    #[test]
    fn spirals_are_impossible_outside_their_radii() {
        for radius in [0.0, 0.0999, 1.1001] {
            assert_eq!(SPIRALS.log_prob(radius, 0.0), f64::NEG_INFINITY, "{radius}");
        }
        assert!(SPIRALS.log_prob(0.0, 0.11) > -3.0 && SPIRALS.log_prob(0.0, 1.09) > -1e4);
    }

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        for toy in ALL {
            assert_eq!(sample(toy, 100), sample(toy, 100));
            assert_ne!(
                sample(toy, 100),
                toy.sample(100, &mut Xoshiro128PlusPlus::seed_from_u64(2))
            );
        }
    }
}

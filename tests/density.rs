//! A density is a density: it integrates to 1, and the model's own samples follow it.
//!
//! Densities in f64, samples in f32 as on a device. Chi-square over the cells of a grid; see
//! `common/statistics.rs`.

#![cfg(not(miri))] // thousands of points

mod common;

use common::{
    ClampedRealNvp1, MixtureD2, NiceD2, RealNvp1, RealNvpD2, Spline1, chi_square, model, random,
    reweighted, rng, student,
};
use couplet::{
    Base, Bijection, Flow, Heads, Marginal, Scale, Silu, StandardLogistic, StandardNormal,
    StudentT, Triangle, nalgebra::SVector,
};

type LogisticD2<T> = Flow<T, 2, ([RealNvp1<T, Silu, 1, 1, 8>; 2], Scale<T, 2>), StandardLogistic>;

type StudentD2<T> =
    Flow<T, 2, (Triangle<T, 2, 1>, [ClampedRealNvp1<T, Silu, 1, 1, 8>; 2]), StudentT<T, 2>>;

type MarginalD2<T> =
    Flow<T, 2, (Marginal<T, 2, 27>, [RealNvp1<T, Silu, 1, 1, 8>; 2]), StandardNormal>;

type BinsD2<T> = Flow<T, 2, [Spline1<T, Silu, 1, 1, 8, 11, 11, 4>; 2], StandardNormal>;

/// Cells x cells over a rectangle that leaves out less than 1e-4 of the density, and how many
/// samples to count there.
#[derive(Clone, Copy)]
struct Grid {
    low: [f64; 2],
    high: [f64; 2],
    cells: usize,
    samples: usize,
}

const NICE: Grid = Grid { low: [-9.0, -8.0], high: [0.0, 0.5], cells: 100, samples: 20_000 };
const REALNVP: Grid = Grid { low: [-24.0, -11.0], high: [26.0, 20.0], cells: 100, samples: 3_000 };
const LOGISTIC: Grid = Grid { low: [-12.0, -14.0], high: [9.0, 11.0], cells: 100, samples: 20_000 };

const MIXTURE: Grid = Grid { low: [-4.0, -2.5], high: [9.0, 2.5], cells: 200, samples: 20_000 };

const STUDENT: Grid = Grid { low: [-40.0, -40.0], high: [40.0, 40.0], cells: 400, samples: 20_000 };

const MARGINAL: Grid =
    Grid { low: [-11.0, -11.0], high: [11.0, 11.0], cells: 640, samples: 20_000 };

const SPLINE: Grid = Grid { low: [-11.0, -11.0], high: [11.0, 11.0], cells: 640, samples: 20_000 };

impl Grid {
    fn side(&self, feature: usize) -> f64 {
        (self.high[feature] - self.low[feature]) / self.cells as f64
    }

    /// The probability of each cell: the density at its centre times its area.
    fn probabilities<L: Bijection<f64, 2>, B: Base<f64>>(
        &self,
        flow: &Flow<f64, 2, L, B>,
    ) -> Vec<f64> {
        let centre =
            |cell: usize, feature| self.low[feature] + (cell as f64 + 0.5) * self.side(feature);
        let area = self.side(0) * self.side(1);
        let cells = (0..self.cells * self.cells)
            .map(|cell| [centre(cell / self.cells, 0), centre(cell % self.cells, 1)]);
        cells.map(|x| flow.log_prob(&x.into()).exp() * area).collect()
    }

    /// How many points fall into each cell.
    fn counts(&self, points: impl Iterator<Item = SVector<f64, 2>>) -> Vec<u32> {
        let mut counts = vec![0; self.cells * self.cells];
        for x in points {
            let [i, j] = [0, 1]
                .map(|feature| ((x[feature] - self.low[feature]) / self.side(feature)) as usize);
            if x[0] >= self.low[0] && x[1] >= self.low[1] && i < self.cells && j < self.cells {
                counts[i * self.cells + j] += 1;
            }
        }
        counts
    }
}

fn samples<L: Bijection<f32, 2>, B: Base<f32>>(
    n: usize,
    flow: &Flow<f32, 2, L, B>,
) -> impl Iterator<Item = SVector<f64, 2>> {
    let mut rng = rng(11);
    (0..n).map(move |_| flow.sample(&mut rng).map(f64::from))
}

#[track_caller]
fn is_a_density<L, M, B, C>(device: &Flow<f32, 2, L, B>, exact: &Flow<f64, 2, M, C>, grid: Grid)
where
    L: Bijection<f32, 2>,
    M: Bijection<f64, 2>,
    B: Base<f32>,
    C: Base<f64>,
{
    let probabilities = grid.probabilities(exact);
    let integral: f64 = probabilities.iter().sum();
    assert!((integral - 1.0).abs() < 1e-3, "the density integrates to {integral}");

    let statistic = chi_square(&grid.counts(samples(grid.samples, device)), &probabilities);
    assert!(
        statistic < 1.0,
        "samples do not follow the density: chi-square is {statistic} times its limit"
    );
}

#[test]
fn a_nice_model_is_a_density() {
    is_a_density(&model::<NiceD2<f32>>("nice_d2"), &model::<NiceD2<f64>>("nice_d2"), NICE);
}

#[test]
fn a_realnvp_model_is_a_density() {
    is_a_density(
        &model::<RealNvpD2<f32>>("realnvp_d2"),
        &model::<RealNvpD2<f64>>("realnvp_d2"),
        REALNVP,
    );
}

#[test]
fn a_model_with_logistic_base_is_a_density() {
    is_a_density(&random::<LogisticD2<f32>>(4), &random::<LogisticD2<f64>>(4), LOGISTIC);
}

#[test]
fn a_model_with_student_base_triangle_and_clamp_is_a_density() {
    let (mut device, mut exact) = (random::<StudentD2<f32>>(4), random::<StudentD2<f64>>(4));
    (device.base, exact.base) = (student([8.0, 5.0]), student([8.0, 5.0]));
    is_a_density(&device, &exact, STUDENT);
}

#[test]
fn a_mixture_is_a_density() {
    is_a_density(
        &model::<MixtureD2<f32>>("mixture_d2"),
        &model::<MixtureD2<f64>>("mixture_d2"),
        MIXTURE,
    );
}

#[test]
fn a_model_with_a_marginal_is_a_density() {
    is_a_density(&random::<MarginalD2<f32>>(4), &random::<MarginalD2<f64>>(4), MARGINAL);
}

#[test]
fn a_model_of_splines_is_a_density() {
    is_a_density(&random::<BinsD2<f32>>(4), &random::<BinsD2<f64>>(4), SPLINE);
}

#[test]
fn chi_square_reports_samples_of_anything_else() {
    let flow = model::<NiceD2<f32>>("nice_d2");
    let probabilities = NICE.probabilities(&model::<NiceD2<f64>>("nice_d2"));
    let times_the_limit =
        |points: &mut dyn Iterator<Item = _>| chi_square(&NICE.counts(points), &probabilities);

    let shifted =
        times_the_limit(&mut samples(NICE.samples, &flow).map(|x| x + SVector::from([0.07, 0.0])));
    assert!(shifted > 1.0, "shifted by a tenth of a standard deviation: {shifted}");

    let mut other = flow.clone();
    let heads = &mut other.layers.0[1].second.conditioner.heads;
    *heads = Heads::new(heads.layers().map(|head| reweighted(&head, |weight| *weight *= -1.0)));
    let other = times_the_limit(&mut samples(NICE.samples, &other));
    assert!(other > 1.0, "one head of four negated: {other}");
}

/// Leaves points alone and claims to change the volume by a hundredth.
struct FalseLogDet;

impl Bijection<f64, 2> for FalseLogDet {
    fn forward_mut(&self, _: &mut SVector<f64, 2>, _: &(), log_det: &mut f64) {
        *log_det += 0.01;
    }

    fn inverse_mut(&self, _: &mut SVector<f64, 2>, _: &(), log_det: &mut f64) {
        *log_det += -0.01;
    }
}

#[test]
fn the_integral_reports_a_false_log_det() {
    let Flow { standardize, layers, base, .. } = *model::<NiceD2<f64>>("nice_d2");
    let integral: f64 =
        NICE.probabilities(&Flow::new(standardize, (layers, FalseLogDet), base)).iter().sum();
    assert!((integral - 0.01_f64.exp()).abs() < 1e-3, "the density integrates to {integral}");
}

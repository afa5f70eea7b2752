//! Where a flow with a triangle or with Student's t base starts: at one Gaussian of the training
//! rows, or at its likeness with heavier tails.

use crate::model::{Distribution, Flow, Layer, StudentT, Triangle, mean_log_prob};
use nalgebra::{Cholesky, DMatrix};

/// The most rows that a start looks at.
const ROWS: usize = 5000;

/// Parts of the identity that the covariance is mixed with: more of it where rows are few or
/// features hang together, and held-out rows choose.
const SHRINKAGES: [f64; 7] = [1e-6, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3];

/// Degrees of freedom to choose from.
const FREEDOMS: [f64; 9] = [1.5, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 100.0, 1000.0];

/// The least standard deviation of a feature, given those before it, in standard deviations. Where
/// features add up to a whole, less would be rounding, which f32 on the device does otherwise.
const NARROWEST: f64 = 1e-2;

/// The steps of expectation maximisation for the scale of a feature.
const SCALE_STEPS: usize = 20;

/// Sets the triangle, where the flow has one, to the inverse Cholesky factor of the covariance
/// (1 - s) C + s I of the standardized training rows, with the s of [`SHRINKAGES`] under which the
/// held-out rows are likeliest; and Student's t base to the degrees of freedom of [`FREEDOMS`]
/// under which the training rows are.
pub fn start(flow: &Flow, training: &[f32], validation: &[f32], p: &mut [f32]) {
    let [training, validation] = [training, validation].map(|rows| standardized(flow, rows));
    let student = match &flow.base {
        Distribution::Student(student) => Some(student),
        Distribution::Normal | Distribution::Logistic | Distribution::Mixture(_) => None,
    };
    let triangle = flow.layers.iter().find_map(|layer| match layer {
        Layer::Triangle(triangle) => Some(triangle),
        _ => None,
    });
    match (triangle, student) {
        (Some(triangle), student) => {
            let covariance = covariance(&training);
            let starts = SHRINKAGES.iter().filter_map(|&shrinkage| {
                Whitening::new(&covariance, shrinkage, &training, student.is_some())
            });
            let nats = |whitening: &Whitening| whitening.nats(&validation);
            let best = starts
                .map(|whitening| (nats(&whitening), whitening))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, whitening)) = best {
                whitening.write(triangle, student, p);
            }
        }
        (None, Some(student)) => {
            for (i, f) in p[student.freedom.clone()].iter_mut().enumerate() {
                let feature: Vec<f64> = training.column(i).iter().copied().collect();
                let likeliest = |&nu: &f64| log_likelihood(&feature, 1.0, nu);
                *f = freedom(largest(&FREEDOMS, likeliest));
            }
        }
        (None, None) => (),
    }
}

/// f with nu = 1 + exp(f).
fn freedom(nu: f64) -> f32 {
    (nu - 1.0).ln() as f32
}

/// Some of the rows, evenly spread, as a matrix \[rows, D\] of standardized features.
fn standardized(flow: &Flow, rows: &[f32]) -> DMatrix<f64> {
    let standardize = &flow.standardize;
    let (d, width) = (flow.description.dimension(), flow.description.width());
    let step = (rows.len() / width).div_ceil(ROWS).max(1);
    let rows: Vec<&[f32]> = rows.chunks_exact(width).step_by(step).collect();
    DMatrix::from_fn(rows.len(), d, |row, i| {
        (f64::from(rows[row][i]) - f64::from(standardize.mean[i])) / f64::from(standardize.std[i])
    })
}

fn covariance(rows: &DMatrix<f64>) -> DMatrix<f64> {
    let mean = rows.row_mean();
    let centred = DMatrix::from_fn(rows.nrows(), rows.ncols(), |row, i| rows[(row, i)] - mean[i]);
    centred.transpose() * &centred / rows.nrows() as f64
}

/// Features as independent as a triangle makes them: y = L x, and for Student's t nu of each.
struct Whitening {
    lower: DMatrix<f64>,
    /// The degrees of freedom; infinity is a normal distribution.
    nu: Vec<f64>,
}

impl Whitening {
    /// `None` where the covariance has no Cholesky factor.
    fn new(
        covariance: &DMatrix<f64>,
        shrinkage: f64,
        rows: &DMatrix<f64>,
        student: bool,
    ) -> Option<Self> {
        let d = covariance.nrows();
        let mixed = covariance * (1.0 - shrinkage) + DMatrix::identity(d, d) * shrinkage;
        let mut lower =
            Cholesky::new(mixed)?.unpack().solve_lower_triangular(&DMatrix::identity(d, d))?;
        let mut nu = vec![f64::INFINITY; d];
        let mut scales = vec![1.0; d];
        if student {
            let whitened = rows * lower.transpose();
            for i in 0..d {
                let feature: Vec<f64> = whitened.column(i).iter().copied().collect();
                let of = |&nu: &f64| log_likelihood(&feature, scale(&feature, nu), nu);
                nu[i] = largest(&FREEDOMS, of);
                scales[i] = scale(&feature, nu[i]);
            }
        }
        for (i, scale) in scales.into_iter().enumerate() {
            let scale = scale.max(lower[(i, i)] * NARROWEST);
            lower.row_mut(i).iter_mut().for_each(|entry| *entry /= scale);
        }
        Some(Whitening { lower, nu })
    }

    /// The mean negative log-likelihood of rows in nats, up to what all whitenings have.
    fn nats(&self, rows: &DMatrix<f64>) -> f64 {
        let whitened = rows * self.lower.transpose();
        let log_prob: f64 = (0..rows.ncols())
            .map(|i| {
                let feature: Vec<f64> = whitened.column(i).iter().copied().collect();
                log_likelihood(&feature, 1.0, self.nu[i]) + self.lower[(i, i)].ln()
            })
            .sum();
        -log_prob
    }

    fn write(&self, triangle: &Triangle, student: Option<&StudentT>, p: &mut [f32]) {
        let d = self.nu.len();
        for i in 0..d {
            p[triangle.log_scale.start + i] = self.lower[(i, i)].ln() as f32;
            for j in 0..i {
                p[triangle.weight.start + i * d + j] = self.lower[(i, j)] as f32;
            }
        }
        if let Some(student) = student {
            for (f, &nu) in p[student.freedom.clone()].iter_mut().zip(&self.nu) {
                *f = freedom(nu);
            }
        }
    }
}

/// The mean log-density of a feature under Student's t of a scale, or under a normal distribution
/// where nu is infinite.
fn log_likelihood(feature: &[f64], scale: f64, nu: f64) -> f64 {
    mean_log_prob(feature.iter().map(|y| y / scale), nu) - scale.ln()
}

/// The scale under which a feature is likeliest, by expectation maximisation:
/// scale^2 <- mean((nu + 1) y^2 / (nu + y^2 / scale^2)).
fn scale(feature: &[f64], nu: f64) -> f64 {
    let mean =
        |f: &dyn Fn(f64) -> f64| feature.iter().map(|&y| f(y)).sum::<f64>() / feature.len() as f64;
    let start = mean(&|y| y * y);
    let step = |square: f64, _| mean(&|y| (nu + 1.0) * y * y / (nu + y * y / square));
    (0..SCALE_STEPS).fold(start, step).sqrt().max(1e-6)
}

/// The value for which a function is largest.
fn largest(values: &[f64], of: impl Fn(&f64) -> f64) -> f64 {
    let better = |best: (f64, f64), value: &f64| {
        let found = of(value);
        if found > best.1 { (*value, found) } else { best }
    };
    values.iter().fold((values[0], f64::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::Standardization,
        evaluate::baseline,
        model::{Base, Context, Description, Model, Shape},
    };
    use anyhow::Result;
    use couplet::{Base as _, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    fn features() -> Vec<String> {
        ["a", "b", "c"].map(String::from).into()
    }

    /// A flow that starts at these rows, with heads of zero.
    fn started(rows: &[f32], base: Base, triangle: bool) -> Result<Model> {
        let shape = Shape { base, triangle: Some(triangle), couplets: 1, ..Shape::default() };
        let standardize = Standardization::Mean.of(&features(), rows)?;
        let identity = vec![vec![0, 1, 2]];
        let flow = Flow::new(
            Description::new(features(), shape)?,
            standardize,
            Context::default(),
            identity,
        );
        let mut parameters = vec![0.0; flow.layout.len()];
        let (training, validation) = rows.split_at(rows.len() / 10 * 9);
        start(&flow, training, validation, &mut parameters);
        Ok(Model { flow, parameters, calibration: None })
    }

    fn mean(log_probs: &[impl Copy + Into<f64>]) -> f64 {
        log_probs.iter().map(|&log_prob| log_prob.into()).sum::<f64>() / log_probs.len() as f64
    }

    fn normal(count: usize) -> Vec<f32> {
        let mut values = vec![0.0; count];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(5), &mut values);
        values
    }

    /// Three features that hang together: two of them vary by a hundredth of what they share.
    fn narrow() -> Vec<f32> {
        let row = |[a, b, c]: [f32; 3]| [20.0 + a + 0.01 * b, a - 0.01 * b, 3.0 * a + c];
        normal(6000).as_chunks().0.iter().flat_map(|&z| row(z)).collect()
    }

    #[test]
    fn a_triangle_starts_at_one_gaussian() -> Result<()> {
        let rows = narrow();
        let gaussian = mean(&baseline::fit(&features(), &rows, 1, 1)?.log_probs(&rows));
        for base in [Base::Normal, Base::Student] {
            let flow = mean(&started(&rows, base, true)?.log_probs(&rows));
            assert!((flow - gaussian).abs() < 0.01, "{base:?}: {flow}, one Gaussian {gaussian}");
        }
        // which independent features are far from
        let plain = mean(&started(&rows, Base::Student, false)?.log_probs(&rows));
        assert!(plain < gaussian - 3.0, "{plain}");
        Ok(())
    }

    /// Three parts add up to a whole: the last direction has no width of its own.
    #[test]
    fn parts_of_a_whole_start_no_narrower_than_f32_resolves() -> Result<()> {
        let part = |z: &[f32; 3]| {
            let parts = z.map(|z| (0.3 * z).exp());
            parts.map(|part| 100.0 * part / parts.iter().sum::<f32>())
        };
        let rows: Vec<f32> = normal(9000).as_chunks().0.iter().flat_map(part).collect();
        for base in [Base::Normal, Base::Student] {
            let Model { flow, parameters, .. } = started(&rows, base, true)?;
            let steepest = parameters[flow.layers[0].parameters()][..3].iter().copied();
            let steepest = steepest.fold(f32::MIN, f32::max).exp();
            assert!((50.0..=100.1).contains(&steepest), "{base:?}: {steepest}");
        }
        Ok(())
    }

    /// A normal number divided by the root of a sum of squares over nu is Student's t of nu.
    #[test]
    fn a_base_starts_with_the_tails_of_the_rows() -> Result<()> {
        let t = |z: &[f32; 4]| z[0] / ((z[1] * z[1] + z[2] * z[2] + z[3] * z[3]) / 3.0).sqrt();
        let heavy: Vec<f32> = normal(4 * 9000).as_chunks().0.iter().map(t).collect();
        for (rows, expected) in [(heavy, 2.0..=5.0), (normal(9000), 15.0..=1000.1)] {
            let Model { flow, parameters, .. } = started(&rows, Base::Student, true)?;
            let Distribution::Student(student) = &flow.base else { panic!("{:?}", flow.base) };
            let nu: Vec<f32> = student.nu(&parameters).collect();
            assert!(nu.iter().all(|nu| expected.contains(nu)), "{nu:?}");
        }
        Ok(())
    }
}

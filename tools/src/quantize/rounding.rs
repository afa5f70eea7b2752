//! Rounding of a layer's weights that knows the layer's inputs.

use nalgebra::DMatrix;

/// The largest size of a weight.
pub const MOST_WEIGHT: f64 = 127.0;

/// What is added to the diagonal of the inputs' moments, as a part of its mean.
const DAMPING: f64 = 0.01;

/// The order in which errors pass on: the upper Cholesky factor of the inverse of X'X.
pub struct Moments {
    factor: DMatrix<f64>,
}

impl Moments {
    /// Of inputs \[rows, inputs\].
    pub fn of(x: &DMatrix<f64>) -> Self {
        let mut moments = x.tr_mul(x) / x.nrows() as f64;
        let mean = moments.trace() / moments.nrows() as f64;
        let damping = if mean > 0.0 { DAMPING * mean } else { 1.0 };
        for i in 0..moments.nrows() {
            moments[(i, i)] += damping;
        }
        let inverse = moments.cholesky().map(|factor| factor.inverse());
        let factor = inverse.and_then(nalgebra::Cholesky::new).map(|factor| factor.l().transpose());
        // Damped moments are positive definite, but for rounding: then each weight rounds alone.
        let size = x.ncols();
        Moments { factor: factor.unwrap_or_else(|| DMatrix::identity(size, size)) }
    }

    /// A row of weights in units of `scale` as integers: each rounding error moves to the weights
    /// behind it, by what their inputs have in common.
    ///
    /// GPTQ (Frantar et al., 2022), <https://arxiv.org/abs/2210.17323>.
    pub fn round(&self, row: &[f64], scale: f64) -> Vec<i8> {
        let mut row: Vec<f64> = row.iter().map(|weight| weight / scale).collect();
        let mut rounded = Vec::with_capacity(row.len());
        for i in 0..row.len() {
            let weight = row[i].round().clamp(-MOST_WEIGHT, MOST_WEIGHT);
            let error = (row[i] - weight) / self.factor[(i, i)];
            for (j, behind) in row.iter_mut().enumerate().skip(i + 1) {
                *behind -= error * self.factor[(i, j)];
            }
            rounded.push(weight as i8);
        }
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a rounded row gets wrong over the inputs.
    fn error(x: &DMatrix<f64>, row: &[f64], rounded: &[i8], scale: f64) -> f64 {
        let difference = row.iter().zip(rounded).map(|(w, &r)| w - scale * f64::from(r));
        (x * DMatrix::from_iterator(row.len(), 1, difference)).norm_squared()
    }

    #[test]
    fn errors_pass_on_to_inputs_that_have_much_in_common() {
        // Inputs that are nearly one: the sum of the weights is what counts.
        let x = DMatrix::from_fn(500, 12, |n, i| {
            (n as f64 * 0.37).sin() + 0.05 * ((n * i) as f64).cos()
        });
        let (moments, scale) = (Moments::of(&x), 0.05);
        let (mut found, mut alone) = (0.0, 0.0);
        // Over many rows: in a single one the errors may cancel by chance.
        for phase in 0..50 {
            let row: Vec<f64> =
                (0..12).map(|i| (i as f64 * 1.7 + f64::from(phase)).sin()).collect();
            found += error(&x, &row, &moments.round(&row, scale), scale);
            let nearest: Vec<i8> = row.iter().map(|w| (w / scale).round() as i8).collect();
            alone += error(&x, &row, &nearest, scale);
        }
        assert!(found < 0.3 * alone, "{found}, each by itself {alone}");
    }
}

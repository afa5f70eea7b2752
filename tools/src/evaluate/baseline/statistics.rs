use super::Gaussian;

/// Sums over weighted points x, from which their mean and covariance follow. They are taken around
/// a centre c near the mean, so that little cancels.
#[derive(Clone, Debug)]
pub struct Statistics {
    centre: Vec<f64>,
    /// sum(w)
    pub weight: f64,
    /// sum(w (x - c))
    first: Vec<f64>,
    /// sum(w (x - c) (x - c)^T), the lower triangle row by row
    second: Vec<f64>,
    offset: Vec<f64>,
}

impl Statistics {
    /// Of no points yet.
    pub fn around(centre: &[f64]) -> Self {
        let d = centre.len();
        let zeros = vec![0.0; d];
        Statistics {
            centre: centre.to_vec(),
            weight: 0.0,
            first: zeros.clone(),
            second: vec![0.0; d * (d + 1) / 2],
            offset: zeros,
        }
    }

    /// One more point.
    pub fn add(&mut self, weight: f64, x: &[f64]) {
        let Statistics { centre, first, second, offset, .. } = self;
        self.weight += weight;
        for ((offset, x), centre) in offset.iter_mut().zip(x).zip(centre) {
            *offset = x - *centre;
        }
        let mut second = &mut second[..];
        for (i, first) in first.iter_mut().enumerate() {
            let scaled = weight * offset[i];
            *first += scaled;
            let (row, rest) = second.split_at_mut(i + 1);
            second = rest;
            for (entry, offset) in row.iter_mut().zip(&*offset) {
                *entry += scaled * offset;
            }
        }
    }

    /// The points of both; they have the same centre.
    pub fn merge(&mut self, other: &Statistics) {
        self.weight += other.weight;
        self.first.iter_mut().zip(&other.first).for_each(|(sum, part)| *sum += part);
        self.second.iter_mut().zip(&other.second).for_each(|(sum, part)| *sum += part);
    }

    /// The mean, and the covariance's lower triangle row by row. There must be weight.
    pub fn moments(&self) -> (Vec<f64>, Vec<f64>) {
        let shift: Vec<f64> = self.first.iter().map(|sum| sum / self.weight).collect();
        let mean = self.centre.iter().zip(&shift).map(|(centre, shift)| centre + shift).collect();
        let mut covariance: Vec<f64> = self.second.iter().map(|sum| sum / self.weight).collect();
        let mut entries = covariance.iter_mut();
        for i in 0..shift.len() {
            for (j, entry) in (0..=i).zip(&mut entries) {
                *entry -= shift[i] * shift[j];
            }
        }
        (mean, covariance)
    }

    /// The Gaussian of greatest likelihood. There must be weight.
    pub fn gaussian(&self) -> Gaussian {
        let (mean, covariance) = self.moments();
        Gaussian::new(mean, &covariance)
    }
}

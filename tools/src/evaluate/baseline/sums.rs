use super::Gaussian;

/// Sums over weighted points x, which determine their mean and covariance.
///
/// They are taken around a centre c near the mean, so that little cancels.
#[derive(Clone, Debug)]
pub struct WeightedSums {
    /// c
    centre: Vec<f64>,
    /// sum(w)
    pub weight: f64,
    /// sum(w (x - c))
    first: Vec<f64>,
    /// sum(w (x - c) (x - c)^T), the lower triangle row by row
    second: Vec<f64>,
    /// Scratch for x - c.
    offset: Vec<f64>,
}

impl WeightedSums {
    /// The sums over no points, around a centre of D numbers.
    pub fn around(centre: &[f64]) -> Self {
        let d = centre.len();
        let zeros = vec![0.0; d];
        WeightedSums {
            centre: centre.to_vec(),
            weight: 0.0,
            first: zeros.clone(),
            second: vec![0.0; d * (d + 1) / 2],
            offset: zeros,
        }
    }

    /// Adds a point x with a weight.
    pub fn add(&mut self, weight: f64, x: &[f64]) {
        let WeightedSums { centre, first, second, offset, .. } = self;
        self.weight += weight;
        for ((offset, x), centre) in offset.iter_mut().zip(x).zip(centre) {
            *offset = x - *centre;
        }
        let mut second = &mut second[..];
        for (i, first) in first.iter_mut().enumerate() {
            let scaled = weight * offset[i];
            *first += scaled;
            let (row, tail) = second.split_at_mut(i + 1);
            second = tail;
            for (entry, offset) in row.iter_mut().zip(&*offset) {
                *entry += scaled * offset;
            }
        }
    }

    /// Adds the points of other sums, which must have the same centre.
    pub fn merge(&mut self, other: &WeightedSums) {
        self.weight += other.weight;
        self.first.iter_mut().zip(&other.first).for_each(|(sum, part)| *sum += part);
        self.second.iter_mut().zip(&other.second).for_each(|(sum, part)| *sum += part);
    }

    /// The mean, and the lower triangle of the covariance row by row. The weight must be above 0.
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

    /// The Gaussian of greatest likelihood. The weight must be above 0.
    pub fn gaussian(&self) -> Gaussian {
        let (mean, covariance) = self.moments();
        Gaussian::new(mean, &covariance)
    }
}

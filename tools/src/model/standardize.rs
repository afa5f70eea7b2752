use super::Number;

/// z = (x - mean) / std, log_det = -sum(ln std); not trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardize {
    /// The mean of each feature over the training rows.
    pub mean: Vec<f32>,
    /// The standard deviation of each feature over the training rows.
    pub std: Vec<f32>,
}

impl Standardize {
    /// z = (x - mean) / std, log_det -= sum(ln std), in place.
    pub fn forward<T: Number, const N: usize>(&self, x: &mut [[T; N]], log_det: &mut [T; N]) {
        for ((x, &mean), &std) in x.iter_mut().zip(&self.mean).zip(&self.std) {
            x.iter_mut().for_each(|x| *x = (*x - T::from_f32(mean)) / T::from_f32(std));
        }
        let sum = self.sum_ln_std();
        log_det.iter_mut().for_each(|log_det| *log_det -= sum);
    }

    /// dx = dz / std, in place of dz.
    pub fn backward<T: Number, const N: usize>(&self, dz: &mut [[T; N]]) {
        for (dz, &std) in dz.iter_mut().zip(&self.std) {
            dz.iter_mut().for_each(|dz| *dz = *dz / T::from_f32(std));
        }
    }

    /// x = z std + mean, log_det += sum(ln std), in place.
    pub fn inverse<T: Number, const N: usize>(&self, z: &mut [[T; N]], log_det: &mut [T; N]) {
        for ((z, &mean), &std) in z.iter_mut().zip(&self.mean).zip(&self.std) {
            z.iter_mut().for_each(|z| *z = *z * T::from_f32(std) + T::from_f32(mean));
        }
        let sum = self.sum_ln_std();
        log_det.iter_mut().for_each(|log_det| *log_det += sum);
    }

    /// sum(ln std), in index order.
    pub fn sum_ln_std<T: Number>(&self) -> T {
        self.std.iter().fold(T::ZERO, |sum, &std| sum + T::from_f32(std).ln())
    }
}

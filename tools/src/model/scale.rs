use super::{Layout, Number};
use std::ops::Range;

/// NICE's last layer: z = x exp(theta), log_det = sum(theta).
#[derive(Clone, Debug)]
pub struct Scale {
    /// The place of theta \[D\] among the parameters.
    pub log_scale: Range<usize>,
}

impl Scale {
    /// Its name in the model file.
    pub const NAME: &'static str = "scale";

    /// Appends its tensor to a layout.
    pub fn push(layout: &mut Layout, d: usize) -> Self {
        Scale { log_scale: layout.push(format!("{}.log_scale", Self::NAME), &[d]) }
    }

    /// z = x exp(theta), log_det += sum(theta), in place.
    pub fn forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        x: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        let mut sum = T::ZERO;
        for (x, &theta) in x.iter_mut().zip(&p[self.log_scale.clone()]) {
            let scale = theta.exp();
            x.iter_mut().for_each(|x| *x *= scale);
            sum += theta;
        }
        log_det.iter_mut().for_each(|log_det| *log_det += sum);
    }

    /// dtheta = sum(dz z) + sum(dlog_det) over the points, since dz/dtheta = z; dx = dz exp(theta),
    /// in place of dz.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        z: &[[T; N]],
        dlog_det: &[T; N],
        dp: &mut [T],
        dz: &mut [[T; N]],
    ) {
        let theta = &p[self.log_scale.clone()];
        for (((dz, z), &theta), dtheta) in
            dz.iter_mut().zip(z).zip(theta).zip(&mut dp[self.log_scale.clone()])
        {
            let scale = theta.exp();
            for i in 0..N {
                *dtheta += dz[i] * z[i] + dlog_det[i];
                dz[i] *= scale;
            }
        }
    }

    /// x = z exp(-theta), log_det -= sum(theta), in place.
    pub fn inverse<T: Number, const N: usize>(
        &self,
        p: &[T],
        z: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        let mut sum = T::ZERO;
        for (z, &theta) in z.iter_mut().zip(&p[self.log_scale.clone()]) {
            let scale = (-theta).exp();
            z.iter_mut().for_each(|z| *z *= scale);
            sum += theta;
        }
        log_det.iter_mut().for_each(|log_det| *log_det -= sum);
    }
}

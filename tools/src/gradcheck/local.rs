use super::{
    difference::{Difference, difference},
    noise::noise,
};
use crate::model::{Arithmetic, Flow, Workspace};
use nalgebra::DMatrix;

/// A flow near one point: how its latents z depend on the standardised features u.
#[derive(Clone, Debug)]
pub struct Local {
    u: Vec<f64>,
    /// dz/du by `backward`, \[D, D\].
    jacobian: DMatrix<f64>,
    /// How far rounding may have moved each latent, see [`noise`].
    noise: Vec<f64>,
    /// Where the latents were computed, with the context of the point.
    space: Workspace<f64, 1>,
}

impl Local {
    /// At this point of the data.
    pub fn at(flow: &Flow, p: &[f64], x: &[f64]) -> Self {
        let d = flow.description.dimension();
        let mut space = Workspace::<f64, 1>::new(flow, Arithmetic::Device);
        space.load(x);
        flow.standardize.forward(&mut space.x, &mut space.log_det);
        let u = space.x.as_flattened().to_vec();
        flow.forward_from(0, p, &mut space);
        let (mut jacobian, mut noises) = (DMatrix::zeros(d, d), Vec::with_capacity(d));
        let mut dp = vec![0.0; p.len()];
        for o in 0..d {
            dp.fill(0.0);
            let Workspace { arithmetic, dx, tapes, scratch, .. } = &mut space;
            dx.iter_mut().enumerate().for_each(|(i, dx)| *dx = [f64::from(u8::from(i == o))]);
            for (layer, tape) in flow.layers.iter().zip(tapes).rev() {
                layer.backward(*arithmetic, p, tape, scratch, &[0.0], &mut dp, dx);
            }
            noises.push(noise(&space.x[o], [p, &dp], [&u, space.dx.as_flattened()]));
            jacobian.row_mut(o).iter_mut().zip(&*space.dx).for_each(|(j, dx)| *j = dx[0]);
        }
        Local { u, jacobian, noise: noises, space }
    }

    /// ln|det dz/du| by differences of the latents, and how far it may be off:
    ///
    /// ```text
    /// sum over o, i of |(J^-1)_io| doubt_oi
    /// ```
    ///
    /// That is the derivative of ln|det J| by each entry, times what the entry may be off.
    pub fn ln_det(&self, flow: &Flow, p: &[f64]) -> (f64, f64) {
        let d = self.u.len();
        let mut space = self.space.clone();
        let (mut jacobian, mut doubts) = (DMatrix::zeros(d, d), DMatrix::zeros(d, d));
        let mut u = self.u.clone();
        for i in 0..d {
            for o in 0..d {
                let Difference { derivative, doubt, .. } =
                    difference(&mut u, i, self.noise[o], |u| {
                        space.x.iter_mut().zip(u).for_each(|(x, &u)| *x = [u]);
                        flow.forward_from(0, p, &mut space);
                        (space.x[o][0], space.activation_pattern())
                    });
                (jacobian[(o, i)], doubts[(o, i)]) = (derivative, doubt);
            }
        }
        let inverse = jacobian.clone().try_inverse();
        let off = inverse
            .map_or(f64::NAN, |inverse| inverse.transpose().abs().component_mul(&doubts).sum());
        (jacobian.lu().determinant().abs().ln(), off)
    }

    /// How far inverse(forward(u)) may be from u in each feature:
    ///
    /// ```text
    /// 2 sum over o of |(J^-1)_io| noise_o
    /// ```
    ///
    /// Rounding moves the latents by their noise. The inverse multiplies that by J^-1, and adds as
    /// much of its own: du/dp = -J^-1 dz/dp.
    pub fn round_trip(&self) -> Vec<f64> {
        let inverse = self.jacobian.clone().try_inverse();
        let off = |i: usize| match &inverse {
            Some(inverse) => {
                2.0 * inverse
                    .row(i)
                    .iter()
                    .zip(&self.noise)
                    .map(|(j, e)| (j * e).abs())
                    .sum::<f64>()
            }
            None => f64::NAN,
        };
        (0..self.u.len()).map(off).collect()
    }
}

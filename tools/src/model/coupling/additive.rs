use super::{FeatureMap, Head};
use crate::model::{Arithmetic, Block, Number};

/// NICE's transform: b <- b + t, log_det = 0. <https://arxiv.org/abs/1410.8516>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Additive;

impl FeatureMap for Additive {
    fn name(&self) -> &'static str {
        "additive"
    }

    fn flow(&self) -> &'static str {
        "NICE"
    }

    fn source(&self) -> [String; 2] {
        ["Additive".into(), "Additive".into()]
    }

    fn heads(&self) -> Vec<Head> {
        vec![Head { name: "shift", per_feature: 1 }]
    }

    fn constants(&self) -> usize {
        0
    }

    fn kept(&self) -> usize {
        0
    }

    /// b <- b + t.
    fn forward<T: Number, const N: usize>(
        &self,
        _: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        _: &mut [T; N],
        _: &mut [Block<T, N>],
    ) {
        for (b, &t) in b.as_flattened_mut().iter_mut().zip(parameters[0].as_flattened()) {
            *b += t;
        }
    }

    /// dt = db; db stays.
    fn backward<T: Number, const N: usize>(
        &self,
        _: &[Block<T, N>],
        _: &[Block<T, N>],
        _: &[T; N],
        dparameters: &mut [Block<T, N>],
        db: &mut [[T; N]],
    ) {
        dparameters[0][..db.len()].copy_from_slice(db);
    }

    /// b <- b - t.
    fn inverse<T: Number, const N: usize>(
        &self,
        _: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        _: &mut [T; N],
    ) {
        for (b, &t) in b.as_flattened_mut().iter_mut().zip(parameters[0].as_flattened()) {
            *b -= t;
        }
    }
}

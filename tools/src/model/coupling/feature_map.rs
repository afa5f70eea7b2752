use crate::model::{Arithmetic, Block, Number};

/// A head of the conditioner: the name of its tensors, and how many parameters it makes for each
/// feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The name in the model file, as in `couplets.0.first.shift.weight`.
    pub name: &'static str,
    /// Parameters for each feature.
    pub per_feature: usize,
}

/// What a transform does with the features of a half, given their parameters.
///
/// A new transform implements this in a file of its own, and [`super::Transform`] lists it.
pub trait FeatureMap {
    /// The name in the model file and in the table of measurements.
    fn name(&self) -> &'static str;

    /// The name of a flow of such couplings.
    fn flow(&self) -> &'static str;

    /// The type in the crate `couplet`, and the expression that makes it.
    fn source(&self) -> [String; 2];

    /// The heads that make the parameters, in the order of the model file.
    fn heads(&self) -> Vec<Head>;

    /// How many numbers of the transform itself an exported coupling holds.
    fn constants(&self) -> usize;

    /// How many blocks `forward` keeps for `backward`.
    fn kept(&self) -> usize;

    /// Maps b of the data to b of the latents and adds log|det| of this map, point by point.
    ///
    /// `parameters` has a block for each head. What `backward` needs goes into `kept`.
    fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        kept: &mut [Block<T, N>],
    );

    /// Turns `db`, the derivative by b behind the map, into that by b before it, and writes the
    /// derivatives by the parameters. `dlog_det` is the derivative by log_det, point by point.
    fn backward<T: Number, const N: usize>(
        &self,
        parameters: &[Block<T, N>],
        kept: &[Block<T, N>],
        dlog_det: &[T; N],
        dparameters: &mut [Block<T, N>],
        db: &mut [[T; N]],
    );

    /// Maps b of the latents to b of the data and adds log|det| of this map, point by point.
    fn inverse<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    );

    /// [`FeatureMap::forward`] of parameters in units of 2^-16; those in floating point are scratch.
    fn forward_fixed<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        fixed: &[Vec<[i32; N]>],
        parameters: &mut [Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        kept: &mut [Block<T, N>],
    ) {
        widen(fixed, parameters);
        self.forward(arithmetic, parameters, b, log_det, kept);
    }

    /// [`FeatureMap::inverse`] of parameters in units of 2^-16; those in floating point are scratch.
    fn inverse_fixed<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        fixed: &[Vec<[i32; N]>],
        parameters: &mut [Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        widen(fixed, parameters);
        self.inverse(arithmetic, parameters, b, log_det);
    }

    /// A hash of the pieces of the map in which the points are, if it has pieces.
    fn activation_pattern<T: Number, const N: usize>(
        &self,
        _kept: &[Block<T, N>],
        hash: u64,
    ) -> u64 {
        hash
    }

    /// After `forward`: lowers `margin` of each point to its distance from the nearest border between
    /// pieces of the map, if it has pieces.
    fn margin<T: Number, const N: usize>(
        &self,
        _parameters: &[Block<T, N>],
        _kept: &[Block<T, N>],
        _margin: &mut [T; N],
    ) {
    }
}

/// Parameters in floating point.
fn widen<T: Number, const N: usize>(fixed: &[Vec<[i32; N]>], parameters: &mut [Block<T, N>]) {
    for (fixed, parameters) in fixed.iter().zip(parameters) {
        for (fixed, parameters) in fixed.iter().zip(parameters.iter_mut()) {
            *parameters = fixed.map(T::from_fixed);
        }
    }
}

//! Models of any type from named tensors: the type alone says which tensors there are and how they
//! are composed.

use couplet::{
    Couplet, Coupling, Dense, Flow, Nice, Permutation, Real, RealNvp, Scale, Standardize, Trunk,
    nalgebra::{SMatrix, SVector},
};
use std::{array, thread};

/// Where the weights come from: a file, or a random generator.
pub trait Source {
    /// The values of a tensor; of a matrix [out, in], row by row.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Vec<f32>;
    /// The order in which a permutation takes its features.
    fn permutation(&mut self, name: &str, features: usize) -> Vec<u16>;
    /// The bound of every log-scale.
    fn log_scale_bound(&mut self) -> f32;
}

/// What tensors can make: a layer, layers, a flow. Tensor names are those of the model files,
/// behind a prefix.
pub trait Part {
    fn build(source: &mut impl Source, prefix: &str) -> Self;
}

/// A part on the heap, built on a stack of 32 MiB: without optimisation each level holds a copy of
/// what it passes on.
pub fn build<P: Part + Send + 'static>(mut source: impl Source + Send + 'static) -> Box<P> {
    let thread = thread::Builder::new().stack_size(32 << 20);
    thread.spawn(move || Box::new(P::build(&mut source, ""))).unwrap().join().unwrap()
}

fn vector<T: Real, const N: usize>(source: &mut impl Source, name: &str) -> [T; N] {
    let values = source.tensor(name, &[N]);
    array::from_fn(|i| T::from_f32(values[i]))
}

impl<T: Real, const IN: usize, const OUT: usize> Part for Dense<T, IN, OUT> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let rows = source.tensor(&format!("{prefix}weight"), &[OUT, IN]);
        let columns =
            array::from_fn(|input| array::from_fn(|output| T::from_f32(rows[output * IN + input])));
        Dense::new(columns, vector(source, &format!("{prefix}bias")))
    }
}

/// The layer with other weights.
pub fn reweighted<T: Real, const IN: usize, const OUT: usize>(
    layer: &Dense<T, IN, OUT>,
    change: impl FnOnce(&mut SMatrix<T, OUT, IN>),
) -> Dense<T, IN, OUT> {
    let mut weight = layer.weight();
    change(&mut weight);
    Dense::new(weight.data.0, layer.bias.into())
}

/// The layers of a trunk, which are numbered.
pub trait Stack {
    fn build(source: &mut impl Source, prefix: &str, layer: usize) -> Self;
}

impl<T: Real, const IN: usize, const OUT: usize> Stack for Dense<T, IN, OUT> {
    fn build(source: &mut impl Source, prefix: &str, layer: usize) -> Self {
        Part::build(source, &format!("{prefix}{layer}."))
    }
}

impl<T: Real, const IN: usize, const OUT: usize, M: Stack> Stack for (Dense<T, IN, OUT>, M) {
    fn build(source: &mut impl Source, prefix: &str, layer: usize) -> Self {
        (Stack::build(source, prefix, layer), M::build(source, prefix, layer + 1))
    }
}

impl<L: Stack, F: Default> Part for Trunk<L, F> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        Trunk::new(L::build(source, &format!("{prefix}trunk."), 0), F::default())
    }
}

impl<C: Part, T: Real, const H: usize, const B: usize> Part for Nice<C, T, H, B> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        Coupling::additive(
            C::build(source, prefix),
            Part::build(source, &format!("{prefix}shift.")),
        )
    }
}

impl<C: Part, T: Real, const H: usize, const B: usize> Part for RealNvp<C, T, H, B> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let trunk = C::build(source, prefix);
        let log_scale = Part::build(source, &format!("{prefix}log_scale."));
        let shift = Part::build(source, &format!("{prefix}shift."));
        Coupling::affine(trunk, log_scale, shift, T::from_f32(source.log_scale_bound()))
    }
}

impl<F: Part, S: Part, const A: usize, const B: usize> Part for Couplet<F, S, A, B> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        Couplet::new(
            F::build(source, &format!("{prefix}first.")),
            S::build(source, &format!("{prefix}second.")),
        )
    }
}

impl<const D: usize> Part for Permutation<D> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let index = source.permutation(&format!("{prefix}permutation"), D);
        Permutation::new(array::from_fn(|i| index[i])).expect("a permutation")
    }
}

impl<T: Real, const D: usize> Part for Scale<T, D> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        Scale::new(vector(source, &format!("{prefix}scale.log_scale")))
    }
}

impl<T: Real, const D: usize> Part for Standardize<T, D> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let mean = vector(source, &format!("{prefix}standardize.mean"));
        Standardize::new(mean, vector(source, &format!("{prefix}standardize.std")))
    }
}

impl<F: Part, G: Part> Part for (F, G) {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        (F::build(source, prefix), G::build(source, prefix))
    }
}

impl<F: Part, const K: usize> Part for [F; K] {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        array::from_fn(|k| F::build(source, &format!("{prefix}couplets.{k}.")))
    }
}

impl<T: Real, const D: usize, L: Part, B: Default> Part for Flow<T, D, L, B> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        Flow::new(Part::build(source, prefix), L::build(source, prefix), B::default())
    }
}

/// A point from its features.
pub fn point<T: Real, const D: usize>(features: &[f64]) -> SVector<T, D> {
    SVector::from_fn(|i, _| T::from_f32(features[i] as f32))
}

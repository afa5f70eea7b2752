//! Models of any type from named tensors: the type alone says which tensors there are and how they
//! are composed.

use couplet::{
    Clamped, Context, Couplet, Coupling, Dense, Flow, Marginal, Mixture, NeuralSpline, Nice,
    Permutation, Real, RealNvp, Scale, StandardLogistic, StandardNormal, Standardize, StudentT,
    Triangle, Trunk,
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
    /// The bound of what conditioners see.
    fn input_bound(&mut self) -> f32;
    /// The bound of the marginal's splines, and what their steepest slope is nearly.
    fn marginal(&mut self) -> [f32; 2];
    /// Likewise of the couplings' splines.
    fn spline(&mut self) -> [f32; 2];
}

/// What tensors can make: a layer, layers, a base, a flow. Tensor names are those of the model files,
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

impl<C: Part, T: Real, const H: usize, const E: usize, const K: usize> Part
    for NeuralSpline<C, T, H, E, K>
{
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let trunk = C::build(source, prefix);
        let raw = Part::build(source, &format!("{prefix}spline."));
        let [bound, steepest] = source.spline();
        let c = (f64::from(steepest) - 1.0) / (f64::from(steepest) + 1.0);
        Coupling::spline(trunk, raw, T::from_f32(bound), nearest(c))
    }
}

impl<C, F, T: Real> Part for Coupling<Clamped<C, T>, F>
where
    Coupling<C, F>: Part,
{
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let Coupling { conditioner, transform } = Coupling::<C, F>::build(source, prefix);
        Coupling::new(Clamped::new(conditioner, T::from_f32(source.input_bound())), transform)
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

impl<T: Real, const D: usize, const E: usize> Part for Triangle<T, D, E> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let log_scale: [T; D] = vector(source, &format!("{prefix}triangle.log_scale"));
        let rows = source.tensor(&format!("{prefix}triangle.weight"), &[D, D]);
        let mut below = (0..D).flat_map(|i| &rows[i * D..][..i]);
        Triangle::new(
            log_scale.map(T::exp),
            array::from_fn(|_| T::from_f32(*below.next().expect("E is D (D - 1) / 2"))),
            log_scale.into_iter().fold(T::ZERO, |sum, s| sum + s),
        )
    }
}

impl<T: Real, const D: usize, const E: usize> Part for Marginal<T, D, E> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let (bins, [bound, steepest]) = (E / 3 - 1, source.marginal().map(f64::from));
        let raw = source.tensor(&format!("{prefix}marginal.spline"), &[D, 3 * bins - 1]);
        let splines = raw.chunks(3 * bins - 1).map(|raw| {
            let c = (steepest - 1.0) / (steepest + 1.0);
            let p = |&r: &f32| {
                let r = f64::from(r);
                (1.0 + r.abs() + c * r) / (1.0 + r.abs() - c * r)
            };
            let p: Vec<f64> = raw.iter().map(p).collect();
            let place = |p: &[f64], knot: usize| {
                let share = p[..knot].iter().sum::<f64>() / p.iter().sum::<f64>();
                bound * (2.0 * share - 1.0)
            };
            let (widths, rest) = p.split_at(bins);
            let (heights, inner) = rest.split_at(bins);
            let slope = |knot: usize| match knot {
                0 => 1.0,
                _ => inner.get(knot - 1).copied().unwrap_or(1.0),
            };
            array::from_fn(|i| match (i / 3, i % 3) {
                (knot, 0) => nearest(place(widths, knot)),
                (knot, 1) => nearest(place(heights, knot)),
                (knot, _) => nearest(slope(knot)),
            })
        });
        let splines: Vec<[T; E]> = splines.collect();
        Marginal::new(array::from_fn(|feature| splines[feature]))
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

impl Part for StandardNormal {
    fn build(_: &mut impl Source, _: &str) -> Self {
        StandardNormal
    }
}

impl Part for StandardLogistic {
    fn build(_: &mut impl Source, _: &str) -> Self {
        StandardLogistic
    }
}

impl<T: Real + Into<f64>, const D: usize> Part for StudentT<T, D> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let freedom: [T; D] = vector(source, &format!("{prefix}base.freedom"));
        student(freedom.map(|freedom| T::ONE + freedom.exp()))
    }
}

/// Student's t with these degrees of freedom, normalized in f64.
pub fn student<T: Real + Into<f64>, const D: usize>(freedom: [T; D]) -> StudentT<T, D> {
    let constant = |nu: T| {
        let nu: f64 = nu.into();
        let ln_gamma = libm::lgamma((nu + 1.0) / 2.0) - libm::lgamma(nu / 2.0);
        ln_gamma - (nu * std::f64::consts::PI).ln() / 2.0
    };
    StudentT::new(freedom, nearest(freedom.iter().map(|&nu| constant(nu)).sum()))
}

/// The nearest value.
fn nearest<T: Real>(value: f64) -> T {
    // What one f32 leaves, two more hold.
    let parts = [value, value - f64::from(value as f32)].map(|part| part as f32);
    let rest = value - f64::from(parts[0]) - f64::from(parts[1]);
    let [high, middle, low] = [parts[0], parts[1], rest as f32].map(T::from_f32);
    high + (middle + low)
}

impl<T: Real, const D: usize, const K: usize, const E: usize> Part for Mixture<T, D, K, E> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let mut tensor = |name: &str, shape: &[usize]| {
            let values = source.tensor(&format!("{prefix}base.{name}"), shape);
            values.into_iter().map(f64::from).collect::<Vec<f64>>()
        };
        let (logits, mean) = (tensor("logits", &[K]), tensor("mean", &[K, D]));
        let log_scale = tensor("log_scale", &[K, D]);
        let factor = if E == 0 { Vec::new() } else { tensor("factor", &[K, D, D]) };
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        let log_norm = |k: usize| {
            let log_scales: f64 = log_scale[k * D..][..D].iter().sum();
            logits[k] - sum.ln() - log_scales - D as f64 * (2.0 * std::f64::consts::PI).ln() / 2.0
        };
        let upto = |k: usize| logits[..=k].iter().map(|logit| logit.exp() / sum).sum();
        let below = |k: usize| (0..D).flat_map(move |i| (0..i).map(move |j| (k * D + i) * D + j));
        let of =
            |values: &[f64]| array::from_fn(|k| array::from_fn(|i| nearest(values[k * D + i])));
        Mixture::new(
            array::from_fn(|k| nearest(upto(k))),
            array::from_fn(|k| nearest(log_norm(k))),
            of(&mean),
            of(&log_scale.iter().map(|s| (-s).exp()).collect::<Vec<f64>>()),
            array::from_fn(|k| {
                let mut places = below(k);
                array::from_fn(|_| nearest(factor[places.next().expect("E is D (D - 1) / 2")]))
            }),
        )
    }
}

impl Part for () {
    fn build(_: &mut impl Source, _: &str) -> Self {}
}

impl<T: Real, const D: usize, L: Part, B: Part, G: Part> Part for Flow<T, D, L, B, G> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        Flow {
            standardize: Part::build(source, prefix),
            layers: L::build(source, prefix),
            base: B::build(source, prefix),
            context: G::build(source, prefix),
        }
    }
}

/// Every number is known, and no bound clamps it.
impl<T: Real, const C: usize> Part for Context<T, C> {
    fn build(source: &mut impl Source, prefix: &str) -> Self {
        let mut tensor = |name: &str| vector(source, &format!("{prefix}context.{name}"));
        let (mean, std) = (tensor("mean"), tensor("std"));
        Context::new(mean, std, [T::from_f32(f32::MIN); C], [T::from_f32(f32::MAX); C], None)
    }
}

/// A point from its features.
pub fn point<T: Real, const D: usize>(features: &[f64]) -> SVector<T, D> {
    SVector::from_fn(|i, _| T::from_f32(features[i] as f32))
}

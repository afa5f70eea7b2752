//! Names for the types of whole models. T: number, F: activation, A and B: halves, G, H, I: widths
//! of the trunk's layers.

use couplet::{
    Additive, Affine, Clamped, Context, Couplet, Coupling, Dense, Flow, Heads, Marginal, Mixture,
    Network, NeuralSpline, Nice, Permutation, RealNvp, Relu, Scale, Silu, StandardLogistic,
    StandardNormal, StudentT, Tanh, Triangle, Trunk,
};

pub type Trunk1<T, F, const A: usize, const H: usize> = Trunk<Dense<T, A, H>, F>;
pub type Trunk2<T, F, const A: usize, const G: usize, const H: usize> =
    Trunk<(Dense<T, A, G>, Dense<T, G, H>), F>;
pub type Trunk3<T, F, const A: usize, const G: usize, const H: usize, const I: usize> =
    Trunk<(Dense<T, A, G>, (Dense<T, G, H>, Dense<T, H, I>)), F>;

/// A couplet of additive couplings over a trunk of one, two or three layers.
pub type Nice1<T, F, const A: usize, const B: usize, const H: usize> =
    Couplet<Nice<Trunk1<T, F, A, H>, T, H, B>, Nice<Trunk1<T, F, B, H>, T, H, A>, A, B>;
pub type Nice2<T, F, const A: usize, const B: usize, const G: usize, const H: usize> =
    Couplet<Nice<Trunk2<T, F, A, G, H>, T, H, B>, Nice<Trunk2<T, F, B, G, H>, T, H, A>, A, B>;
pub type Nice3<
    T,
    F,
    const A: usize,
    const B: usize,
    const G: usize,
    const H: usize,
    const I: usize,
> = Couplet<Nice<Trunk3<T, F, A, G, H, I>, T, I, B>, Nice<Trunk3<T, F, B, G, H, I>, T, I, A>, A, B>;

/// A couplet of affine couplings over a trunk of one, two or three layers.
pub type RealNvp1<T, F, const A: usize, const B: usize, const H: usize> =
    Couplet<RealNvp<Trunk1<T, F, A, H>, T, H, B>, RealNvp<Trunk1<T, F, B, H>, T, H, A>, A, B>;
pub type RealNvp2<T, F, const A: usize, const B: usize, const G: usize, const H: usize> =
    Couplet<RealNvp<Trunk2<T, F, A, G, H>, T, H, B>, RealNvp<Trunk2<T, F, B, G, H>, T, H, A>, A, B>;
pub type RealNvp3<
    T,
    F,
    const A: usize,
    const B: usize,
    const G: usize,
    const H: usize,
    const I: usize,
> = Couplet<
    RealNvp<Trunk3<T, F, A, G, H, I>, T, I, B>,
    RealNvp<Trunk3<T, F, B, G, H, I>, T, I, A>,
    A,
    B,
>;

/// A couplet of splines of K bins, E = B (3 K - 1) and G = A (3 K - 1) raw numbers, over a trunk of
/// one or two layers.
pub type Spline1<
    T,
    F,
    const A: usize,
    const B: usize,
    const H: usize,
    const E: usize,
    const G: usize,
    const K: usize,
> = Couplet<
    NeuralSpline<Trunk1<T, F, A, H>, T, H, E, K>,
    NeuralSpline<Trunk1<T, F, B, H>, T, H, G, K>,
    A,
    B,
>;
pub type Spline2<T, F, const H: usize, const E: usize, const K: usize> = Couplet<
    NeuralSpline<Trunk2<T, F, 1, H, H>, T, H, E, K>,
    NeuralSpline<Trunk2<T, F, 1, H, H>, T, H, E, K>,
    1,
    1,
>;

/// A conditioner that sees its A inputs clamped: P parameters of each of B features.
pub type ClampedNetwork1<T, F, const A: usize, const H: usize, const B: usize, const P: usize> =
    Clamped<Network<Trunk1<T, F, A, H>, Heads<T, H, B, P>>, T>;

/// A couplet of additive couplings, or of affine ones, that see clamped inputs.
pub type ClampedNice1<T, F, const A: usize, const B: usize, const H: usize> = Couplet<
    Coupling<ClampedNetwork1<T, F, A, H, B, 1>, Additive>,
    Coupling<ClampedNetwork1<T, F, B, H, A, 1>, Additive>,
    A,
    B,
>;
pub type ClampedRealNvp1<T, F, const A: usize, const B: usize, const H: usize> = Couplet<
    Coupling<ClampedNetwork1<T, F, A, H, B, 2>, Affine<T>>,
    Coupling<ClampedNetwork1<T, F, B, H, A, 2>, Affine<T>>,
    A,
    B,
>;

/// A couplet whose couplings see C contexts beside their half: I = A + C and J = B + C inputs of
/// affine couplings, and of splines of two features as in [`Spline1`].
pub type GivenRealNvp1<
    T,
    F,
    const A: usize,
    const B: usize,
    const I: usize,
    const J: usize,
    const H: usize,
> = Couplet<RealNvp<Trunk1<T, F, I, H>, T, H, B>, RealNvp<Trunk1<T, F, J, H>, T, H, A>, A, B>;
pub type GivenRealNvp2<
    T,
    F,
    const A: usize,
    const B: usize,
    const I: usize,
    const J: usize,
    const G: usize,
    const H: usize,
> = Couplet<RealNvp<Trunk2<T, F, I, G, H>, T, H, B>, RealNvp<Trunk2<T, F, J, G, H>, T, H, A>, A, B>;
pub type GivenNice1<
    T,
    F,
    const A: usize,
    const B: usize,
    const I: usize,
    const J: usize,
    const H: usize,
> = Couplet<Nice<Trunk1<T, F, I, H>, T, H, B>, Nice<Trunk1<T, F, J, H>, T, H, A>, A, B>;
pub type GivenSpline1<T, F, const I: usize, const H: usize, const E: usize, const K: usize> =
    Couplet<
        NeuralSpline<Trunk1<T, F, I, H>, T, H, E, K>,
        NeuralSpline<Trunk1<T, F, I, H>, T, H, E, K>,
        1,
        1,
    >;
pub type GivenClamped1<
    T,
    F,
    const A: usize,
    const B: usize,
    const I: usize,
    const J: usize,
    const H: usize,
> = Couplet<
    Coupling<ClampedNetwork1<T, F, I, H, B, 2>, Affine<T>>,
    Coupling<ClampedNetwork1<T, F, J, H, A, 2>, Affine<T>>,
    A,
    B,
>;

/// The models in tests/reference.
pub type NiceD2<T> = Flow<T, 2, ([Nice1<T, Relu, 1, 1, 16>; 2], Scale<T, 2>), StandardNormal>;
pub type NiceD5Logistic<T> = Flow<
    T,
    5,
    ([(Permutation<5>, Nice2<T, Relu, 3, 2, 24, 24>); 3], Scale<T, 5>),
    StandardLogistic,
>;
pub type RealNvpD2<T> = Flow<T, 2, [RealNvp2<T, Relu, 1, 1, 32, 32>; 4], StandardNormal>;
pub type RealNvpD7<T> =
    Flow<T, 7, [(Permutation<7>, RealNvp1<T, Tanh, 4, 3, 20>); 3], StandardNormal>;
pub type RealNvpD8Logistic<T> = Flow<
    T,
    8,
    ([(Permutation<8>, RealNvp2<T, Silu, 4, 4, 64, 64>); 3], Scale<T, 8>),
    StandardLogistic,
>;
pub type MixtureD2<T> = Flow<T, 2, (), Mixture<T, 2, 5, 1>>;
pub type MixtureD5<T> =
    Flow<T, 5, [(Permutation<5>, RealNvp1<T, Tanh, 3, 2, 12>); 2], Mixture<T, 5, 4, 0>>;
pub type StudentD4<T> = Flow<
    T,
    4,
    (Triangle<T, 4, 6>, [(Permutation<4>, ClampedRealNvp1<T, Relu, 2, 2, 16>); 2]),
    StudentT<T, 4>,
>;
pub type SplineD2<T> = Flow<T, 2, [Spline2<T, Relu, 16, 23, 8>; 2], StandardNormal>;
pub type SplineD5<T> = Flow<
    T,
    5,
    ([(Permutation<5>, Spline1<T, Tanh, 3, 2, 20, 22, 33, 4>); 3], Scale<T, 5>),
    StandardLogistic,
>;
pub type MarginalD5<T> = Flow<
    T,
    5,
    (Marginal<T, 5, 27>, (Triangle<T, 5, 10>, [(Permutation<5>, RealNvp1<T, Relu, 3, 2, 16>); 2])),
    StandardNormal,
>;
pub type ContextD2<T> =
    Flow<T, 2, [GivenRealNvp1<T, Relu, 1, 1, 2, 2, 16>; 3], StandardNormal, Context<T, 1>>;
pub type ContextD5<T> = Flow<
    T,
    5,
    [(Permutation<5>, GivenRealNvp2<T, Silu, 3, 2, 6, 5, 24, 24>); 3],
    StandardLogistic,
    Context<T, 3>,
>;

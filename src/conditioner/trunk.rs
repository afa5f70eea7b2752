use super::{Activation, Dense};
use crate::{
    Real,
    kernel::codegen::{keep_rolled, unspecialised},
};
use core::hint::black_box;

/// The dense layers of a [`Trunk`]: one, or nested pairs of any depth, as `(first, (second,
/// third))`. The compiler checks that the widths of neighbours agree.
///
/// ```
/// use couplet::Dense;
///
/// type Layers = (Dense<f32, 4, 33>, (Dense<f32, 33, 17>, Dense<f32, 17, 8>)); // 4 to 8 features
/// ```
///
/// Public, as a bound for code that is generic over trunks; [`Trunk::apply`] evaluates them.
pub trait Layers<T: Real> {
    /// `[T; inputs]`.
    type Input;
    /// `[T; outputs]`.
    type Output: AsMut<[T]>;

    /// Scratch that [`Layers::apply_to`] overwrites with the output; its values mean nothing.
    fn scratch() -> Self::Output;

    /// Writes the output of the last layer to `output`; the activation follows each layer.
    ///
    /// The caller owns the array, so a trunk of up to two layers has the outputs of no more than
    /// two on the stack.
    fn apply_to<F: Activation>(&self, input: &Self::Input, output: &mut Self::Output);
}

impl<T: Real, const IN: usize, const OUT: usize> Layers<T> for Dense<T, IN, OUT> {
    type Input = [T; IN];
    type Output = [T; OUT];

    /// Zeros. Up to 64 are stored one by one (no memset); above that the compiler calls memset,
    /// three times slower but smaller.
    #[inline(always)]
    fn scratch() -> [T; OUT] {
        if OUT <= 64 { [black_box(T::ZERO); OUT] } else { [T::ZERO; OUT] }
    }

    fn apply_to<F: Activation>(&self, input: &[T; IN], output: &mut [T; OUT]) {
        if F::IS_RELU {
            self.apply_to(input, output, T::ZERO);
        } else {
            self.apply_to(input, output, T::NO_FLOOR);
            activate::<F, T>(unspecialised(output));
        }
    }
}

/// Applies an activation to each output.
#[inline(never)] // one copy
fn activate<F: Activation, T: Real>(y: &mut [T]) {
    for y in y {
        *y = F::apply(*y);
        keep_rolled();
    }
}

impl<T: Real, L: Layers<T>, M: Layers<T, Input = L::Output>> Layers<T> for (L, M) {
    type Input = L::Input;
    type Output = M::Output;

    #[inline(always)]
    fn scratch() -> M::Output {
        M::scratch()
    }

    #[inline(never)] // own frame: hidden features are not on the stack while the heads run
    fn apply_to<F: Activation>(&self, input: &Self::Input, output: &mut Self::Output) {
        let mut hidden = L::scratch();
        self.0.apply_to::<F>(input, &mut hidden);
        self.1.apply_to::<F>(&hidden, output);
    }
}

/// The body of a [`Network`](crate::Network), which its heads share: dense layers, each followed by
/// the activation. Each layer takes OUT * IN multiply-accumulates.
///
/// ```
/// use couplet::{Dense, Relu, Trunk};
///
/// // in a `static`: the weights stay in flash
/// static TRUNK: Trunk<(Dense<f32, 1, 2>, Dense<f32, 2, 3>), Relu> = Trunk::new(
///     (Dense::new([[1.0, -1.0]], [0.0; 2]), Dense::new([[1.0; 3], [2.0; 3]], [0.5; 3])),
///     Relu,
/// );
/// assert_eq!(TRUNK.apply(&[4.0]), [4.5; 3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trunk<L, F> {
    /// One dense layer or nested pairs of them, see [`Layers`].
    pub layers: L,
    /// The function after each layer.
    pub activation: F,
}

impl<L, F> Trunk<L, F> {
    /// From the layers and the function after each.
    pub const fn new(layers: L, activation: F) -> Self {
        Trunk { layers, activation }
    }

    /// The hidden features, which the heads take.
    pub fn apply<T: Real>(&self, input: &L::Input) -> L::Output
    where
        L: Layers<T>,
        F: Activation,
    {
        let mut output = L::scratch();
        self.layers.apply_to::<F>(input, &mut output);
        output
    }
}

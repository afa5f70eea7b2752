use super::{Activation, Dense};
use crate::{
    Real,
    rolled::{keep_rolled, unspecialised},
};
use core::hint::black_box;

/// One dense layer, or a pair of such stacks: `(Dense<T, 4, 33>, Dense<T, 33, 17>)`, `(first,
/// (second, third))`, ...
///
/// Nested pairs give any depth; that widths meet is checked by the compiler.
pub trait Layers<T: Real> {
    /// `[T; inputs]`.
    type Input;
    /// `[T; outputs]`.
    type Output: AsMut<[T]>;

    /// Scratch for the outputs; its values mean nothing.
    fn scratch() -> Self::Output;

    /// Writes the output of the last layer; the activation follows each layer.
    ///
    /// Into the caller's array: of the hidden features no more than two layers' are on the stack,
    /// in trunks of up to two layers.
    fn apply_to<F: Activation>(&self, input: &Self::Input, output: &mut Self::Output);
}

impl<T: Real, const IN: usize, const OUT: usize> Layers<T> for Dense<T, IN, OUT> {
    type Input = [T; IN];
    type Output = [T; OUT];

    /// Zeros. Up to 64 of them the compiler, not knowing what they are, writes one by one; more it
    /// would write by a function, which takes three times as long but less code.
    #[inline(always)]
    fn scratch() -> [T; OUT] {
        if OUT <= 64 { [black_box(T::ZERO); OUT] } else { [T::ZERO; OUT] }
    }

    fn apply_to<F: Activation>(&self, input: &[T; IN], output: &mut [T; OUT]) {
        if F::IS_RELU {
            self.apply_to(input, output, T::ZERO);
        } else {
            self.apply_to(input, output, T::NEG_INFINITY);
            activate::<F, T>(unspecialised(output));
        }
    }
}

#[inline(never)]
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

    #[inline(never)] // the hidden features are not on the stack while the heads run
    fn apply_to<F: Activation>(&self, input: &Self::Input, output: &mut Self::Output) {
        let mut hidden = L::scratch();
        self.0.apply_to::<F>(input, &mut hidden);
        self.1.apply_to::<F>(&hidden, output);
    }
}

/// The body of a conditioner, which its heads share: a stack of dense layers, each followed by the
/// activation.
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
    /// The function behind each layer.
    pub activation: F,
}

impl<L, F> Trunk<L, F> {
    /// From the layers and the function behind each.
    pub const fn new(layers: L, activation: F) -> Self {
        Trunk { layers, activation }
    }

    /// The hidden features that the heads see.
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

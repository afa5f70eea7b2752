use crate::Real;

/// The nonlinearity after each dense layer of a trunk.
///
/// An activation of your own:
///
/// ```
/// use couplet::{Activation, Dense, Real, Trunk};
///
/// /// max(x, x / 8).
/// struct Leaky;
///
/// impl Activation for Leaky {
///     fn apply<T: Real>(x: T) -> T {
///         if x < T::ZERO { x * T::from_f32(0.125) } else { x }
///     }
/// }
///
/// let trunk = Trunk::new(Dense::new([[1.0_f32, -1.0]], [0.0; 2]), Leaky);
/// assert_eq!(trunk.apply(&[4.0]), [4.0, -0.5]);
/// ```
pub trait Activation {
    /// Whether the function is max(x, 0), which a dense layer applies to outputs that are still in
    /// registers.
    const IS_RELU: bool = false;

    /// The value of the function at x; NaN where x is NaN, so that no overflow goes unseen.
    fn apply<T: Real>(x: T) -> T;
}

macro_rules! activation {
    ($name:ident, $tag:literal, $doc:literal, $is_relu:literal, |$x:ident| $value:expr) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl Activation for $name {
            const IS_RELU: bool = $is_relu;

            #[inline]
            fn apply<T: Real>($x: T) -> T {
                $value
            }
        }

        #[cfg(feature = "serde")]
        crate::wire::tagged!($name, $tag);
    };
}

// A comparison with NaN is false, so relu keeps NaN: an overflow must not look like a zero.
activation!(Relu, 0, "max(x, 0).", true, |x| if x < T::ZERO { T::ZERO } else { x });
activation!(Tanh, 1, "The hyperbolic tangent.", false, |x| x.tanh());
activation!(Silu, 2, "x / (1 + exp(-x)).", false, |x| x / (T::ONE + (-x).exp()));

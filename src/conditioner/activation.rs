use crate::Real;

/// The nonlinearity behind each dense layer of a trunk.
pub trait Activation {
    /// Whether the function is max(x, 0), which a dense layer applies while it holds its outputs in
    /// registers.
    const IS_RELU: bool = false;

    /// The function's value at x; NaN where x is NaN.
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

// A comparison with NaN is false, so that relu keeps NaN: an overflow on the way must not look like
// a zero.
activation!(Relu, 0, "max(x, 0).", true, |x| if x < T::ZERO { T::ZERO } else { x });
activation!(Tanh, 1, "The hyperbolic tangent.", false, |x| x.tanh());
activation!(Silu, 2, "x / (1 + exp(-x)).", false, |x| x / (T::ONE + (-x).exp()));

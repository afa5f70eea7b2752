use super::Conditioner;
use crate::{
    Real,
    kernel::codegen::{keep_rolled, unspecialised},
};

/// A conditioner that sees each input clamped to -bound..bound: parameters(clamp(a, -bound,
/// bound)).
///
/// A reading far from all training data meets parameters of the edge of that data, instead of what
/// a network says of inputs it has never seen. What is clamped is what the conditioner sees: the
/// features themselves pass through the coupling as they are, so an infinite one stays visible. NaN
/// stays NaN. The context is passed on as it is: [`Context`](crate::Context) has a bound of its own.
///
/// ```
/// use couplet::{Affine, Clamped, Coupling, CouplingLayer, Dense, Heads, Network, Relu, Trunk};
///
/// type Bounded = Clamped<Network<Trunk<Dense<f32, 1, 2>, Relu>, Heads<f32, 2, 1, 2>>, f32>;
///
/// // in a `static`: the weights stay in flash
/// static COUPLING: Coupling<Bounded, Affine<f32>> = Coupling::new(
///     Clamped::new(
///         Network::new(
///             Trunk::new(Dense::new([[1.0, -1.0]], [0.0; 2]), Relu),
///             Heads::new([Dense::new([[0.5], [0.5]], [0.0]), Dense::new([[0.25], [0.0]], [1.0])]),
///         ),
///         3.0,
///     ),
///     Affine::new(2.0),
/// );
/// let map = |a| {
///     let mut b = [1.0];
///     (COUPLING.forward_mut(&[a], &mut b, &()), b)
/// };
/// assert_eq!(map(3.5), map(3.0));
/// assert_ne!(map(2.5), map(3.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clamped<C, T> {
    /// What makes the parameters of the clamped inputs.
    pub conditioner: C,
    /// The bound of |a|, positive, in standard deviations where the inputs have that unit.
    pub bound: T,
}

impl<C, T> Clamped<C, T> {
    /// From the conditioner and the bound of its inputs, which must be positive.
    pub const fn new(conditioner: C, bound: T) -> Self {
        Clamped { conditioner, bound }
    }
}

impl<T, C, X, const A: usize> Conditioner<T, A, X> for Clamped<C, T>
where
    T: Real,
    C: Conditioner<T, A, X>,
{
    type Parameters = C::Parameters;

    #[inline(always)]
    fn condition(&self, a: &[T; A], context: &X) -> C::Parameters {
        self.conditioner.condition(&clamped(a, self.bound), context)
    }

    #[inline(always)]
    fn with_parameters<R>(
        &self,
        a: &[T; A],
        context: &X,
        transform: impl FnOnce(&C::Parameters) -> R,
    ) -> R {
        // Most readings have no input beyond the bound: then nothing is copied.
        let inside;
        let a = if a.iter().all(|a| a.is_within(self.bound)) {
            a
        } else {
            inside = clamped(a, self.bound);
            &inside
        };
        self.conditioner.with_parameters(a, context, transform)
    }
}

/// Each input, or the bound of its sign where it is beyond.
#[cold]
fn clamped<T: Real, const A: usize>(a: &[T; A], bound: T) -> [T; A] {
    let mut inside = *a;
    clamp(unspecialised(&mut inside), bound);
    inside
}

/// Inputs beyond the bound become it. Comparisons with NaN are false, so NaN stays.
#[inline(never)] // one copy
fn clamp<T: Real>(a: &mut [T], bound: T) {
    for a in a {
        if *a > bound {
            *a = bound;
        }
        if *a < -bound {
            *a = -bound;
        }
        keep_rolled();
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Clamped;
    use crate::wire::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The conditioner's tag, which tells it from what it wraps: a network starts with the number
    /// of its first layer's outputs, which is not 0.
    mod tag {
        pub(super) struct Clamped;
        crate::wire::tagged!(Clamped, 0);
    }

    /// How the conditioner travels.
    #[derive(Serialize, Deserialize)]
    #[serde(
        rename = "Clamped",
        bound(
            serialize = "C: Serialize, T: Number",
            deserialize = "C: Deserialize<'de>, T: Number"
        )
    )]
    struct Tagged<C, T> {
        kind: tag::Clamped,
        #[serde(deserialize_with = "crate::wire::positive")]
        bound: T,
        conditioner: C,
    }

    impl<C: Serialize, T: Number> Serialize for Clamped<C, T> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            Tagged { kind: tag::Clamped, bound: self.bound, conditioner: &self.conditioner }
                .serialize(to)
        }
    }

    impl<'de, C: Deserialize<'de>, T: Number> Deserialize<'de> for Clamped<C, T> {
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Tagged { bound, conditioner, .. } = Tagged::deserialize(from)?;
            Ok(Clamped { conditioner, bound })
        }
    }
}

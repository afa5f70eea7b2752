use crate::{Base, Real, kernel::codegen::keep_rolled};
use nalgebra::{ArrayStorage, SVector};
use rand_core::Rng;

/// Student's t distribution with degrees of freedom nu for each feature, whose tails fall like
/// |z|^-(nu + 1): log_prob(z) = sum(c(nu)) - sum((nu + 1)/2 ln(1 + z^2 / nu)), where c(nu) =
/// lnGamma((nu + 1)/2) - lnGamma(nu/2) - ln(nu pi)/2.
///
/// `normalizer` is the first sum, so that no device computes lnGamma. The second runs in index
/// order from zero, each feature rounded as [`student_t`] says, and is subtracted from the first.
///
/// ```
/// use couplet::{Base, StudentT};
///
/// // in a `static`: the values stay in flash; nu = 1 and nu = 3, so -ln(pi) + ln(2 / (pi sqrt(3)))
/// static BASE: StudentT<f32, 2> = StudentT::new([1.0, 3.0], -2.145_619);
/// assert_eq!(BASE.log_prob(&[0.0, 0.0]), -2.145_619);
/// // a standard normal base says -50 here
/// assert!(BASE.log_prob(&[10.0, 0.0]) > -7.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentT<T, const D: usize> {
    /// nu \[D\], the degrees of freedom of each feature, at least 1: below, samples may overflow.
    pub freedom: SVector<T, D>,
    /// The logarithm of what normalizes the density, sum(c(nu)), in nats.
    pub normalizer: T,
}

impl<T, const D: usize> StudentT<T, D> {
    /// From the degrees of freedom, which must be at least 1, and the normalizer in nats.
    pub const fn new(freedom: [T; D], normalizer: T) -> Self {
        StudentT { freedom: SVector::from_array_storage(ArrayStorage([freedom])), normalizer }
    }
}

impl<T: Real, const D: usize> Base<T> for StudentT<T, D> {
    fn log_prob(&self, z: &[T]) -> T {
        let sum = z.iter().zip(self.freedom.as_slice()).fold(T::ZERO, |sum, (&z, &freedom)| {
            keep_rolled();
            sum + student_t(z, freedom)
        });
        self.normalizer - sum
    }

    /// Draws one feature from two random words, see [`student_t_sample`].
    #[inline(never)] // own frame
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R, z: &mut [T]) {
        for (z, &freedom) in z.iter_mut().zip(self.freedom.as_slice()) {
            *z = student_t_sample(rng, freedom);
            keep_rolled();
        }
    }
}

/// What one feature z takes off the log-density of Student's t with nu degrees of freedom: (nu +
/// 1)/2 ln(1 + z^2 / nu), in nats.
///
/// With q = z^2 / nu and u = 1 + q, rounded, it is (nu + 1)/2 (ln(u) + (q - (u - 1)) / u): the
/// correction is what the rounding of u took, so small q keep their digits. Where q is infinite, so
/// is the result.
#[inline]
pub fn student_t<T: Real>(z: T, freedom: T) -> T {
    let q = z * z / freedom;
    let u = T::ONE + q;
    let lost = q - (u - T::ONE);
    // NaN where q is infinite.
    let correction = if lost.is_nan() { T::ZERO } else { lost / u };
    (freedom + T::ONE) * T::HALF * (u.ln() + correction)
}

/// A sample of Student's t with nu degrees of freedom from two random words, a radius and a
/// direction: sqrt(nu (u^(-2 / nu) - 1)) cos(2 pi v).
///
/// The sine of the same direction would not be independent: unlike Box and Muller's normal pair,
/// two features of one radius know of each other.
///
/// Polar Generation of Random Variates with the t-Distribution (Bailey, 1994),
/// <https://doi.org/10.2307/2153537>.
#[inline]
pub fn student_t_sample<T: Real, R: Rng + ?Sized>(rng: &mut R, freedom: T) -> T {
    let (u, _) = T::draw(rng);
    let (cos, _) = T::direction(rng);
    let ln = u.ln();
    let exponent = -(ln + ln) / freedom;
    let power = exponent.exp();
    // power - 1, with the digits that the rounding of the power took where nu is large.
    let growth = if power == T::ONE { exponent } else { (power - T::ONE) * exponent / power.ln() };
    (freedom * growth).sqrt() * cos
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::StudentT;
    use crate::wire::Number;
    use nalgebra::SVector;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The base's tag, which tells it from others on the wire.
    mod tag {
        pub(super) struct StudentT;
        crate::wire::tagged!(StudentT, 2);
    }

    /// How the base travels.
    #[derive(Serialize, Deserialize)]
    #[serde(rename = "StudentT", bound = "T: Number")]
    struct Tagged<T, const D: usize> {
        kind: tag::StudentT,
        #[serde(
            serialize_with = "crate::wire::serialize",
            deserialize_with = "crate::wire::deserialize_at_least_one"
        )]
        freedom: SVector<T, D>,
        #[serde(deserialize_with = "crate::wire::finite")]
        normalizer: T,
    }

    impl<T: Number, const D: usize> Serialize for StudentT<T, D> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let StudentT { freedom, normalizer } = *self;
            Tagged { kind: tag::StudentT, freedom, normalizer }.serialize(to)
        }
    }

    impl<'de, T: Number, const D: usize> Deserialize<'de> for StudentT<T, D> {
        fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
            let Tagged { freedom, normalizer, .. } = Tagged::deserialize(from)?;
            Ok(StudentT { freedom, normalizer })
        }
    }
}

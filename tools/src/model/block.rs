use aligned_vec::{AVec, avec};
use couplet::Real;

/// N points feature by feature: one array for each feature, one lane for each point.
///
/// It starts on a cache line. Vectors that straddle two lines make training a twentieth slower.
pub type Block<T, const N: usize> = AVec<[T; N]>;

/// A block of this many features, all zero.
pub fn block<T: Real, const N: usize>(features: usize) -> Block<T, N> {
    avec![[T::ZERO; N]; features]
}

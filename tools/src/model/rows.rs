use super::Number;
use aligned_vec::{AVec, avec};

/// Features of a block of points, one array for each, from the start of a cache line on: vectors
/// that reach from one line into the next take longer, all of training by a twentieth.
pub type Rows<T, const N: usize> = AVec<[T; N]>;

/// So many, all zero.
pub fn rows<T: Number, const N: usize>(count: usize) -> Rows<T, N> {
    avec![[T::ZERO; N]; count]
}

use pulp::{Arch, WithSimd};

/// The longest vector of any processor, in f32 numbers.
pub const LONGEST: usize = 16;

/// Half of it. A block of N points must be a multiple of this to use vectors.
pub const HALF: usize = LONGEST / 2;

/// Runs an operation with the processor's widest vectors.
///
/// Returns false, and does nothing, where the processor has no vectors with fused multiply-add, or
/// where N is not a multiple of [`HALF`].
pub fn dispatch<const N: usize>(operation: impl WithSimd<Output = ()>) -> bool {
    let arch = Arch::new();
    let possible = !matches!(arch, Arch::Scalar) && N.is_multiple_of(HALF);
    if possible {
        arch.dispatch(operation);
    }
    possible
}

/// Compiles loops for the processor's widest vectors; the bits stay the same.
///
/// The closure must be `#[inline(always)]`, or the compiler may leave it outside.
pub fn vectorized(loops: impl FnOnce()) {
    Arch::new().dispatch(loops);
}

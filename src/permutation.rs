use crate::{
    Bijection, Real,
    kernel::codegen::{keep_rolled, rolled},
};
use nalgebra::SVector;

/// Reorders the features, z\[i\] = x\[p\[i\]\], log_det = 0, so that later couplings split them
/// differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Permutation<const D: usize> {
    pub(crate) index: [u16; D],
}

impl<const D: usize> Permutation<D> {
    /// From p, or `None` where `index` does not hold each of 0, 1, ..., D - 1 once.
    ///
    /// ```
    /// use couplet::Permutation;
    ///
    /// // in a `static`: checked at compile time, kept in flash
    /// static PERMUTATION: Permutation<3> = Permutation::new([2, 0, 1]).unwrap();
    /// assert!(Permutation::new([2, 0, 2]).is_none());
    /// ```
    pub const fn new(index: [u16; D]) -> Option<Self> {
        let mut feature = 0;
        while feature < D {
            let mut seen = 0;
            let mut i = 0;
            while i < D {
                if index[i] as usize == feature {
                    seen += 1;
                }
                i += 1;
            }
            if seen != 1 {
                return None;
            }
            feature += 1;
        }
        Some(Permutation { index })
    }

    /// p \[D\]: the index of the input feature that each output feature is.
    pub const fn index(&self) -> &[u16; D] {
        &self.index
    }
}

impl<T: Real, X, const D: usize> Bijection<T, D, X> for Permutation<D> {
    #[inline(never)] // one copy
    fn forward_mut(&self, x: &mut SVector<T, D>, _: &X, _: &mut T) {
        let from = *x;
        for (to, &p) in rolled(x.as_mut_slice()).iter_mut().zip(&self.index) {
            // `get`, which cannot panic: the compiler does not know that the constructor checked p.
            *to = from.get(usize::from(p)).copied().unwrap_or(T::NAN);
            keep_rolled();
        }
    }

    #[inline(never)] // one copy
    fn inverse_mut(&self, z: &mut SVector<T, D>, _: &X, _: &mut T) {
        let mut from = *z;
        for (&mut from, &p) in rolled(from.as_mut_slice()).iter_mut().zip(&self.index) {
            if let Some(to) = z.get_mut(usize::from(p)) {
                *to = from;
            }
            keep_rolled();
        }
    }
}

#[cfg(feature = "serde")]
mod serde_impl {
    use super::Permutation;
    use nalgebra::SVector;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    impl<const D: usize> Serialize for Permutation<D> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            crate::wire::serialize_shaped(&SVector::<u16, D>::from(self.index), serializer)
        }
    }

    impl<'de, const D: usize> Deserialize<'de> for Permutation<D> {
        fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
            let index: SVector<u16, D> = crate::wire::deserialize_shaped(deserializer)?;
            Permutation::new(index.into())
                .ok_or_else(|| De::Error::custom("a permutation that repeats or lacks a feature"))
        }
    }
}

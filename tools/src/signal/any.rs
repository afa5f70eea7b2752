use couplet::{Band, Window};
use std::{array, fmt::Debug};

/// The most bands of a window: bits need the crate's own type, so there is one for each number.
pub const MOST_BANDS: usize = 16;

/// A [`Window`] whose number of bands is known at run time.
pub trait AnyWindow: Debug {
    /// Takes a sample.
    fn push(&mut self, x: f32);

    /// Appends the features of the samples since the last call; false where there are none, since
    /// filters settle.
    fn features(&mut self, to: &mut Vec<f32>) -> bool;
}

/// A window of B bands and F = B + 3 features.
#[derive(Debug)]
struct Of<const B: usize, const F: usize>(Window<f32, B>);

impl<const B: usize, const F: usize> AnyWindow for Of<B, F> {
    fn push(&mut self, x: f32) {
        self.0.push(x);
    }

    fn features(&mut self, to: &mut Vec<f32>) -> bool {
        let features = self.0.features::<F>();
        to.extend(features.iter().flatten());
        features.is_some()
    }
}

/// A window of these bands; `None` if there are more than [`MOST_BANDS`].
pub fn window(offset: f32, bands: &[Band<f32>]) -> Option<Box<dyn AnyWindow>> {
    macro_rules! one_of {
        ($($b:literal)*) => {
            match bands.len() {
                $($b => Some(Box::new(Of::<$b, { $b + 3 }>(Window::new(
                    offset,
                    array::from_fn(|i| bands[i]),
                )))),)*
                _ => None,
            }
        };
    }
    one_of!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

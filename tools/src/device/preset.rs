//! Chooses a shape: the widest conditioners whose model fits a size of flash.

use crate::{
    device::cost::Cost,
    model::{Description, Shape},
};
use anyhow::{Result, bail};

/// How many bytes of flash an exported model may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset(pub usize);

/// The numbers of couplets to try, in this order. At the same size, many narrow couplets reach
/// better held-out nats than few wide ones; see tools/benches/ABLATION.md.
const COUPLETS: [usize; 5] = [8, 6, 4, 2, 1];

/// The narrowest conditioner of a flow with several couplets. Fewer couplets are better than
/// narrower ones, which learn little.
const NARROWEST: usize = 8;

/// The widest conditioner: wider ones hardly learn more.
const WIDEST: usize = 128;

impl Preset {
    /// 8 KiB.
    pub const TINY: Self = Preset(8 << 10);

    /// 32 KiB.
    pub const SMALL: Self = Preset(32 << 10);

    /// 128 KiB.
    pub const LARGE: Self = Preset(128 << 10);

    /// The number of hidden layers: one, for a large model two.
    fn layers(self) -> usize {
        if self.0 >= Self::LARGE.0 { 2 } else { 1 }
    }

    /// The shape with the most couplets that fits with conditioners of at least eight, and of
    /// those the widest. `described` makes a shape of a number of couplets and of hidden widths.
    ///
    /// `shape` says all but the couplets and the hidden widths.
    ///
    /// # Errors
    ///
    /// Not even the narrowest fits, or no shape of these features is valid.
    pub fn fit(self, features: &[String], shape: &Shape) -> Result<Description> {
        let described = |couplets: usize, hidden: Vec<usize>| {
            let shape = Shape { couplets, hidden: Some(hidden), ..shape.clone() };
            Description::new(features.to_vec(), shape)
        };
        let narrowest = |couplets: usize| if couplets == 1 { 1 } else { NARROWEST };
        for couplets in COUPLETS {
            for width in (narrowest(couplets)..=WIDEST).rev() {
                let description = described(couplets, vec![width; self.layers()])?;
                if Cost::of_shape(&description).flash <= self.0 {
                    return Ok(description);
                }
            }
        }
        let least = Cost::of_shape(&described(1, vec![1])?).flash;
        bail!(
            "the smallest flow of these features takes {least} bytes, more than the {} of this preset",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(preset: Preset, d: usize) -> Result<Description> {
        let features: Vec<String> = (0..d).map(|i| format!("x{i}")).collect();
        preset.fit(&features, &Shape::default())
    }

    #[test]
    fn every_preset_uses_its_budget_and_keeps_it() -> Result<()> {
        for preset in [Preset::TINY, Preset::SMALL, Preset::LARGE, Preset(16 << 10)] {
            for d in [2, 3, 8, 21, 43] {
                let description = shape(preset, d)?;
                let flash = Cost::of_shape(&description).flash;
                assert!(flash <= preset.0, "{preset:?} of {d}: {flash}");
                let widest = description.hidden.iter().all(|&width| width == WIDEST);
                assert!(
                    widest || flash >= preset.0 / 2,
                    "{preset:?} of {d}: {flash}, {description:?}"
                );
            }
        }
        Ok(())
    }

    #[test]
    fn what_cannot_fit_is_said() {
        let error = shape(Preset::TINY, 500).unwrap_err().to_string();
        assert!(
            error.starts_with("the smallest flow of these features takes ")
                && error.contains("8192"),
            "{error}"
        );
    }
}

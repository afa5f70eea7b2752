use super::{
    Windows,
    any::{AnyWindow, window},
};
use anyhow::{Context, Result};

/// What a window of all channels leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<'a> {
    /// The features, channel by channel. Those of a channel that has a missing sample are NaN.
    Features(&'a [f32]),
    /// None, since the filters of a channel settle: the device has none either.
    Settling,
}

/// Computes features, window by window, as a device does.
#[derive(Debug)]
pub struct Extractor<'a> {
    windows: &'a Windows,
    /// One for each channel.
    running: Vec<Box<dyn AnyWindow>>,
    /// The samples of each channel since the last features.
    samples: usize,
    features: Vec<f32>,
}

impl<'a> Extractor<'a> {
    /// That has seen nothing.
    ///
    /// # Errors
    ///
    /// There are more bands than [`Windows::MOST_BANDS`].
    pub fn new(windows: &'a Windows) -> Result<Self> {
        Ok(Extractor { windows, running: start(windows)?, samples: 0, features: Vec::new() })
    }

    /// Takes the next sample of each channel of a running signal. Returns a row at the end of each
    /// window.
    pub fn push(&mut self, samples: &[f32]) -> Option<Row<'_>> {
        self.running.iter_mut().zip(samples).for_each(|(window, &x)| window.push(x));
        self.samples += 1;
        if self.samples < self.windows.samples {
            return None;
        }
        self.samples = 0;
        self.features.clear();
        let mut settled = true;
        for window in &mut self.running {
            settled &= window.features(&mut self.features);
        }
        Some(if settled { Row::Features(&self.features) } else { Row::Settling })
    }

    /// Takes a window of one channel that does not go on from the one before. Its filters begin
    /// anew and settle in the first samples, and the features are of the others.
    ///
    /// # Errors
    ///
    /// As [`Extractor::new`].
    pub fn alone(&mut self, samples: &[f32]) -> Result<Row<'_>> {
        let (first, others) = samples.split_at(self.windows.settling.min(samples.len()));
        self.features.clear();
        for window in &mut start(self.windows)? {
            first.iter().for_each(|&x| window.push(x));
            window.features(&mut Vec::new());
            others.iter().for_each(|&x| window.push(x));
            // After a missing sample among the first ones they have not settled.
            if !window.features(&mut self.features) {
                let missing = self.windows.features_each();
                self.features.extend(std::iter::repeat_n(f32::NAN, missing));
            }
        }
        Ok(Row::Features(&self.features))
    }
}

/// A window for each channel, before the first sample.
fn start(windows: &Windows) -> Result<Vec<Box<dyn AnyWindow>>> {
    let bands = windows.bands();
    let of = |channel: &super::Channel| {
        window(channel.offset, &bands)
            .with_context(|| format!("{} bands; there can be {}", bands.len(), Windows::MOST_BANDS))
    };
    windows.channels.iter().map(of).collect()
}

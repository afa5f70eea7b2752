//! Six faults of a simulated machine: what the features of its vibration are worth, beside those of
//! Edge Impulse. A simulation, not a measurement.

mod edge_impulse;
mod machine;
mod running;

pub use machine::{FAULTS, Fault, SAMPLES};
pub use running::Running;

use super::{Fold, Metric};
use crate::signal::{Channel, Extractor, Row, Windows};
use anyhow::Result;
use machine::Machine;

/// Normal windows to train on, normal windows to test on, and windows of each fault.
const COUNTS: [usize; 3] = [3000, 1500, 800];

/// What a window is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// The octave bands of a [`couplet::Window`], without the three statistics.
    Bands,
    /// All features of a [`couplet::Window`].
    Window,
    /// Edge Impulse's spectral analysis.
    EdgeImpulse,
}

impl Features {
    /// All of them.
    pub const ALL: [Self; 3] = [Features::Bands, Features::Window, Features::EdgeImpulse];

    /// In the table.
    pub fn name(self) -> &'static str {
        match self {
            Features::Bands => "6 octave bands",
            Features::Window => "6 octave bands, deviation, kurtosis, crest",
            Features::EdgeImpulse => "Edge Impulse: spectral, FFT 16, overlap, log",
        }
    }
}

/// Raw windows.
#[derive(Clone, Debug)]
pub struct Vibration {
    training: Vec<Vec<f32>>,
    /// Each with its kind: 0 is normal, 1 the first fault.
    test: Vec<(usize, Vec<f32>)>,
}

impl Vibration {
    /// Draws a machine's windows; another seed draws others.
    pub fn draw(seed: u64) -> Self {
        let mut machine = Machine::new(seed);
        let [training, normal, faulty] = COUNTS;
        let training = (0..training).map(|_| machine.window(None)).collect();
        let mut test: Vec<_> = (0..normal).map(|_| (0, machine.window(None))).collect();
        for (kind, &fault) in (1..).zip(&FAULTS) {
            test.extend((0..faulty).map(|_| (kind, machine.window(Some(fault)))));
        }
        Vibration { training, test }
    }

    /// The rows that windows become. `windows` has no channel yet.
    ///
    /// # Errors
    ///
    /// As [`Extractor::new`].
    pub fn fold(&self, features: Features, windows: &Windows) -> Result<Fold> {
        let count: f64 = self.training.iter().map(|window| window.len() as f64).sum();
        let sum: f64 = self.training.iter().flatten().map(|&x| f64::from(x)).sum();
        let channels = vec![Channel { name: "signal".into(), offset: (sum / count) as f32 }];
        let windows = Windows { channels, ..windows.clone() };
        let mut extractor = Extractor::new(&windows)?;
        let mut row = |samples: &[f32]| -> Result<Vec<f32>> {
            if features == Features::EdgeImpulse {
                return Ok(edge_impulse::features(samples));
            }
            let Row::Features(row) = extractor.alone(samples)? else { return Ok(Vec::new()) };
            let bands = windows.octaves.len() + windows.bins.len();
            Ok(if features == Features::Bands { row[..bands].to_vec() } else { row.to_vec() })
        };
        let mut fold = Fold::default();
        for window in &self.training {
            fold.training.extend(row(window)?);
        }
        for (kind, window) in &self.test {
            fold.test.extend(row(window)?);
            fold.kinds.push(*kind);
        }
        let d = fold.training.len() / self.training.len();
        fold.features = (0..d).map(|i| format!("f{i}")).collect();
        Ok(fold)
    }
}

/// The areas of each fault, and at the end their mean; each between 0 and 1.
///
/// # Errors
///
/// None that is known of: there are normal windows and faulty ones.
pub fn areas<T: Copy + Into<f64>>(log_probs: &[T], fold: &Fold) -> Result<Vec<f64>> {
    let mut areas = Metric::areas(log_probs, fold)?;
    areas.push(areas.iter().sum::<f64>() / areas.len() as f64);
    Ok(areas)
}

/// The head of the table.
pub fn head() -> String {
    let faults: String = FAULTS.iter().map(|fault| format!(" {} |", fault.name())).collect();
    let lines = "---: | ".repeat(FAULTS.len());
    format!(
        "| features | D | model | bytes | mean of 6 |{faults}\n\
         | --- | ---: | --- | ---: | ---: | {}",
        lines.trim_end()
    )
}

/// A line of the table: means over seeds of the areas of each fault, and of their mean.
pub fn line(features: Features, d: usize, model: &str, bytes: usize, seeds: &[Vec<f64>]) -> String {
    let mean = |i: usize| seeds.iter().map(|areas| areas[i]).sum::<f64>() / seeds.len() as f64;
    let faults: String = (0..FAULTS.len()).map(|i| format!(" {:.3} |", mean(i))).collect();
    let all = mean(FAULTS.len());
    format!("| {} | {d} | {model} | {bytes} | {all:.3} |{faults}", features.name())
}

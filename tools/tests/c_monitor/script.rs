//! What the driver is asked, as words, and what the crate answers.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;
use std::fmt::Debug;

/// The commands of `driver/main.c`.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    Calibrate = 1,
    Calibration,
    Check,
    Score,
    ThresholdRank,
    Ranks,
    Rules,
    Detector,
    Push,
    Missing,
    Restart,
    Attribution,
    Window,
    Sample,
    Features,
    Recalibration,
    Reading,
    Recalibrate,
    Adjusting,
    Adjust,
    Adjustment,
    Elementary,
    Unfamiliar,
}

/// Commands with their arguments, and the answers.
#[derive(Debug, Default)]
pub struct Script {
    pub words: Vec<u32>,
    pub answers: Vec<u32>,
    /// The words and the answers before each command.
    places: Vec<[usize; 2]>,
}

impl Script {
    pub fn ask(&mut self, command: Command) -> &mut Self {
        self.places.push([self.words.len(), self.answers.len()]);
        self.word(command as u32)
    }

    pub fn word(&mut self, word: u32) -> &mut Self {
        self.words.push(word);
        self
    }

    pub fn model(&mut self, model: u64) -> &mut Self {
        self.word(model as u32).word((model >> 32) as u32)
    }

    pub fn float(&mut self, value: f32) -> &mut Self {
        self.word(value.to_bits())
    }

    pub fn floats(&mut self, values: &[f32]) -> &mut Self {
        values.iter().for_each(|&value| _ = self.float(value));
        self
    }

    pub fn answer(&mut self, word: impl Into<u32>) {
        self.answers.push(word.into());
    }

    /// All NaN are equal.
    pub fn answer_float(&mut self, value: f32) {
        self.answer(if value.is_nan() { f32::NAN } else { value }.to_bits());
    }

    pub fn answer_floats(&mut self, values: &[f32]) {
        values.iter().for_each(|&value| self.answer_float(value));
    }

    /// The words from the command on that asked for an answer.
    pub fn asked(&self, answer: usize) -> &[u32] {
        let next = self.places.partition_point(|&[_, before]| before <= answer);
        let start = |command: usize| self.places.get(command).map(|&[words, _]| words);
        let begin = next.checked_sub(1).and_then(start).unwrap_or(0);
        &self.words[begin..start(next).unwrap_or(self.words.len())]
    }
}

pub fn rng(seed: u64) -> Xoshiro128PlusPlus {
    Xoshiro128PlusPlus::seed_from_u64(seed)
}

/// Uniform in (0, 1).
pub fn uniform(rng: &mut impl Rng) -> f32 {
    ((f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0) as f32
}

/// Nearly standard normal.
pub fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| uniform(rng)).sum::<f32>() - 6.0
}

pub fn below(rng: &mut impl Rng, count: u32) -> u32 {
    rng.next_u32() % count
}

pub fn one_of<T: Copy>(rng: &mut impl Rng, values: &[T]) -> T {
    values[rng.next_u32() as usize % values.len()]
}

/// What no sensor should send.
pub const STRANGE: [f32; 10] = [
    f32::NAN,
    -f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN,
    0.0,
    -0.0,
    f32::MIN_POSITIVE,
    -1e-45,
];

//! The words of the command line for values of the library, and the help for each.

use crate::{
    bench::vibration::Fault,
    cli::args::{Drawn, Raised, Written},
    convert::c::Layout,
    data::{Standardization, split::Kind, toy},
    device::{preset::Preset, target::Target},
    model::{Activation, Base, Covariance, Transform},
    report::picture::Subject,
    signal::Order,
    train::Schedule,
};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use couplet::Cause;

/// A type of the library whose values have words on the command line.
pub trait Words: Copy + Send + Sync + 'static {
    /// Each value with its word and its help.
    const WORDS: &'static [(Self, &'static str, &'static str)];
}

/// A parser of the words of a type, for `value_parser`.
pub fn words<T: Words>() -> impl TypedValueParser<Value = T> {
    let possible = T::WORDS.iter().map(|&(_, word, help)| PossibleValue::new(word).help(help));
    PossibleValuesParser::new(possible).try_map(|given| {
        let known = T::WORDS.iter().find(|(_, word, _)| *word == given);
        known.map(|&(value, ..)| value).ok_or("not a word of the list")
    })
}

/// A parser of the words of all cores.
pub fn cores() -> impl TypedValueParser<Value = Target> {
    let possible = Target::ALL
        .map(|core| PossibleValue::new(core.word).aliases(core.aliases).help(core.summary));
    PossibleValuesParser::new(possible).try_map(|word| word.parse::<Target>())
}

/// The word of a value; empty if it has none.
pub fn word<T: Words + PartialEq>(value: T) -> &'static str {
    T::WORDS.iter().find(|(other, ..)| *other == value).map_or("", |&(_, word, _)| word)
}

impl Words for Raised {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Raised::Single, "single", "Single readings below the threshold"),
        (Raised::Sustained, "sustained", "The sum of surprises above its limit (CUSUM)"),
        (Raised::Both, "both", "Either; with episodes the sum alone"),
    ];
}

impl Words for Written {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Written::Rust, "rust", "Rust, for the crate couplet"),
        (Written::C, "c", "C99 or C++11, in one file that needs nothing else"),
    ];
}

impl Words for Layout {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Layout::Arduino, "arduino", "A library of Arduino, with a sketch"),
        (Layout::PlatformIo, "platformio", "A library of PlatformIO"),
        (Layout::Zephyr, "zephyr", "A module of Zephyr"),
        (Layout::CMake, "cmake", "A library of CMake"),
    ];
}

impl Words for Cause {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Cause::Invalid, "invalid", "A reading that is not finite or impossible"),
        (Cause::Single, "single", "A reading below the threshold"),
        (Cause::Repeated, "repeated", "Several readings below the threshold"),
        (Cause::Sustained, "sustained", "The sum of surprises above its limit"),
    ];
}

impl Words for Transform {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Transform::NICE, "nice", "Additive couplings, which preserve volume"),
        (Transform::REAL_NVP, "realnvp", "Affine couplings, which also scale"),
        (
            Transform::SPLINE,
            "spline",
            "Couplings by splines, which also bend: for two to five features",
        ),
    ];
}

impl Words for Activation {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Activation::Relu, "relu", "max(u, 0)"),
        (Activation::Tanh, "tanh", "tanh(u)"),
        (Activation::Silu, "silu", "u / (1 + exp(-u))"),
    ];
}

impl Words for Base {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Base::Normal, "normal", "Standard normal"),
        (Base::Logistic, "logistic", "Standard logistic, with heavier tails"),
        (Base::Student, "student", "Student's t, with tails as heavy as the rows ask"),
        (Base::Mixture, "mixture", "A mixture of Gaussians: clusters"),
    ];
}

impl Words for Covariance {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Covariance::Diagonal, "diagonal", "A deviation for each feature"),
        (Covariance::Full, "full", "Correlations too, in D (D - 1) / 2 more numbers"),
    ];
}

impl Words for Schedule {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Schedule::Cosine, "cosine", "Half a cosine down to zero"),
        (Schedule::Constant, "constant", "The largest learning rate"),
    ];
}

impl Words for Standardization {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Standardization::Mean, "mean", "Mean and standard deviation"),
        (
            Standardization::Robust,
            "robust",
            "Median and interquartile range / 1.349, which a heavy tail or a few outliers do not \
             move",
        ),
    ];
}

impl Words for Kind {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Kind::Random, "random", "Row by row, for independent rows"),
        (
            Kind::Blocks,
            "blocks",
            "Blocks of rows with gaps around them, for rows that depend on the rows before them",
        ),
    ];
}

impl Words for Order {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Order::Samples, "samples", "A sample of each column"),
        (Order::Windows, "windows", "A window by itself: no row goes on from another"),
        (Order::Running, "running", "Samples of one column, which go on from the row before"),
    ];
}

impl Words for Subject {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Subject::Training, "training", "Looks at the held-out rows during training"),
        (Subject::Pairs, "pairs", "Data against samples, of two features"),
        (Subject::Plane, "plane", "The log_prob over the plane, with the alarm contour"),
        (Subject::LogProbs, "log-probs", "A histogram of log_probs with the threshold"),
        (Subject::PValues, "p-values", "The p-values of normal rows against uniform ones"),
        (Subject::Roc, "roc", "Detection against false alarms"),
        (Subject::Delay, "delay", "How soon anomalies are found"),
        (Subject::Timeline, "timeline", "The log_probs row by row, with alarms"),
        (Subject::Features, "features", "What each feature tells about the others"),
    ];
}

impl Words for Drawn {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Drawn::Points(toy::Set::Moons), "moons", "Two interleaved half circles of radius 1"),
        (
            Drawn::Points(toy::Set::Circles),
            "circles",
            "Two rings around the origin, of radius 1 and 0.3",
        ),
        (
            Drawn::Points(toy::Set::Spirals),
            "spirals",
            "Five arms that turn by a quarter while they run from radius 0.1 to 1.1, and narrow \
             on their way",
        ),
        (
            Drawn::Operation,
            "operation",
            "Four readings of a simulated machine that depend on its load and its temperature",
        ),
        (
            Drawn::Vibration,
            "vibration",
            "The raw signal of a simulated machine that turns, in thousandths of g, 3200 samples a \
             second",
        ),
    ];
}

impl Words for Fault {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Fault::Imbalance, "imbalance", "More of the wave once a turn"),
        (Fault::Looseness, "looseness", "Waves three to six times a turn"),
        (Fault::Bearing, "bearing", "Blows 3.57 times a turn, each a ring at 1150 Hz"),
        (Fault::Gear, "gear", "More of the 17 teeth, once a turn"),
        (Fault::Noise, "noise", "Louder noise"),
        (Fault::Resonance, "resonance", "A tone at 800 Hz"),
    ];
}

/// Parses a size of flash: `tiny`, `small`, `large`, or a number of KiB as in `16K`.
///
/// # Errors
///
/// It is none of these.
pub fn preset(text: &str) -> Result<Preset, String> {
    let known = [("tiny", Preset::TINY), ("small", Preset::SMALL), ("large", Preset::LARGE)];
    if let Some(&(_, preset)) = known.iter().find(|&&(word, _)| word == text) {
        return Ok(preset);
    }
    let kib = text.strip_suffix(['K', 'k']).and_then(|number| number.parse::<usize>().ok());
    match kib {
        Some(kib @ 1..=65_536) => Ok(Preset(kib << 10)),
        _ => Err("expected tiny, small, large, or KiB as in 16K".into()),
    }
}

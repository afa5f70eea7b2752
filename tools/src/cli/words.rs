//! The words of the command line for values of the library, and the help for each.

use crate::{
    data::{Standardization, toy},
    device::{preset::Preset, target::Target},
};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

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

impl Words for toy::Set {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (toy::Set::Moons, "moons", "Two interleaved half circles of radius 1"),
        (toy::Set::Circles, "circles", "Two rings around the origin, of radius 1 and 0.3"),
        (
            toy::Set::Spirals,
            "spirals",
            "Five arms that turn by a quarter while they run from radius 0.1 to 1.1, and narrow \
             on their way",
        ),
    ];
}

impl Words for Preset {
    const WORDS: &'static [(Self, &'static str, &'static str)] = &[
        (Preset::Tiny, "tiny", "8 KiB"),
        (Preset::Small, "small", "32 KiB"),
        (Preset::Large, "large", "128 KiB"),
    ];
}

/// A parser of the names of cores, for `value_parser`.
pub fn cores() -> impl TypedValueParser<Value = Target> {
    let possible = Target::ALL
        .map(|core| PossibleValue::new(core.word).aliases(core.aliases).help(core.summary));
    PossibleValuesParser::new(possible).try_map(|word| word.parse::<Target>())
}

//! What is counted from a shape.

use std::collections::BTreeMap;

/// How often a shape has what costs something: counts by name.
#[derive(Clone, Default)]
pub struct Terms(BTreeMap<&'static str, f64>);

impl Terms {
    /// Adds `count` to a term.
    pub fn add(&mut self, name: &'static str, count: usize) {
        *self.0.entry(name).or_default() += count as f64;
    }

    /// Counts all terms of the other too.
    pub fn add_all(&mut self, other: &Terms) {
        for (name, count) in &other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    /// How often there is a term, zero where nothing was said of it.
    pub fn count(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// The names of all terms, also of those that were counted zero times.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

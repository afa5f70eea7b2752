//! Which rows a model saw, in a few kilobytes: so that a calibration on the same rows is refused.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Hashes that are kept.
const KEPT: usize = 1024;

/// The smallest hashes of a set of rows. Of other rows with such small hashes it tells which are in
/// the set (a bottom-k sketch).
///
/// Cohen and Kaplan (2007), <https://doi.org/10.1145/1281100.1281133>.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    /// All, or the smallest.
    hashes: Hashes,
    /// The part of the rows that equal another row of the set: that many of new rows may do so too.
    repeats: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Hashes(BTreeSet<u32>);

/// How many rows of a table a model saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Rows that the sketch can tell of.
    pub told: usize,
    /// Those of them that the model saw.
    pub seen: usize,
}

impl Sketch {
    /// Of rows of `d` features each.
    pub fn of(rows: &[f32], d: usize) -> Self {
        let mut all: Vec<u32> = rows.chunks_exact(d).map(hash).collect();
        all.sort_unstable();
        let equal = all.chunk_by(|a, b| a == b).map(<[u32]>::len);
        let repeating: usize = equal.filter(|&count| count > 1).sum();
        let repeats = repeating as f64 / all.len().max(1) as f64;
        all.dedup();
        Sketch { hashes: Hashes(all.into_iter().take(KEPT).collect()), repeats }
    }

    /// The part of the rows that equal another row of the set.
    pub fn repeats(&self) -> f64 {
        self.repeats
    }

    /// Of the rows of both.
    pub fn with(&self, other: &Sketch) -> Self {
        let Hashes(own) = &self.hashes;
        let all: BTreeSet<u32> = own.union(&other.hashes.0).copied().collect();
        Sketch {
            hashes: Hashes(all.into_iter().take(KEPT).collect()),
            repeats: self.repeats.max(other.repeats),
        }
    }

    /// How many of other rows are in the set.
    pub fn seen(&self, rows: &[f32], d: usize) -> Seen {
        let Hashes(hashes) = &self.hashes;
        let whole = hashes.len() < KEPT;
        let last = hashes.last().copied().unwrap_or(0);
        let mut found = Seen { told: 0, seen: 0 };
        for hash in rows.chunks_exact(d).map(hash).filter(|&hash| whole || hash <= last) {
            found.told += 1;
            found.seen += usize::from(hashes.contains(&hash));
        }
        found
    }
}

/// FNV-1a over the bits of a row, mixed; both zeros count as equal.
fn hash(row: &[f32]) -> u32 {
    let bytes = row.iter().flat_map(|x| (x + 0.0).to_bits().to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

impl From<Hashes> for String {
    fn from(Hashes(hashes): Hashes) -> Self {
        hashes.iter().map(|hash| format!("{hash:08x}")).collect()
    }
}

impl TryFrom<String> for Hashes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "a sketch of rows that is none".to_string();
        if !text.is_ascii() || !text.len().is_multiple_of(8) {
            return Err(wrong());
        }
        let hash = |at: usize| u32::from_str_radix(&text[at..at + 8], 16).map_err(|_| wrong());
        let hashes = (0..text.len()).step_by(8).map(hash).collect::<Result<_, _>>()?;
        Ok(Hashes(hashes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(from: usize, count: usize) -> Vec<f32> {
        (from..from + count).flat_map(|i| [i as f32, (i * i % 977) as f32]).collect()
    }

    #[test]
    fn rows_that_were_seen_are_told_from_others() {
        for count in [50, 900, 50_000] {
            let sketch = Sketch::of(&rows(0, count), 2);
            let seen = sketch.seen(&rows(0, count), 2);
            assert!(seen.told == seen.seen && seen.told >= count.min(1000), "{seen:?}");
            let others = sketch.seen(&rows(1_000_000, count), 2);
            assert!(others.seen * 100 <= others.told, "{others:?}");
            let half = sketch.seen(&rows(count / 2, count), 2);
            assert!((half.seen as f64 / half.told as f64 - 0.5).abs() < 0.1, "{half:?}");
        }
    }

    #[test]
    fn a_sketch_survives_its_text() {
        let sketch = Sketch::of(&rows(0, 5000), 2);
        let text = serde_json::to_string(&sketch).unwrap();
        assert_eq!(serde_json::from_str::<Sketch>(&text).unwrap(), sketch);
        assert!(text.len() > 8 * KEPT && text.len() < 8 * KEPT + 50, "{text}");
        assert!(Hashes::try_from("0123456g".to_string()).is_err());
        assert!(Hashes::try_from("0123".to_string()).is_err());
    }

    #[test]
    fn a_sketch_knows_how_often_rows_repeat() {
        let rows = [[1.0, 2.0], [0.0, 5.0], [1.0, 2.0], [2.0, 1.0], [-0.0, 5.0_f32]];
        assert_eq!(Sketch::of(rows.as_flattened(), 2).repeats(), 0.8);
        assert_eq!(Sketch::of(&super::tests::rows(0, 100), 2).repeats(), 0.0);
    }
}

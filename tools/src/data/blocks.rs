//! Blocks of rows from all over a file, far enough from the rows that are trained on.

use rand::{Rng, RngExt};
use std::ops::Range;

/// Fewer blocks than this many give no standard error worth the name.
const FEWEST: usize = 5;

/// More blocks than this many cost gaps and tell little more.
const MOST: usize = 32;

/// At most one row of this many lies in a gap.
const GAPS: usize = 4;

/// Where rows are set apart, as ranges of places in the rows' order.
///
/// Each of as many equal segments as there are blocks has one block, anywhere in it. A block is as
/// long as the correlation time where rows are few, so that it is worth about one independent row;
/// else it is longer.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// In order.
    pub blocks: Vec<Block>,
    /// Rows between a block and the rows that are trained on, and between two blocks.
    pub gap: usize,
}

/// Rows that are set apart together.
#[derive(Clone, Debug)]
pub struct Block {
    /// Their places.
    pub places: Range<usize>,
    /// Whether they are test rows, which choose nothing.
    pub test: bool,
}

impl Blocks {
    /// Draws the blocks among `count` rows: these parts of the rows for validation and for test,
    /// with gaps of `time` rows or, where they would take more than a quarter of the rows, shorter
    /// ones. A block ends where a file does: `ends` are the places where the next file starts.
    pub fn draw(
        count: usize,
        ends: &[usize],
        time: usize,
        [validation, test]: [f64; 2],
        rng: &mut impl Rng,
    ) -> Self {
        let part = validation + test;
        let sides = usize::from(validation > 0.0) + usize::from(test > 0.0);
        let held = (count as f64 * part) as usize;
        // No more than have a correlation time each, and gaps that take no more than they may.
        let number =
            (held / time).min(count / (2 * GAPS * time)).clamp(FEWEST * sides, MOST * sides);
        let number = number.min(held).max(sides);
        let length = (held / number).max(1);
        let gap = time.min(count / (2 * GAPS * number)).max(1);
        let least = |part: f64| usize::from(part > 0.0);
        let test_blocks = (number as f64 * test / part + 0.5) as usize;
        let test_blocks = test_blocks.clamp(least(test), number - least(validation));
        let mut blocks = Vec::new();
        for i in 0..number {
            let segment = i * count / number..(i + 1) * count / number;
            let slack = segment.len().saturating_sub(length + gap);
            let start = segment.start + rng.random_range(0..=slack);
            // Every so often, so that both kinds come from all over the rows.
            let tests = |blocks: usize| (blocks * test_blocks + number / 2) / number;
            let test = tests(i + 1) > tests(i);
            let end = (start + length).min(count);
            let within = |next: &&usize| start < **next && **next < end;
            let mut from = start;
            for &to in ends.iter().filter(within).chain([&end]) {
                blocks.push(Block { places: from..to, test });
                from = to;
            }
        }
        Blocks { blocks, gap }
    }

    /// Whether each place of `count` is in a block or within the gap of one.
    pub fn near(&self, count: usize) -> Vec<bool> {
        let mut near = vec![false; count];
        for Block { places, .. } in &self.blocks {
            let end = (places.end + self.gap).min(count);
            near[places.start.saturating_sub(self.gap)..end].fill(true);
        }
        near
    }

    /// Whether a place is in a block.
    pub fn hold(&self, place: usize) -> bool {
        let before = self.blocks.partition_point(|block| block.places.start <= place);
        before > 0 && place < self.blocks[before - 1].places.end
    }
}

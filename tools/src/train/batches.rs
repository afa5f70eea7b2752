use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::{Deserialize, Serialize};

/// Batches of one size, epoch after epoch in new orders; a batch may reach into the next epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batches {
    order: Vec<usize>,
    next: usize,
    batch: Vec<usize>,
    rng: Xoshiro128PlusPlus,
}

impl Batches {
    /// Batches of `batch` of `rows` rows.
    pub fn new(rows: usize, batch: usize, rng: Xoshiro128PlusPlus) -> Self {
        Batches { order: (0..rows).collect(), next: rows, batch: vec![0; batch], rng }
    }

    /// The batch that `next` returned last.
    pub fn last(&self) -> &[usize] {
        &self.batch
    }

    /// The row indices of the next batch.
    pub fn next(&mut self) -> &[usize] {
        for row in &mut self.batch {
            if self.next == self.order.len() {
                self.order.shuffle(&mut self.rng);
                self.next = 0;
            }
            *row = self.order[self.next];
            self.next += 1;
        }
        &self.batch
    }
}

use super::{equal::Repeats, held::Held};
use std::collections::BTreeMap;

/// The sides of a split while rows find their place: first the rows that repeat no earlier one, then
/// those that do.
#[derive(Default)]
pub struct Sides {
    /// Rows to train on.
    pub training: Vec<u32>,
    /// Rows to choose weights by.
    pub validation: Held,
    /// Rows that choose nothing.
    pub test: Held,
    /// Rows that are left out.
    pub gaps: Vec<u32>,
}

impl Sides {
    /// The first row of each value that fills more than half as many rows as are held out, and how
    /// many rows have it. Without them the flow would never see what a sensor reads most of the
    /// time.
    pub fn frequent(&self, repeats: &Repeats, count: u32) -> BTreeMap<u32, usize> {
        let pairs = || repeats.pairs().take_while(|&(row, _)| row < count);
        let mut rows: BTreeMap<u32, usize> = BTreeMap::new();
        pairs().for_each(|(_, first)| *rows.entry(first).or_insert(1) += 1);
        let distinct = (count as usize - pairs().count()).max(1);
        let held = self.validation.rows.len() + self.test.rows.len();
        let wanted = held * count as usize / distinct;
        rows.retain(|_, rows| 2 * *rows > wanted);
        rows
    }

    /// Moves these rows from the other sides to training.
    pub fn keep_in_training(&mut self, frequent: &BTreeMap<u32, usize>) {
        let mut kept = Vec::new();
        for side in [&mut self.validation, &mut self.test] {
            let all = std::mem::take(side);
            for (&row, &unit) in all.rows.iter().zip(&all.units) {
                if frequent.contains_key(&row) { kept.push(row) } else { side.push(row, unit) }
            }
        }
        kept.extend(self.gaps.iter().filter(|row| frequent.contains_key(row)));
        self.gaps.retain(|row| !frequent.contains_key(row));
        self.training.extend(kept);
    }

    /// Puts each row that repeats an earlier one where that one is.
    pub fn follow(&mut self, repeats: &Repeats, count: u32) {
        let mut apart: Vec<(u32, Option<(bool, u32)>)> =
            self.gaps.iter().map(|&row| (row, None)).collect();
        for (side, test) in [(&self.validation, false), (&self.test, true)] {
            let units = side.rows.iter().zip(&side.units);
            apart.extend(units.map(|(&row, &unit)| (row, Some((test, unit)))));
        }
        apart.sort_unstable();
        for (row, first) in repeats.pairs().take_while(|&(row, _)| row < count) {
            match apart.binary_search_by_key(&first, |&(row, _)| row) {
                Err(_) => self.training.push(row),
                Ok(k) => match apart[k].1 {
                    Some((true, unit)) => self.test.push(row, unit),
                    Some((false, unit)) => self.validation.push(row, unit),
                    None => self.gaps.push(row),
                },
            }
        }
    }

    /// Leaves out held-out rows that repeat an earlier one and have a training row within `gap`
    /// rows: a slow signal in coarse steps comes back to its values.
    pub fn leave_neighbours_out(&mut self, repeats: &Repeats, count: u32, gap: usize) {
        // How many training rows there are before each row.
        let mut before = vec![0_u32; count as usize + 1];
        self.training.iter().for_each(|&row| before[row as usize + 1] = 1);
        (0..count as usize).for_each(|row| before[row + 1] += before[row]);
        let is_near = |row: u32| {
            let from = (row as usize).saturating_sub(gap);
            let to = (row as usize + gap + 1).min(count as usize);
            before[to] > before[from]
        };
        for side in [&mut self.validation, &mut self.test] {
            let all = std::mem::take(side);
            for (&row, &unit) in all.rows.iter().zip(&all.units) {
                if repeats.first(row) != row && is_near(row) {
                    self.gaps.push(row);
                } else {
                    side.push(row, unit);
                }
            }
        }
    }

    /// Leaves validation rows out that equal a training row, and test rows that equal one of
    /// either. Returns how many different training rows there are, and how many rows it left out.
    pub fn remove_twins(&mut self, repeats: &Repeats, all: u32) -> (usize, usize) {
        if repeats.is_empty() {
            return (self.training.len(), 0);
        }
        let mut seen = vec![false; all as usize];
        let mut learned = 0;
        for &row in &self.training {
            learned += usize::from(!seen[repeats.first(row) as usize]);
            seen[repeats.first(row) as usize] = true;
        }
        let mut removed = 0;
        for side in [&mut self.validation, &mut self.test] {
            let before = std::mem::take(side);
            for (&row, &unit) in before.rows.iter().zip(&before.units) {
                if seen[repeats.first(row) as usize] {
                    removed += 1;
                } else {
                    side.push(row, unit);
                }
            }
            for &row in &side.rows {
                seen[repeats.first(row) as usize] = true;
            }
        }
        (learned, removed)
    }
}

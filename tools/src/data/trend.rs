/// In a column that counts, at least this many steps change the value.
const FEWEST: usize = 10;

/// From this many changes on, one step may go the other way.
const MANY: usize = 30;

/// Steps that differ by less than this part of their size count as equal.
const STEADY: f64 = 0.01;

/// How a column goes on from row to row.
///
/// A column that rises or falls all the way counts: rows, time, energy. A few steps may go the
/// other way: a counter may restart, and rows may be out of order.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    last: Option<f64>,
    step: f64,
    rises: usize,
    falls: usize,
    /// Steps that are equal to the step before.
    steady: usize,
}

impl Trend {
    /// Adds the value of the next row.
    pub fn push(&mut self, value: f64) {
        if let Some(last) = self.last {
            let step = value - last;
            self.rises += usize::from(step > 0.0);
            self.falls += usize::from(step < 0.0);
            if step != 0.0 {
                self.steady += usize::from((step - self.step).abs() <= STEADY * step.abs());
                self.step = step;
            }
        }
        self.last = Some(value);
    }

    /// Goes on with another file. The step from one file to the next says nothing.
    pub fn append(&mut self, other: &Trend) {
        self.rises += other.rises;
        self.falls += other.falls;
        self.steady += other.steady;
    }

    /// How many steps change the value.
    pub fn changes(&self) -> usize {
        self.rises + self.falls
    }

    /// How many of these go against the others.
    pub fn against(&self) -> usize {
        self.rises.min(self.falls)
    }

    /// Whether the column counts: of a hundred changes one goes against the others at most, or ten
    /// where nearly all steps are equal. Changes of independent values go either way.
    pub fn counts(&self) -> bool {
        let (changes, against) = (self.changes(), self.against());
        let few = (changes / 100).max(usize::from(changes >= MANY));
        let regular = 10 * self.steady >= 8 * changes && 10 * against <= changes;
        changes >= FEWEST && (against <= few || regular)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use couplet::{Base, StandardNormal};
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    fn counts(values: impl IntoIterator<Item = f64>) -> bool {
        let mut trend = Trend::default();
        values.into_iter().for_each(|x| trend.push(x));
        trend.counts()
    }

    fn normal(count: usize) -> Vec<f64> {
        let mut values = vec![0.0_f64; count];
        StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(4), &mut values);
        values
    }

    #[test]
    fn what_rises_or_falls_all_the_way_counts() {
        let row = |count: usize| (0..count).map(|i| i as f64);
        assert!(counts(row(11)) && counts(row(400).map(|i| 7e9 - 0.25 * i)));
        assert!(counts(row(400).map(|i| (i / 9.0).floor())), "ties");
        assert!(counts(row(400).zip(normal(400)).map(|(i, x)| i + 0.1 * x)), "jitter");
        assert!(counts(row(400).map(|i| i % 40.0)), "a counter that restarts");
        let irregular = row(400).zip(normal(400)).map(|(i, x)| i + 0.1 * x);
        assert!(counts(irregular.map(|i| if i > 250.0 { i - 250.0 } else { i })), "two runs");
        assert!(counts(row(400).map(|i| if i == 77.0 { 75.5 } else { i })), "out of order");
        let mut sorted = normal(100);
        sorted.sort_unstable_by(f64::total_cmp);
        assert!(counts(sorted), "sorted");
    }

    #[test]
    fn what_goes_both_ways_does_not_count() {
        let row = |count: usize| (0..count).map(|i| i as f64);
        assert!(!counts(normal(400)) && !counts([2.5; 400]));
        assert!(!counts(row(400).map(|i| (i / 50.0).sin())), "a slow signal");
        assert!(!counts(row(400).zip(normal(400)).map(|(i, x)| 0.1 * i + x)), "a ramp with noise");
        assert!(!counts(row(400).map(|i| f64::from(i > 200.0))), "a switch");
        assert!(!counts(row(400).map(|i| (i % 5.0).powi(2))), "a short period");
        let walk = normal(400).into_iter().scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        });
        assert!(!counts(walk), "a random walk");
    }
}

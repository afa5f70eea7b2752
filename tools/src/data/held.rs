use std::collections::BTreeMap;

/// Rows that are set apart, by index.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The rows.
    pub rows: Vec<u32>,
    /// The unit that each row is of: units are independent, rows of one unit need not be.
    pub units: Vec<u32>,
}

impl Held {
    pub(super) fn push(&mut self, row: u32, unit: u32) {
        self.rows.push(row);
        self.units.push(unit);
    }

    /// The mean of what each row has, and its standard error over the units: none where there is
    /// one unit.
    ///
    /// ```text
    /// error^2 = U / (U - 1) sum over units of (sum over its rows of (x - mean))^2 / rows^2
    /// ```
    pub fn mean(&self, values: &[f64]) -> (f64, Option<f64>) {
        let rows = values.len() as f64;
        let mean = values.iter().sum::<f64>() / rows;
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        for (unit, x) in self.units.iter().zip(values) {
            *sums.entry(*unit).or_default() += x - mean;
        }
        let units = sums.len() as f64;
        let squares = sums.values().map(|sum| sum * sum).sum::<f64>();
        let error = (squares * units / (units - 1.0)).sqrt() / rows;
        (mean, (sums.len() > 1 && mean.is_finite()).then_some(error))
    }

    /// The rows themselves, of rows of `d` features.
    pub fn gather(&self, rows: &[f32], d: usize) -> Vec<f32> {
        gather(&self.rows, rows, d)
    }
}

/// The rows of these indices, of rows of `d` features.
pub fn gather(indices: &[u32], rows: &[f32], d: usize) -> Vec<f32> {
    indices.iter().flat_map(|&i| &rows[i as usize * d..][..d]).copied().collect()
}

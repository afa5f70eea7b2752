use crate::{data::Table, model::Context};

/// The rows that a model is looked at by. Each may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// Rows that the model was trained on, with the noise of its training if that is asked for.
    pub training: Option<&'a Table>,
    /// Rows that it never saw, as the device reads them.
    pub test: Option<&'a Table>,
    /// The same test rows with the noise of the training, for their nats.
    pub noisy: Option<&'a [f32]>,
}

impl<'a> Given<'a> {
    /// The rows that samples are compared with, if there are any: the normal ones of the test rows,
    /// or else of the training rows, at contexts that the training saw. At most `most`, at even
    /// distances.
    pub fn normal(&self, context: &Context, most: usize) -> Option<Vec<f32>> {
        let (table, rows) = self.compared()?;
        let (d, width) = (table.dimension(), table.width());
        let is_normal = |row: &usize| table.labels.as_ref().is_none_or(|labels| !labels[*row]);
        let row = |row: usize| &rows[row * width..][..width];
        let normal = (0..table.len()).filter(is_normal);
        let normal: Vec<usize> = normal.filter(|&i| context.is_known(&row(i)[d..])).collect();
        let chosen: Vec<f32> = evenly(&normal, most).flat_map(row).copied().collect();
        (!chosen.is_empty()).then_some(chosen)
    }

    /// What these rows are, in words.
    pub fn kind(&self) -> Option<&'static str> {
        let (table, _) = self.compared()?;
        Some(match (self.test.is_some(), table.labels.is_some()) {
            (true, true) => "normal test rows",
            (true, false) => "test rows",
            (false, true) => "normal training rows",
            (false, false) => "training rows",
        })
    }

    /// The table that samples are compared with, and its rows as the density is of.
    fn compared(&self) -> Option<(&'a Table, &'a [f32])> {
        let test = self.test.map(|table| (table, self.noisy.unwrap_or(&table.rows)));
        test.or(self.training.map(|table| (table, &table.rows[..])))
    }
}

/// At most `most` of some rows, at even distances.
pub fn evenly(rows: &[usize], most: usize) -> impl Iterator<Item = usize> {
    let count = rows.len().min(most);
    (0..count).map(move |i| rows[i * rows.len() / count])
}

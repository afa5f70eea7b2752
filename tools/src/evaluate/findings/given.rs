use crate::data::Table;

/// The rows that a model is looked at by. Each may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// Rows that the model was trained on.
    pub training: Option<&'a Table>,
    /// Rows that it never saw.
    pub test: Option<&'a Table>,
}

impl Given<'_> {
    /// The rows that samples are compared with, if there are any: the normal ones of the test rows,
    /// or else of the training rows. At most `most`, at even distances.
    pub fn normal(&self, most: usize) -> Option<Vec<f32>> {
        let table = self.test.or(self.training)?;
        let width = table.width();
        let is_normal = |row: &usize| table.labels.as_ref().is_none_or(|labels| !labels[*row]);
        let normal: Vec<usize> = (0..table.len()).filter(is_normal).collect();
        let rows = evenly(&normal, most).flat_map(|row| &table.rows[row * width..][..width]);
        Some(rows.copied().collect())
    }
}

/// At most `most` of some rows, at even distances.
pub fn evenly(rows: &[usize], most: usize) -> impl Iterator<Item = usize> {
    let count = rows.len().min(most);
    (0..count).map(move |i| rows[i * rows.len() / count])
}

use super::{row::Row, sample::Sample, source::RowSource};
use anyhow::Result;

/// Who takes the rows of a file, once the first ones have told what its columns are.
pub trait Taker {
    /// Takes the next row.
    ///
    /// # Errors
    ///
    /// A row that cannot be taken.
    fn take(&mut self, place: usize, row: &Row<'_>) -> Result<()>;
}

/// Passes all rows of a file to who is made of its first rows, and returns it. The words of
/// `missing` stand for missing values.
///
/// # Errors
///
/// The file cannot be read, `make` fails, or a row cannot be taken.
pub fn read_all<T: Taker>(
    source: Box<dyn RowSource>,
    missing: &[String],
    make: impl Fn(&Sample) -> Result<T>,
) -> Result<T> {
    let make = |sample: &Sample| -> Result<T> {
        let mut taker = make(sample)?;
        sample.rows().try_for_each(|(place, row)| taker.take(place, &row))?;
        Ok(taker)
    };
    let mut sample = Sample::default();
    let mut taker = None;
    source.read(&mut |place, row| {
        let emptied;
        let row = if missing.is_empty() {
            row
        } else {
            emptied = row.owned().empty(missing);
            &emptied.borrow()
        };
        if let Some(taker) = &mut taker {
            return Taker::take(taker, place, row);
        }
        sample.push(place, row);
        if sample.is_full() {
            taker = Some(make(&sample)?);
        }
        Ok(())
    })?;
    taker.map_or_else(|| make(&sample), Ok)
}

//! Many rows at once, with the device's bits.

use super::{Arithmetic, ContextColumn, Flow, Number, Workspace, cells};
use rand_core::Rng;
use rayon::{
    iter::{IndexedParallelIterator, ParallelIterator},
    slice::{ParallelSlice, ParallelSliceMut},
};

/// Points that a thread takes through the layers together.
const POINTS: usize = 64;

impl Flow {
    /// Each row's log-density, the device's bits when T is f32: finite or negative infinity.
    pub fn log_probs<T: Number>(&self, p: &[T], rows: &[T]) -> Vec<T> {
        let width = self.description.width();
        let mut log_probs = vec![T::ZERO; rows.len() / width];
        log_probs.par_chunks_mut(POINTS).zip(rows.par_chunks(POINTS * width)).for_each_init(
            || Workspace::<T, POINTS>::new(self, Arithmetic::Device),
            |space, (log_probs, rows)| {
                space.load(rows);
                let found = self.log_prob(p, space);
                for (point, (log_prob, found)) in log_probs.iter_mut().zip(found).enumerate() {
                    let is_possible = found.is_finite() && space.is_given(point);
                    *log_prob = if is_possible { found } else { T::NEG_INFINITY };
                }
            },
        );
        log_probs
    }

    /// Whether the context of each row is one that training saw: always in a plain flow.
    pub fn known(&self, rows: &[f32]) -> Vec<bool> {
        let d = self.description.dimension();
        let rows = rows.chunks_exact(self.description.width());
        rows.map(|row| self.context.is_known(&row[d..])).collect()
    }

    /// What of a row's context training never saw, in words.
    pub fn outside(&self, row: &[f32]) -> Vec<String> {
        let d = self.description.dimension();
        let given = cells(&self.description.context, d, row, f32::to_string).into_iter().skip(d);
        let mut found = Vec::new();
        let mut next = 0;
        for (ContextColumn { name, levels }, cell) in self.description.context.iter().zip(given) {
            let (least, most) = (self.context.least[next], self.context.most[next]);
            match levels {
                None if !(least..=most).contains(&row[d + next]) => {
                    found.push(format!("{name} {cell} is not from {least} to {most}"));
                }
                Some(levels) if cell == "?" => {
                    found.push(format!("{name} is none of {}", levels.join(", ")));
                }
                _ => (),
            }
            next += levels.as_ref().map_or(1, Vec::len);
        }
        found
    }

    /// Each row's latents and log|det dz/dx|, the device's bits when T is f32. The contexts of a row
    /// stay behind its latents.
    pub fn latents<T: Number>(&self, p: &[T], rows: &[T]) -> (Vec<T>, Vec<T>) {
        self.map(p, rows, Self::forward::<T, POINTS>)
    }

    /// The data of rows of latents and log|det dx/dz|, the device's bits when T is f32. The contexts
    /// of a row stay behind its features.
    pub fn data<T: Number>(&self, p: &[T], rows: &[T]) -> (Vec<T>, Vec<T>) {
        self.map(p, rows, Self::inverse::<T, POINTS>)
    }

    fn map<T: Number>(
        &self,
        p: &[T],
        rows: &[T],
        map: impl Fn(&Self, &[T], &mut Workspace<T, POINTS>) + Sync,
    ) -> (Vec<T>, Vec<T>) {
        let width = self.description.width();
        let mut out = rows.to_vec();
        let mut log_det = vec![T::ZERO; rows.len() / width];
        let found = out.par_chunks_mut(POINTS * width).zip(log_det.par_chunks_mut(POINTS));
        found.zip(rows.par_chunks(POINTS * width)).for_each_init(
            || Workspace::new(self, Arithmetic::Device),
            |space, ((out, log_det), rows)| {
                space.load(rows);
                map(self, p, space);
                space.store(out);
                for (point, log_det) in log_det.iter_mut().enumerate() {
                    *log_det = if space.is_given(point) { space.log_det[point] } else { T::NAN };
                }
            },
        );
        out.iter_mut()
            .chain(&mut log_det)
            .for_each(|value| *value = if value.is_nan() { T::NAN } else { *value });
        (out, log_det)
    }

    /// `count` samples of a flow without context, row by row, the device's bits for the same
    /// generator when T is f32.
    pub fn sample<T: Number, R: Rng>(&self, p: &[T], count: usize, rng: &mut R) -> Vec<T> {
        let d = self.description.dimension();
        let mut z = vec![T::ZERO; count * d];
        z.chunks_exact_mut(d).for_each(|z| self.base.sample(p, rng, z));
        self.data(p, &z).0
    }

    /// A sample for each row of contexts \[C\], the device's bits for the same generator when T is
    /// f32: rows of features and the contexts behind them.
    pub fn sample_given<T: Number, R: Rng>(&self, p: &[T], contexts: &[T], rng: &mut R) -> Vec<T> {
        let d = self.description.dimension();
        let mut rows = Vec::new();
        for context in contexts.chunks_exact(self.context.len()) {
            let start = rows.len();
            rows.resize(start + d, T::ZERO);
            self.base.sample(p, rng, &mut rows[start..]);
            rows.extend_from_slice(context);
        }
        self.data(p, &rows).0
    }
}

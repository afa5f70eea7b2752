use couplet::{Base, StandardNormal};
use rand_core::Rng;

/// Noise with the covariance of the rows nearby: a row moves by a part of the difference of two
/// rows, the two nearest to it among some random candidates.
///
/// It spreads along what varies together there, leaves narrow directions narrow, and blurs little
/// between clusters.
#[derive(Clone, Copy, Debug)]
pub struct Noise<'a> {
    /// The training rows, row by row. Contexts behind the features of a row get no noise.
    pub rows: &'a [f32],
    /// The numbers of a row.
    pub width: usize,
    /// The standard deviation of each feature, the unit of distances.
    pub std: &'a [f32],
    /// The part of the difference that a row moves by.
    pub part: f32,
}

impl Noise<'_> {
    fn row(&self, i: usize) -> &[f32] {
        &self.rows[i * self.width..(i + 1) * self.width]
    }

    /// Draws the indices of candidates.
    pub fn draw(&self, rng: &mut impl Rng, candidates: &mut [usize]) {
        candidates.fill_with(|| rng.next_u32() as usize % (self.rows.len() / self.width));
    }

    /// Fills `rows`, the part of the batch that starts at index `from`.
    ///
    /// `drawn` has the row indices of the batch, `candidates` those of the noise, the same number
    /// for each row. The first `outliers` rows of the batch are already written and are skipped.
    pub fn fill(
        &self,
        drawn: &[usize],
        candidates: &[usize],
        outliers: usize,
        from: usize,
        rows: &mut [f32],
    ) {
        let per_row = candidates.len() / drawn.len();
        for (k, x) in
            (from..).zip(rows.chunks_exact_mut(self.width)).filter(|&(k, _)| k >= outliers)
        {
            self.add(drawn[k], &candidates[k * per_row..(k + 1) * per_row], x);
        }
    }

    /// Writes the i-th row with the noise of its candidates into x.
    pub fn add(&self, i: usize, candidates: &[usize], x: &mut [f32]) {
        let row = self.row(i);
        let [one, other, others @ ..] = candidates else { return x.copy_from_slice(row) };
        let mut pair = [one, other].map(|&other| self.row(other));
        if !others.is_empty() {
            let mut distances = pair.map(|other| self.squared_distance(row, other));
            for &other in others {
                let other = self.row(other);
                let distance = self.squared_distance(row, other);
                let farther = usize::from(distances[1] > distances[0]);
                if distance < distances[farther] {
                    (pair[farther], distances[farther]) = (other, distance);
                }
            }
        }
        let d = self.std.len();
        x.copy_from_slice(row);
        for ((x, one), other) in x[..d].iter_mut().zip(pair[0]).zip(pair[1]) {
            *x += self.part * (one - other);
        }
    }

    /// Writes the i-th row with normal noise of `stds` standard deviations into x.
    pub fn outlier(&self, i: usize, stds: f32, rng: &mut impl Rng, x: &mut [f32]) {
        let (x, context) = x.split_at_mut(self.std.len());
        let (row, given) = self.row(i).split_at(self.std.len());
        StandardNormal.sample(rng, x);
        x.iter_mut().zip(row).zip(self.std).for_each(|((x, row), std)| *x = row + stds * std * *x);
        context.copy_from_slice(given);
    }

    /// The squared distance of the features in standard deviations, summed in eight lanes.
    fn squared_distance(&self, a: &[f32], b: &[f32]) -> f32 {
        let [a, b] = [a, b].map(|row| &row[..self.std.len()]);
        let ((a, a_tail), (b, b_tail), (std, std_tail)) =
            (a.as_chunks::<8>(), b.as_chunks::<8>(), self.std.as_chunks::<8>());
        let mut lanes = [0.0; 8];
        for ((a, b), std) in a.iter().zip(b).zip(std) {
            for (i, lane) in lanes.iter_mut().enumerate() {
                *lane += ((a[i] - b[i]) / std[i]).powi(2);
            }
        }
        for (i, ((a, b), std)) in a_tail.iter().zip(b_tail).zip(std_tail).enumerate() {
            lanes[i] += ((a - b) / std).powi(2);
        }
        lanes.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng;
    use rand_xoshiro::Xoshiro128PlusPlus;

    /// A hundred rows on each of two crossing lines far apart: noise of rows nearby keeps to the
    /// line that a row is on, noise of any two rows leads off it.
    #[test]
    fn noise_of_rows_nearby_has_their_covariance() {
        let line = |i: usize| -> [f32; 10] {
            let (x, slope, at) = (
                (i / 2) as f32 / 100.0,
                if i.is_multiple_of(2) { 1.0 } else { -1.0 },
                50.0 * (i % 2) as f32,
            );
            std::array::from_fn(|k| at + if k == 9 { slope * x } else { x })
        };
        let rows: Vec<f32> = (0..200).flat_map(line).collect();
        let off = |candidates: usize| -> usize {
            let mut moved = 0;
            let noise = Noise { rows: &rows, width: 10, std: &[1.0; 10], part: 0.5 };
            let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
            let mut others = vec![0; candidates];
            let mut x = [0.0; 10];
            let mut is_off = |i: usize| {
                noise.draw(&mut rng, &mut others);
                noise.add(i, &others, &mut x);
                moved += usize::from(x != line(i));
                let [first, .., last] = x.map(|x| x - 50.0 * (i % 2) as f32);
                (if i.is_multiple_of(2) { first - last } else { first + last }).abs() > 1e-3
            };
            let off = (0..200).filter(|&i| is_off(i)).count();
            assert!(moved > 190, "{moved} of 200 rows were moved");
            off
        };
        assert!(off(16) < 5, "{} of 200 rows left their line", off(16));
        assert!(off(2) > 100, "{} of 200 rows left their line", off(2));
    }
}

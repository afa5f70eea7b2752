//! Which rows are equal to an earlier one.

use rayon::slice::ParallelSliceMut;

/// The rows that repeat an earlier row, number for number.
///
/// Finding them takes 8 bytes a row, keeping them 8 bytes for each row that repeats another.
#[derive(Clone, Debug, Default)]
pub struct Repeats {
    /// The repeating row in the upper half, the first row equal to it in the lower; ascending.
    pairs: Vec<u64>,
}

/// Bits of a row's index in a pair, and in a key below a row's hash.
const INDEX: u32 = 32;

impl Repeats {
    /// Compares rows of `d` features, at most 2^32 rows.
    pub fn of(rows: &[f32], d: usize) -> Self {
        let row = |i: usize| &rows[i * d..(i + 1) * d];
        let mut keys: Vec<u64> =
            rows.chunks_exact(d).zip(0..).map(|(row, i)| pack(hash(row), i)).collect();
        keys.par_sort_unstable();
        // Rows of one hash now follow each other, the earliest first. Each key is read before a
        // pair takes its place or an earlier one.
        let (mut found, mut of) = (0, None);
        let mut firsts: Vec<usize> = Vec::new();
        for k in 0..keys.len() {
            let (hash, i) = unpack(keys[k]);
            if of != Some(hash) {
                of = Some(hash);
                firsts.clear();
            }
            match firsts.iter().find(|&&first| row(first) == row(i)) {
                Some(&first) => {
                    keys[found] = pack(i as u32, first as u32);
                    found += 1;
                }
                None => firsts.push(i),
            }
        }
        keys.truncate(found);
        keys.shrink_to_fit();
        keys.par_sort_unstable();
        Repeats { pairs: keys }
    }

    /// How many rows repeat an earlier one.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no row does.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Each repeating row, and the first row that it equals; in the order of the rows.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        self.pairs.iter().map(|&pair| ((pair >> INDEX) as u32, pair as u32))
    }

    /// The first row equal to this one: the row itself where it repeats none.
    pub fn first(&self, row: u32) -> u32 {
        let k = self.pairs.partition_point(|&pair| pair < pack(row, 0));
        let same = |pair: &&u64| (**pair >> INDEX) as u32 == row;
        self.pairs.get(k).filter(same).map_or(row, |&pair| pair as u32)
    }

    /// The rows of `count` that repeat no earlier one, in order.
    pub fn distinct(&self, count: u32) -> Vec<u32> {
        let mut repeating = self.pairs().map(|(row, _)| row).peekable();
        (0..count).filter(|row| repeating.next_if_eq(row).is_none()).collect()
    }
}

fn pack(upper: u32, lower: u32) -> u64 {
    u64::from(upper) << INDEX | u64::from(lower)
}

fn unpack(key: u64) -> (u32, usize) {
    ((key >> INDEX) as u32, key as u32 as usize)
}

/// Equal for equal numbers: both zeros have one hash.
fn hash(row: &[f32]) -> u32 {
    let mix = |hash: u64, &x: &f32| {
        let bits = u64::from((x + 0.0).to_bits());
        let hash = (hash ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^ hash >> 29
    };
    (row.iter().fold(0, mix).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> INDEX) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repeat_is_found_with_the_first_row_that_it_equals() {
        let rows = [[1.0, 2.0], [0.0, 5.0], [1.0, 2.0], [2.0, 1.0], [-0.0, 5.0], [1.0, 2.0_f32]];
        let repeats = Repeats::of(rows.as_flattened(), 2);
        assert_eq!(repeats.pairs().collect::<Vec<_>>(), [(2, 0), (4, 1), (5, 0)]);
        assert_eq!((0..6).map(|row| repeats.first(row)).collect::<Vec<_>>(), [0, 1, 0, 3, 1, 0]);
        assert_eq!(repeats.distinct(6), [0, 1, 3]);
    }

    /// Of 200,000 rows some have equal hashes of 32 bits: about five.
    #[test]
    fn rows_of_one_hash_that_differ_are_no_repeats() {
        let rows: Vec<f32> = (0..200_000).map(|i| i as f32).collect();
        let mut hashes: Vec<u32> = rows.iter().map(|x| hash(&[*x])).collect();
        hashes.sort_unstable();
        assert!(Repeats::of(&rows, 1).is_empty());
        hashes.dedup();
        assert!((1..50).contains(&(rows.len() - hashes.len())), "{}", hashes.len());
        let twice = [&rows[..], &rows].concat();
        let repeats = Repeats::of(&twice, 1);
        assert!(repeats.pairs().eq((0..200_000).map(|i| (200_000 + i, i))));
    }
}

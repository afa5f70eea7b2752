//! Which of the sorted calibration rows stand in the table.

/// The most rows that a calibration has. With more, an `f32` surprise would not tell all ranks apart.
pub const MAX_ROWS: u32 = 1 << 20;

/// Bits after the point of the ratio between ranks.
const FRACTION: u32 = 20;

/// The M ranks of the calibration rows that a table holds, ascending, 1 the lowest log_prob.
///
/// k_1 = 1 and k_{j+1} = max(k_j + 1, floor(r (k_j + 1))), but not past `threshold`, the rank of
/// the threshold, which is therefore one of them. r is the smallest ratio, in steps of 2^-20, with
/// which the rank after the last one is rows + 1: there p is 1, which takes no entry. So a p-value
/// of the table is at most r times the exact one.
///
/// Where rows are fewer than entries, the last rank fills the rest. A rank of the threshold
/// outside of 1 to `rows` counts as the nearest of these. Integers only: the ranks are the same on
/// every processor.
///
/// ```
/// assert_eq!(couplet::ranks::<8>(999, 10), [1, 4, 10, 23, 50, 107, 226, 476]);
/// assert_eq!(couplet::ranks::<5>(3, 1), [1, 2, 3, 3, 3]);
/// ```
pub const fn ranks<const M: usize>(rows: u32, threshold: u32) -> [u32; M] {
    const { assert!(M >= 3, "a table has at least three entries") };
    let rows = if rows < MAX_ROWS { rows } else { MAX_ROWS };
    let threshold = if threshold > rows { rows } else { threshold };
    let (mut low, mut high) = (1 << FRACTION, ((rows + 2) as u64) << FRACTION);
    while low < high {
        let ratio = (low + high) / 2;
        if reach::<M>(ratio, rows, threshold).1 > rows {
            high = ratio;
        } else {
            low = ratio + 1;
        }
    }
    reach::<M>(high, rows, threshold).0
}

/// The ranks of a ratio, and the rank after the last of them.
const fn reach<const M: usize>(ratio: u64, rows: u32, threshold: u32) -> ([u32; M], u32) {
    let mut ranks = [0; M];
    let mut rank = 1;
    let mut j = 0;
    while j < M {
        ranks[j] = if rank < rows { rank } else { rows };
        let limit = if rank < threshold { threshold } else { rows + 1 };
        let next = (ratio * (rank as u64 + 1)) >> FRACTION;
        let next = if next > rank as u64 { next } else { rank as u64 + 1 };
        rank = if next < limit as u64 { next as u32 } else { limit };
        j += 1;
    }
    (ranks, rank)
}

//! Memory order of the weights below the diagonal of a triangle: the order in which the kernel
//! reads them, so that it only moves forward.
//!
//! Rows come in blocks of four, from the last block to the first. A block has the columns before its
//! rows, one after the other, four weights each. Then it has its corner, row by row: W_10, W_20,
//! W_21, W_30, W_31, W_32, counted within the block. The rows that are left over, at most three,
//! are the first of the triangle and come last, row by row.
//!
//! Statics are packed at compile time. Const evaluation has a step limit, so this spends one loop
//! iteration on each weight.

/// Packs the weights of a triangle of `rows` rows, which lie row by row.
pub const fn pack<T: Copy>(by_row: &[T], rows: usize, packed: &mut [T]) {
    reorder(by_row, rows, packed, true);
}

/// Undoes [`pack`]: to weights that lie row by row.
pub(crate) const fn unpack<T: Copy>(packed: &[T], rows: usize, by_row: &mut [T]) {
    reorder(packed, rows, by_row, false);
}

const fn reorder<T: Copy>(from: &[T], rows: usize, to: &mut [T], packs: bool) {
    let len = if from.len() < to.len() { from.len() } else { to.len() };
    let left_over = rows % 4;
    let (mut row, mut by_row) = (0, 0);
    while row < rows {
        // The block that has the row starts with row `first`, and ends before row `end`.
        let (first, end) = if row < left_over {
            (0, left_over)
        } else {
            let first = row - (row - left_over) % 4;
            (first, first + 4)
        };
        let start = below(rows) - below(end);
        let mut column = 0;
        while column < row {
            let packed = if column < first {
                start + 4 * column + row - first
            } else {
                start + 4 * first + below(row - first) + column - first
            };
            let (source, target) = if packs { (by_row, packed) } else { (packed, by_row) };
            if source < len && target < len {
                to[target] = from[source];
            }
            column += 1;
            by_row += 1;
        }
        row += 1;
    }
}

/// How many weights `rows` rows have below the diagonal.
pub(super) const fn below(rows: usize) -> usize {
    rows * rows.saturating_sub(1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{vec, vec::Vec};

    #[test]
    fn blocks_lie_from_the_last_to_the_first_with_their_columns_and_corner() {
        // Ten rows: two that are left over, and two blocks. W_ij is 10 i + j.
        let by_row: Vec<usize> = (0..10).flat_map(|i| (0..i).map(move |j| 10 * i + j)).collect();
        let mut packed = [0; 45];
        pack(&by_row, 10, &mut packed);
        let (columns, rest) = packed.split_at(24);
        assert_eq!(
            columns,
            [
                60, 70, 80, 90, 61, 71, 81, 91, 62, 72, 82, 92, 63, 73, 83, 93, 64, 74, 84, 94, 65,
                75, 85, 95
            ]
        );
        let (corner, rest) = rest.split_at(6);
        assert_eq!(corner, [76, 86, 87, 96, 97, 98]);
        assert_eq!(rest, [20, 30, 40, 50, 21, 31, 41, 51, 32, 42, 43, 52, 53, 54, 10]);
    }

    #[test]
    fn unpacking_returns_what_was_packed() {
        for rows in 0..34 {
            let by_row: Vec<usize> = (1..=below(rows)).collect();
            let (mut packed, mut unpacked) = (vec![0; by_row.len()], vec![0; by_row.len()]);
            pack(&by_row, rows, &mut packed);
            unpack(&packed, rows, &mut unpacked);
            assert_eq!(unpacked, by_row, "{rows} rows");
        }
    }
}

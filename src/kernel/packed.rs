//! Memory order of a dense layer's weights: the order in which the kernels read them, so that a
//! kernel only moves forward, with the same instructions for every shape.
//!
//! If the number of columns is odd, the first column comes first. The other columns lie in blocks
//! of rows: as many blocks of eight rows as fit, then one of four, one of two and one of one row
//! where rows are left. Within a block, weights lie column by column.
//!
//! Statics are packed at compile time. Const evaluation has a step limit, so this spends one loop
//! iteration on each weight and calls nothing within.

/// The number of rows of the block that starts with row `first` of `rows`.
pub(super) const fn height(first: usize, rows: usize) -> usize {
    match rows - first {
        8.. => 8,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// Packs weights that lie column by column, each column of `rows` weights.
pub const fn pack<T: Copy>(columns: &[T], rows: usize, packed: &mut [T]) {
    reorder(columns, rows, packed, true);
}

/// Undoes [`pack`]: to weights that lie column by column.
pub(crate) const fn unpack<T: Copy>(packed: &[T], rows: usize, columns: &mut [T]) {
    reorder(packed, rows, columns, false);
}

const fn reorder<T: Copy>(from: &[T], rows: usize, to: &mut [T], packs: bool) {
    let len = if from.len() < to.len() { from.len() } else { to.len() };
    let Some(columns) = len.checked_div(rows) else { return };
    let single = columns % 2;
    let mut packed = 0;
    while packed < single * rows {
        to[packed] = from[packed];
        packed += 1;
    }
    let mut first = 0;
    while first < rows {
        let height = height(first, rows);
        let mut column = single;
        while column < columns {
            let mut row = first;
            while row < first + height {
                let unpacked = column * rows + row;
                let (source, target) = if packs { (unpacked, packed) } else { (packed, unpacked) };
                if source < len && target < len {
                    to[target] = from[source];
                }
                packed += 1;
                row += 1;
            }
            column += 1;
        }
        first += height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn blocks_lie_one_after_the_other_and_each_column_by_column() {
        // Three columns of eleven rows: a single one, then blocks of eight, two and one.
        let columns: Vec<usize> =
            (0..3).flat_map(|column| (0..11).map(move |row| 100 * column + row)).collect();
        let mut packed = [0; 33];
        pack(&columns, 11, &mut packed);
        let (first, blocks) = packed.split_at(11);
        assert_eq!(first, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let (eight, tail) = blocks.split_at(16);
        assert_eq!(
            eight,
            [100, 101, 102, 103, 104, 105, 106, 107, 200, 201, 202, 203, 204, 205, 206, 207]
        );
        assert_eq!(tail, [108, 109, 208, 209, 110, 210]);
    }

    #[test]
    fn unpacking_returns_what_was_packed() {
        for (rows, count) in (1..40).flat_map(|rows| [(rows, 4), (rows, 5)]) {
            let columns: Vec<usize> = (0..count * rows).collect();
            let (mut packed, mut unpacked) =
                (std::vec![0; columns.len()], std::vec![0; columns.len()]);
            pack(&columns, rows, &mut packed);
            unpack(&packed, rows, &mut unpacked);
            assert_eq!(unpacked, columns, "{rows} rows");
        }
    }
}

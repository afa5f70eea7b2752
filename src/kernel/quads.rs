//! Memory order of an integer layer's weights: the order in which its kernels read them.
//!
//! Rows lie in blocks: as many of four as fit, then one of two and one of one row where rows are
//! left. Within a block, pairs of columns follow each other, and within a pair of columns pairs of
//! rows, so that a word holds two rows of two columns: (row 0, row 1) of the first column, then of
//! the second. UXTB16 takes the weights of one row out of it. If the number of columns is odd, the
//! rows of a block's last column lie behind its pairs.
//!
//! Statics are packed at compile time, one loop iteration for each weight.

/// Packs weights that lie column by column, each column of `rows` weights, as w + 128.
pub(crate) const fn pack(columns: &[i8], rows: usize, packed: &mut [u8]) {
    let columns_count = count(columns.len(), packed.len(), rows);
    let mut i = 0;
    while i < columns_count * rows {
        let place = place(i / rows, i % rows, columns_count, rows);
        packed[place] = (columns[i] as u8) ^ 0x80;
        i += 1;
    }
}

/// Undoes [`pack`]: to weights that lie column by column.
pub(crate) const fn unpack(packed: &[u8], rows: usize, columns: &mut [i8]) {
    let columns_count = count(columns.len(), packed.len(), rows);
    let mut i = 0;
    while i < columns_count * rows {
        let place = place(i / rows, i % rows, columns_count, rows);
        columns[i] = (packed[place] ^ 0x80) as i8;
        i += 1;
    }
}

/// The number of columns.
const fn count(columns: usize, packed: usize, rows: usize) -> usize {
    let len = if columns < packed { columns } else { packed };
    match len.checked_div(rows) {
        Some(count) => count,
        None => 0,
    }
}

/// Where the weight of a column and a row lies.
const fn place(column: usize, row: usize, columns: usize, rows: usize) -> usize {
    let fours = rows / 4 * 4;
    let (first, height) = if row < fours {
        (row / 4 * 4, 4)
    } else if row < rows / 2 * 2 {
        (fours, 2)
    } else {
        (row, 1)
    };
    let (block, within) = (first * columns, row - first);
    let paired = columns / 2 * 2;
    if column >= paired {
        return block + paired * height + within;
    }
    let wide = if height == 1 { 1 } else { 2 }; // rows of a word
    let pair = column / 2 * 2 * height + within / wide * 2 * wide;
    block + pair + column % 2 * wide + within % wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn words_hold_two_rows_of_two_columns() {
        // Three columns of seven rows: blocks of four, two and one.
        let columns: Vec<i8> =
            (0..3).flat_map(|column| (0..7).map(move |row| 10 * column + row)).collect();
        let mut packed = [0; 21];
        pack(&columns, 7, &mut packed);
        let expected =
            [0, 1, 10, 11, 2, 3, 12, 13, 20, 21, 22, 23, 4, 5, 14, 15, 24, 25, 6, 16, 26];
        assert_eq!(packed.map(|packed| packed - 128), expected);
    }

    #[test]
    fn unpacking_returns_what_was_packed() {
        for (rows, count) in (1..20).flat_map(|rows| (1..6).map(move |count| (rows, count))) {
            let columns: Vec<i8> = (0..count * rows).map(|i| i as i8).collect();
            let (mut packed, mut unpacked) =
                (std::vec![0; columns.len()], std::vec![0; columns.len()]);
            pack(&columns, rows, &mut packed);
            unpack(&packed, rows, &mut unpacked);
            assert_eq!(unpacked, columns, "{count} columns of {rows} rows");
        }
    }
}

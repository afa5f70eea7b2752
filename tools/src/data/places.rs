/// Where each row begins in its file, counted from 1: the line of a text, the row of an array.
///
/// Rows that follow each other in the file are one run, so that few numbers hold all places.
#[derive(Clone, Debug)]
pub struct Places {
    unit: &'static str,
    /// The first row of each run, from 0, and its place.
    runs: Vec<(usize, usize)>,
    rows: usize,
    /// Where there are several files: the first row of each, and its name.
    files: Vec<(usize, String)>,
}

impl Places {
    /// Holds no rows; `unit` is what the file is counted in, `line` or `row`.
    pub fn new(unit: &'static str) -> Self {
        Places { unit, runs: Vec::new(), rows: 0, files: Vec::new() }
    }

    /// Adds the place of the next row.
    pub fn push(&mut self, place: usize) {
        if self.runs.last().is_none_or(|&(row, first)| first + (self.rows - row) != place) {
            self.runs.push((self.rows, place));
        }
        self.rows += 1;
    }

    /// Appends the places of another file, when both have names.
    pub fn append(&mut self, [name, other_name]: [&str; 2], other: Places) {
        if self.files.is_empty() {
            self.files.push((0, name.into()));
        }
        self.files.push((self.rows, other_name.into()));
        self.runs.extend(other.runs.iter().map(|&(row, place)| (self.rows + row, place)));
        self.rows += other.rows;
    }

    /// The row at which each file but the first begins.
    pub fn starts(&self) -> Vec<usize> {
        self.files.iter().skip(1).map(|&(row, _)| row).collect()
    }

    /// The place of a row, counted from 0, in its file.
    pub fn of(&self, row: usize) -> usize {
        let run = self.runs.partition_point(|&(first, _)| first <= row) - 1;
        let (first, place) = self.runs[run];
        place + (row - first)
    }

    /// The place of a row in words: `row 3 (line 4)` of a text, `row 3` of an array.
    pub fn describe(&self, row: usize) -> String {
        let file = self.files.iter().rev().find(|&&(first, _)| first <= row);
        let of = file.map_or(String::new(), |(_, name)| format!(" of {name}"));
        match self.unit {
            "line" => {
                let first = file.map_or(0, |&(first, _)| first);
                format!("row {} (line {}){of}", row - first + 1, self.of(row))
            }
            unit => format!("{unit} {}{of}", self.of(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn each_row_keeps_its_place() {
        let noted = [2, 3, 4, 7, 8, 12, 13, 14, 15];
        let mut places = Places::new("line");
        noted.iter().for_each(|&place| places.push(place));
        assert_eq!(places.runs.len(), 3);
        assert_eq!((0..noted.len()).map(|row| places.of(row)).collect::<Vec<_>>(), noted);
        assert_eq!(places.describe(3), "row 4 (line 7)");
        let mut other = Places::new("line");
        [5, 6].iter().for_each(|&place| other.push(place));
        places.append(["a.csv", "b.csv"], other);
        assert_eq!(places.describe(3), "row 4 (line 7) of a.csv");
        assert_eq!(places.describe(10), "row 2 (line 6) of b.csv");
        assert_eq!(places.starts(), [9]);
    }
}

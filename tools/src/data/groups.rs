//! Which rows belong together.

use std::collections::HashMap;

/// The group of each row: what its cell in the group's column says.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    numbers: HashMap<String, u32>,
    /// Row by row, numbered in the order in which they first occur.
    pub rows: Vec<u32>,
}

impl Groups {
    /// Notes the group of the next row.
    pub fn push(&mut self, name: &str) {
        let number = match self.numbers.get(name) {
            Some(&number) => number,
            None => {
                let number = self.numbers.len() as u32;
                self.numbers.insert(name.into(), number);
                number
            }
        };
        self.rows.push(number);
    }

    /// Appends the rows of another file: equal names are one group.
    pub fn append(&mut self, other: &Groups) {
        let names: HashMap<u32, &String> =
            other.numbers.iter().map(|(name, &number)| (number, name)).collect();
        other.rows.iter().for_each(|number| self.push(names[number]));
    }
}

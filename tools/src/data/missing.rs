use std::fmt;

/// Rows that were dropped because a value in them is missing.
#[derive(Clone, Debug)]
pub struct Missing {
    /// How many.
    pub rows: usize,
    /// Of how many.
    pub of: usize,
    /// The column that lacks most values, and how many.
    pub most: (String, usize),
}

impl Missing {
    /// From how many values each column lacks in the dropped rows.
    pub fn new(rows: usize, of: usize, names: &[String], lacking: &[usize]) -> Self {
        let most = names.iter().zip(lacking).rev().max_by_key(|(_, lacking)| **lacking);
        Missing {
            rows,
            of,
            most: most.map_or_else(Default::default, |(name, &lacking)| (name.clone(), lacking)),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { rows, of, most: (column, lacking) } = self;
        write!(
            f,
            "dropped {rows} of {of} rows with missing values; column {column} lacks {lacking}, the most"
        )
    }
}

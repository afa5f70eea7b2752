use std::fmt;

/// Rows that were dropped because they lack a value.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The number of rows that were dropped.
    pub dropped: usize,
    /// The number of rows that were read, dropped ones included.
    pub read: usize,
    /// The column that lacks the most values in the dropped rows.
    pub column: String,
    /// The number of values that this column lacks.
    pub values: usize,
}

impl Missing {
    /// Finds the worst column; `lacking` holds the number of values that each column lacks.
    pub fn new(dropped: usize, read: usize, names: &[String], lacking: &[usize]) -> Self {
        let most = names.iter().zip(lacking).rev().max_by_key(|(_, lacking)| **lacking);
        let (column, values) =
            most.map_or_else(Default::default, |(name, &lacking)| (name.clone(), lacking));
        Missing { dropped, read, column, values }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missing { dropped, read, column, values } = self;
        write!(
            f,
            "dropped {dropped} of {read} rows with missing values; column {column} lacks {values}, \
             the most"
        )
    }
}

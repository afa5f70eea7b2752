//! Results as people read them: pictures and tables.

pub mod checks;
pub mod number;
pub mod plot;
pub mod table;

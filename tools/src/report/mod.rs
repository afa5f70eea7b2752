//! What people look at: pictures and tables.

pub mod checks;
pub mod plot;
pub mod table;

//! Results as people read them: tables, pictures, and a page of both.

pub mod chart;
pub mod checks;
pub mod number;
pub mod page;
pub mod picture;
pub mod plot;
pub mod table;

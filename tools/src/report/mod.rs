//! What people look at: pictures and tables.

pub mod plot;

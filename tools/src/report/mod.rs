//! Results as people read them: pictures and tables.

pub mod plot;

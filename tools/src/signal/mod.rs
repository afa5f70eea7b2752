//! Features of windows of a raw signal, with the device's bits: they are computed by the crate's own
//! [`couplet::Window`].
//!
//! [`Windows`] has the constants that a device needs. They travel in the first line of a file of
//! features, then as a note of the model, and are exported with it.

mod any;
mod extractor;
mod level;
mod order;
mod windows;

pub use extractor::{Extractor, Row};
pub use level::Level;
pub use order::Order;
pub use windows::{Bin, Channel, Windows};

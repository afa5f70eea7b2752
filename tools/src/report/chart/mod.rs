//! The parts of a chart as SVG: axes, frames, marks, text. Colours are names, which a style sheet
//! turns into light or dark ones.
//!
//! These are written by hand, since a page needs what no crate for plots gives: colours that follow
//! the reader's theme, few bytes a dot, and the same bytes from the same input.

mod axis;
mod frame;
mod marks;
mod palette;
mod text;

pub use axis::Axis;
pub use frame::Frame;
pub use marks::{area, dots, line, steps};
pub use palette::{PALETTE, STYLE, Tone, resolved};
pub use text::{fitted, minus, width};

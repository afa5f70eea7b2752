//! The pictures of a report, one file each: from findings to SVG.

mod delay;
mod features;
mod figure;
mod log_probs;
mod p_values;
mod pair;
mod plane;
mod roc;
mod standalone;
mod subject;
mod timeline;
mod training;

pub use figure::Picture;
pub use standalone::{png, svg};
pub use subject::Subject;

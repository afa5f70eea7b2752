//! Shows that the analytic gradients are the derivatives of what `forward` computes.
//!
//! Every derivative is compared with a central difference in f64. The error is relative to the
//! larger of the two derivatives, or to [`FLOOR`] times the function where both are smaller. Dead
//! ReLUs get a bias of [`REVIVED`] first, since no step stays on one side of their kinks.

mod check;
mod difference;
mod layers;
mod loss;
mod model;
mod points;
mod run;

pub use check::Check;
pub use difference::{FLOOR, GRADIENT_BOUND};
pub use points::REVIVED;
pub use run::check;
use run::{Lanes, POINTS, Space, dot, lanes};

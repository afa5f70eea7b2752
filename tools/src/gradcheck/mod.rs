//! Shows that the analytic gradients are the derivatives of what `forward` computes.
//!
//! Every derivative is compared with a central difference in f64, by parameters and by features in
//! standard deviations. The error is relative to the larger of the two derivatives, or to [`FLOOR`]
//! times the function where both are smaller. Its bound is [`GRADIENT_BOUND`], or where rounding
//! leaves a difference fewer digits, what the difference is uncertain by. A difference that is
//! uncertain by more than [`LOOSEST`] fails: it shows nothing.
//!
//! Dead units and heads are revived first, see [`REVIVED`]: no step stays on one side of their
//! kinks, and behind a dead head all derivatives are 0, whatever their sign. A layer of ReLUs that
//! are all off at the points changes its sign first, for the same reason.

mod check;
mod difference;
mod integers;
mod layers;
mod local;
mod loss;
mod model;
mod noise;
mod points;
mod run;

pub use check::{Check, LOOSEST};
pub use difference::{FLOOR, GRADIENT_BOUND};
pub use points::REVIVED;
pub use run::check;
use run::{Lanes, POINTS, Space, lanes};

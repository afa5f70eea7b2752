//! All that a report shows of a model, as numbers.

mod beside;
mod card;
mod contexts;
mod cores;
mod delays;
mod doubts;
mod figures;
mod given;
mod histogram;
mod p_values;
mod pairs;
mod plane;
mod promise;
mod range;
mod roc;
mod shuffled;
mod test;
mod timeline;

pub use beside::{Beside, Better};
pub use card::{Card, Training};
pub use cores::CoreCost;
pub use delays::Delays;
pub use doubts::Doubt;
pub use figures::Findings;
pub use given::Given;
pub use histogram::Histogram;
pub use p_values::{PValues, Share};
pub use pairs::{Pair, Pairs};
pub use plane::Plane;
pub use promise::Promised;
pub use range::around;
pub use roc::{Rates, Roc};
pub use shuffled::{FEW_NATS, Shuffled, Shuffles, shuffled};
pub use test::Test;
pub use timeline::{Alarm, Blamed, Span, Timeline};

//! What `couplet calibrate` promises, and whether it is so: rates of false alarms over resamplings,
//! limits of the sum, episodes, blame, and the delay on a simulated plant.

mod blamed;
mod episodes;
mod limits;
mod process;
mod rates;
mod standardized;

pub use blamed::{Case, Hits, hits};
pub use episodes::{Autoregressive, episodes};
pub use limits::{Kept, kept};
pub use process::{Method, Plant, Watched};
pub use rates::{Rates, resampled};

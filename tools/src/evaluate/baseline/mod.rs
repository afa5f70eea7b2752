//! What a flow has to beat at its size: mixtures of Gaussians with full covariance matrices, fitted
//! to the same rows.
//!
//! ```text
//! p(x) = sum over k of w_k N(x; m_k, C_k),    4 (K (D + D (D + 1) / 2) + K) bytes in f32
//! ```
//!
//! One component is the Gaussian of greatest likelihood, in closed form. More are fitted by
//! expectation maximisation (Dempster, Laird and Rubin, 1977). All computations are in f64. The
//! same seed gives the same bits for any number of threads.

mod choice;
mod em;
mod gaussian;
pub(crate) mod kmeans;
mod mixture;
mod sums;
#[cfg(test)]
mod tests;

pub use choice::choose;
pub use em::{clusters, fit};
pub use gaussian::Gaussian;
pub use mixture::{Component, Mixture};

use super::c::Form;

/// What a model is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, which needs the crate `couplet`.
    Rust,
    /// C, which needs nothing.
    C(Form),
}

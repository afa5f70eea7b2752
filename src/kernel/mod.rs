//! Kernels: y = max(W x + b, floor) for one dense layer, where a flow spends its time.
//!
//! Each sum starts at its bias and adds w * x in input order, with one rounding for the product and
//! one for the sum. Rows do not depend on each other: how many are computed side by side changes
//! the time and not the bits.
//!
//! One file for each kind of processor: [`lanes`] (vectors), [`registers`] (single numbers in
//! floating-point registers), [`rows`] (no floating point) and, with the feature `asm`, `asm`
//! (Cortex-M4F, M7 and M33). [`layer`] chooses among them; [`blocks`] walks through the blocks of
//! [`packed`] weights and holds the kernels of small blocks. [`triangle`] multiplies by a triangular
//! matrix, whose weights lie in an [order of their own](triangle_order). [`integers`] is the kernel of
//! integer layers, whose weights [`quads`] orders. [`codegen`] explains what
//! keeps code small: a kernel learns a layer's shape at run time, so that a program holds it once,
//! whatever its models.

mod blocks;
pub(crate) mod codegen;
pub(crate) mod integers;
mod lanes;
mod layer;
pub(crate) mod packed;
pub(crate) mod quads;
mod registers;
mod rows;
#[cfg(test)]
mod tests;
pub(crate) mod triangle;
pub(crate) mod triangle_order;

// Where the kernel in assembly runs; its one cfg.
cfg_select! {
    all(feature = "asm", target_arch = "arm", target_abi = "eabihf", target_os = "none") => {
        mod asm;
        use self::asm::dense as dense_f32;
    }
    _ => {
        use self::layer::portable as dense_f32;
    }
}

pub use self::layer::{Element, Layer};

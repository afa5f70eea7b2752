/// How products, sums and elementary functions are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// As on the device: one rounding for a product, one for a sum; the device's exp and tanh.
    Device,
    /// Fused multiply-adds and a quick exp: faster, with other bits. For training.
    Fused,
}

impl Arithmetic {
    /// Whether products and sums are fused.
    pub fn is_fused(self) -> bool {
        self == Arithmetic::Fused
    }
}

//! What a model costs on a device: counted from its shape, estimated, or measured in QEMU.

pub mod cost;
pub mod estimate;
pub mod measure;
pub mod preset;
pub mod target;

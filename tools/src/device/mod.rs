//! What a model costs on a device.
//!
//! - [`cost`] counts from the shape: parameters, flash of the weights, multiply-accumulates.
//! - [`measure`] builds firmware with the model, runs it in QEMU and measures; `in_c.rs` does so with
//!   the model in C.
//! - [`table`] holds such measurements of random models of many shapes.
//! - [`estimate`] predicts from that table what a shape costs, without compiler and QEMU.
//! - [`preset`] chooses the shape for an amount of flash, [`kinds`] other kinds of density for it.
//!
//! [`target`] lists the cores, and nothing else has to know them: a core is one row there, the
//! memory map of its machine in `examples/firmware/memory`, the machine's emulator in
//! `examples/firmware/qemu`, and, where it is to be estimated too, lines in
//! `estimate/measured.csv`.

pub mod clock;
pub mod cost;
pub mod estimate;
mod in_c;
pub mod kinds;
pub mod measure;
pub mod preset;
pub mod table;
pub mod target;

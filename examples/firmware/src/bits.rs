//! The bits of every map of several models at the same points. The device prints them; tests/on_target.rs, which compiles
//! this same file for the host, compares.

use core::fmt::{Result, Write};
use couplet::nalgebra::SVector;
use couplet::{Base, Bijection, Model};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

#[path = "../../models/circles.rs"]
mod circles;
#[path = "../../models/moons.rs"]
mod moons;
#[path = "../../../tests/models/nice_d2.rs"]
mod nice_d2;
#[path = "../../../tests/models/nice_d5_logistic.rs"]
mod nice_d5_logistic;
#[path = "../../../tests/models/realnvp_d2.rs"]
mod realnvp_d2;
#[path = "../../../tests/models/realnvp_d7.rs"]
mod realnvp_d7;
#[path = "../../../tests/models/realnvp_d8_logistic.rs"]
mod realnvp_d8_logistic;

/// Writes a line for each of `points` points of each model.
pub fn report(points: u32, out: &mut impl Write) -> Result {
    lines("moons", &moons::MOONS, points, out)?;
    lines("circles", &circles::CIRCLES, points, out)?;
    lines("nice_d2", &nice_d2::NICE_D2, points, out)?;
    lines("nice_d5_logistic", &nice_d5_logistic::NICE_D5_LOGISTIC, points, out)?;
    lines("realnvp_d2", &realnvp_d2::REALNVP_D2, points, out)?;
    lines("realnvp_d7", &realnvp_d7::REALNVP_D7, points, out)?;
    lines("realnvp_d8_logistic", &realnvp_d8_logistic::REALNVP_D8_LOGISTIC, points, out)
}

/// `name point quantity=bits,bits,... quantity=bits ...`, a line for each point.
fn lines<const D: usize, L: Bijection<f32, D>, B: Base<f32>, const N: usize>(
    name: &str,
    model: &Model<D, L, B, N>,
    points: u32,
    out: &mut impl Write,
) -> Result {
    for point in 0..points {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(point.into());
        let z = features(point, &mut rng);
        let x = if is_typical(point) { model.standardize.inverse(&z).0 } else { z };
        let (latents, log_det) = model.forward(&x);
        let (reading, inverse_log_det) = model.inverse(&z);
        write!(out, "{name} {point}")?;
        bits(out, "x", x.as_slice())?;
        bits(out, "log_prob", &[model.log_prob(&x)])?;
        bits(out, "forward", latents.as_slice())?;
        bits(out, "log_det", &[log_det])?;
        bits(out, "inverse", reading.as_slice())?;
        bits(out, "inverse_log_det", &[inverse_log_det])?;
        bits(out, "sample", model.sample(&mut rng).as_slice())?;
        writeln!(out)?;
    }
    Ok(())
}

fn bits(out: &mut impl Write, quantity: &str, values: &[f32]) -> Result {
    let mut before = '=';
    write!(out, " {quantity}")?;
    for value in values {
        write!(out, "{before}{:08x}", value.to_bits())?;
        before = ',';
    }
    Ok(())
}

/// Every second point has features of a size that a model has seen; in the others one feature is strange, or all are wide
/// or strange.
fn is_typical(point: u32) -> bool {
    point.is_multiple_of(2)
}

fn features<const D: usize>(point: u32, rng: &mut impl Rng) -> SVector<f32, D> {
    let strange_one = rng.next_u32() as usize % D;
    let feature = |index, _| match point % 8 {
        1 | 5 if index == strange_one => strange(rng),
        3 => wide(rng),
        7 => strange(rng),
        _ => typical(rng),
    };
    SVector::from_fn(feature)
}

/// Uniform in [-4, 4).
fn typical(rng: &mut impl Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 * (8.0 / (1 << 24) as f32) - 4.0
}

/// Of any sign and of a magnitude between 2^-16 and 2^16.
fn wide(rng: &mut impl Rng) -> f32 {
    let exponent = 127 - 16 + rng.next_u32() % 32;
    f32::from_bits(rng.next_u32() & 0x807f_ffff | exponent << 23)
}

/// Any bits, and often those at the edges of what an f32 can be.
fn strange(rng: &mut impl Rng) -> f32 {
    const EDGES: [u32; 11] = [
        0x7fc0_0000, // NaN
        0x7f80_0001, // NaN, signalling
        0x7fff_ffff, // NaN with all bits of the payload
        0x7f80_0000, // infinity
        0x7f7f_ffff, // the largest
        0x7149_f2ca, // 1e30
        0x3f80_0000, // 1
        0x0080_0000, // the smallest normal
        0x007f_ffff, // the largest subnormal
        0x0000_0001, // the smallest
        0x0000_0000, // 0
    ];
    let (any, choice) = (rng.next_u32(), rng.next_u32() as usize % 16);
    let sign = any & 0x8000_0000;
    f32::from_bits(EDGES.get(choice).map_or(any, |edge| edge | sign))
}

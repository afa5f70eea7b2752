//! The bits of every map of several models, and of what stands around one, at the same points.
//! bin/bits.rs prints them on the device, and tests/on_target.rs compiles this file for the host and
//! compares.

use core::fmt::{Result, Write};
use core::ops::Range;
use couplet::nalgebra::SVector;
use couplet::{Base, Bijection, Given, Model};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

#[path = "../../models/circles.rs"]
mod circles;
#[path = "../../../tests/models/integer_modes.rs"]
mod integer_modes;
#[path = "../../../tests/models/marginal_d5.rs"]
mod marginal_d5;
#[path = "../../../tests/models/mixture_d2.rs"]
mod mixture_d2;
#[path = "../../../tests/models/mixture_d5.rs"]
mod mixture_d5;
#[path = "../../../tests/models/modes.rs"]
#[expect(dead_code, reason = "nobody asks for its alarm")]
mod modes;
mod monitor;
#[path = "../../models/moons_alarm.rs"]
#[expect(dead_code, reason = "its rules are not those of monitor.rs")]
mod moons;
#[path = "../../../tests/models/nice_d5_logistic.rs"]
mod nice_d5_logistic;
#[path = "../../../tests/models/realnvp_d7.rs"]
mod realnvp_d7;
#[path = "../../../tests/models/realnvp_d8_logistic.rs"]
mod realnvp_d8_logistic;
#[path = "../../../tests/models/spline_d2.rs"]
mod spline_d2;
#[path = "../../../tests/models/spline_d5.rs"]
mod spline_d5;
#[path = "../../../tests/models/student_d4.rs"]
mod student_d4;

/// Writes a line for each of some points of each model: `name point quantity=bits,bits,...
/// quantity=bits ...`.
pub fn report(points: Range<u32>, out: &mut impl Write) -> Result {
    every_model(&mut Lines { points, out })
}

/// Writes a line for each block of points of each model: `name from..to digest`. The digest is of
/// all bits.
///
/// The widest model, and what stands around one, get an eighth of the points, which takes as long as
/// all points of the other models where floating point is emulated.
pub fn digests(points: u32, block: u32, out: &mut impl Write) -> Result {
    every_model(&mut Digests { points, block, out })
}

/// What is done with the values of every model, and of what stands around one.
trait Visit {
    /// `values` shows the values of a point.
    fn visit(
        &mut self,
        name: &str,
        expense: u32,
        values: impl Fn(u32, &mut See<'_>) -> Result,
    ) -> Result;
}

type See<'a> = dyn FnMut(&str, &[f32]) -> Result + 'a;

fn every_model(visitor: &mut impl Visit) -> Result {
    macro_rules! model {
        ($name:literal, $expense:literal, $model:path) => {
            visitor.visit($name, $expense, |point, see| every_map(&$model, point, see))?;
        };
    }
    model!("moons", 1, moons::MOONS);
    model!("circles", 1, circles::CIRCLES);
    model!("nice_d5_logistic", 1, nice_d5_logistic::NICE_D5_LOGISTIC);
    model!("realnvp_d7", 1, realnvp_d7::REALNVP_D7);
    model!("student_d4", 1, student_d4::STUDENT_D4);
    model!("mixture_d2", 1, mixture_d2::MIXTURE_D2);
    model!("mixture_d5", 1, mixture_d5::MIXTURE_D5);
    model!("marginal_d5", 1, marginal_d5::MARGINAL_D5);
    model!("spline_d2", 1, spline_d2::SPLINE_D2);
    model!("spline_d5", 1, spline_d5::SPLINE_D5);
    model!("modes", 1, modes::MODES);
    model!("integer_modes", 1, integer_modes::INTEGER_MODES);
    model!("realnvp_d8_logistic", 8, realnvp_d8_logistic::REALNVP_D8_LOGISTIC);
    visitor.visit("monitor", 8, monitor::every_value)
}

struct Lines<'a, W> {
    points: Range<u32>,
    out: &'a mut W,
}

impl<W: Write> Visit for Lines<'_, W> {
    fn visit(
        &mut self,
        name: &str,
        _: u32,
        values: impl Fn(u32, &mut See<'_>) -> Result,
    ) -> Result {
        for point in self.points.clone() {
            write!(self.out, "{name} {point}")?;
            values(point, &mut |quantity, values| bits(self.out, quantity, values))?;
            writeln!(self.out)?;
        }
        Ok(())
    }
}

struct Digests<'a, W> {
    points: u32,
    block: u32,
    out: &'a mut W,
}

impl<W: Write> Visit for Digests<'_, W> {
    fn visit(
        &mut self,
        name: &str,
        expense: u32,
        values: impl Fn(u32, &mut See<'_>) -> Result,
    ) -> Result {
        for from in (0..self.points / expense).step_by(self.block as usize) {
            let to = (self.points / expense).min(from + self.block);
            let mut digest = 0xcbf2_9ce4_8422_2325_u64; // FNV-1a of words: each changes it
            for point in from..to {
                values(point, &mut |_, values| {
                    for value in values {
                        digest =
                            (digest ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3);
                    }
                    Ok(())
                })?;
            }
            writeln!(self.out, "{name} {from}..{to} {digest:016x}")?;
        }
        Ok(())
    }
}

/// What is given beside the features of a point.
trait Drawn {
    fn drawn(point: u32, rng: &mut impl Rng) -> Self;
}

impl Drawn for () {
    fn drawn(_: u32, _: &mut impl Rng) {}
}

impl<const C: usize> Drawn for SVector<f32, C> {
    fn drawn(point: u32, rng: &mut impl Rng) -> Self {
        features(point, rng)
    }
}

/// The values of every map at a point.
fn every_map<const D: usize, L, B, const N: usize, G>(
    model: &Model<D, L, B, N, G>,
    point: u32,
    see: &mut See<'_>,
) -> Result
where
    L: Bijection<f32, D, G::Values>,
    B: Base<f32>,
    G: Given<f32, Values: Drawn>,
{
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(point.into());
    let z = features(point, &mut rng);
    let x = if is_typical(point) { model.standardize.inverse(&z, &()).0 } else { z };
    let given = G::Values::drawn(point / 8, &mut rng);
    let (latents, log_det) = model.forward_given(&x, &given);
    let (reading, inverse_log_det) = model.inverse_given(&z, &given);
    see("x", x.as_slice())?;
    see("log_prob", &[model.log_prob_given(&x, &given)])?;
    see("forward", latents.as_slice())?;
    see("log_det", &[log_det])?;
    see("inverse", reading.as_slice())?;
    see("inverse_log_det", &[inverse_log_det])?;
    see("sample", model.sample_given(&mut rng, &given).as_slice())
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

/// Whether a point has features of a size that a model has seen. In every second point one feature
/// is strange, or all are wide or strange.
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

/// A number that is uniform in [-4, 4).
fn typical(rng: &mut impl Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 * (8.0 / (1 << 24) as f32) - 4.0
}

/// A number of any sign and of a magnitude between 2^-16 and 2^16.
fn wide(rng: &mut impl Rng) -> f32 {
    let exponent = 127 - 16 + rng.next_u32() % 32;
    f32::from_bits(rng.next_u32() & 0x807f_ffff | exponent << 23)
}

/// A number with any bits, and often one at the edges of what an f32 can be.
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

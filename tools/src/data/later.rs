//! Rows that calibrate a model: set apart before all others, as new readings will come.

use super::{
    Dependence,
    held::Held,
    split::{Kind, Origin, Request},
};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro128PlusPlus;
use std::collections::BTreeSet;

/// Sets the part of the rows apart that calibrates, of `count` rows in their order.
///
/// Independent rows are drawn one by one, equal ones too, so that they are a sample of what will
/// come. Whole groups stay together. Of rows that depend on each other it is the end of each file,
/// after a gap of a correlation time or, where that would be more, of a quarter of the rows before.
/// The second value are the rows that are left for other purposes.
pub fn set_apart(
    count: u32,
    dependence: &Dependence,
    request: &Request,
    origin: &Origin,
    rng: &mut Xoshiro128PlusPlus,
) -> (Held, Vec<u32>) {
    let blocks = match request.kind {
        Some(kind) => kind == Kind::Blocks,
        None => dependence.time > 1,
    };
    if let Some(groups) = &origin.groups {
        by_groups(groups, request.calibration, rng)
    } else if blocks {
        at_the_end(count, origin, dependence.time, request.calibration)
    } else {
        at_random(count, request.calibration, rng)
    }
}

fn at_random(count: u32, part: f64, rng: &mut Xoshiro128PlusPlus) -> (Held, Vec<u32>) {
    let mut rows: Vec<u32> = (0..count).collect();
    rows.shuffle(rng);
    let others = rows.split_off((f64::from(count) * part) as usize);
    (in_order(rows, |row| row), in_order(others, |row| row).rows)
}

fn by_groups(groups: &[u32], part: f64, rng: &mut Xoshiro128PlusPlus) -> (Held, Vec<u32>) {
    let mut order: Vec<u32> =
        groups.iter().copied().collect::<BTreeSet<u32>>().into_iter().collect();
    order.shuffle(rng);
    let wanted = (order.len() as f64 * part).ceil() as usize;
    let chosen: BTreeSet<u32> = order.into_iter().take(wanted).collect();
    let rows = 0..groups.len() as u32;
    let (held, others) = rows.partition(|&row| chosen.contains(&groups[row as usize]));
    (in_order(held, |row| groups[row as usize]), others)
}

fn at_the_end(count: u32, origin: &Origin, time: usize, part: f64) -> (Held, Vec<u32>) {
    let starts = || std::iter::once(0).chain(origin.files.iter().map(|&start| start as u32));
    let ends = origin.files.iter().map(|&start| start as u32).chain([count]);
    let (mut held, mut others) = (Held::default(), Vec::new());
    for ((start, end), file) in starts().zip(ends).zip(0..) {
        let calibrates = (f64::from(end - start) * part) as u32;
        let from = end - calibrates;
        let gap = if calibrates > 0 { (time as u32).min((from - start) / 4) } else { 0 };
        others.extend(start..from - gap);
        (from..end).for_each(|row| held.push(row, file));
    }
    (held, others)
}

/// The rows in their order, each of a unit.
fn in_order(mut rows: Vec<u32>, unit: impl Fn(u32) -> u32) -> Held {
    rows.sort_unstable();
    Held { units: rows.iter().map(|&row| unit(row)).collect(), rows }
}

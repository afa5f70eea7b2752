//! Which rows are trained on, which choose among weights, and which choose nothing.

pub use super::held::{Held, gather};
use super::{
    blocks::{Block, Blocks},
    dependence::Dependence,
    equal::Repeats,
    sides::{Purpose, Sides},
};
use anyhow::{Result, ensure};
use rand::seq::SliceRandom;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::Serialize;
use std::collections::BTreeMap;

/// How rows are set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Row by row, for independent rows.
    Random,
    /// Blocks of rows with gaps around them, for rows that depend on the rows before them.
    Blocks,
}

/// What to set apart.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where it is not given, the rows' dependence decides.
    pub kind: Option<Kind>,
    /// The part of the rows that chooses among weights.
    pub validation: f64,
    /// The part of the rows that chooses nothing.
    pub test: f64,
    /// The part of the rows that calibrates the model.
    pub calibration: f64,
    /// The same seed gives the same split.
    pub seed: u64,
}

impl Request {
    /// The purposes that rows are set apart for, each with its part.
    fn parts(&self) -> Vec<(Purpose, f64)> {
        let parts = [self.validation, self.test, self.calibration];
        Purpose::ALL.into_iter().zip(parts).filter(|&(_, part)| part > 0.0).collect()
    }
}

/// What is known of rows beside their numbers.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The row at which each file but the first begins.
    pub files: Vec<usize>,
    /// The group of each row that may be split: rows of one group stay together.
    pub groups: Option<Vec<u32>>,
    /// Whether each feature counts, so that it says nothing of dependence; empty where none does.
    pub counters: Vec<bool>,
    /// This many rows at the end are the validation rows, and others are not used for that.
    pub validation: usize,
}

/// A split of rows, by index.
///
/// No training row equals a validation or test row, and no validation row equals a test row.
#[derive(Clone, Debug)]
pub struct Split {
    /// The rows that are trained on.
    pub training: Vec<u32>,
    /// The rows that choose among weights.
    pub validation: Held,
    /// The rows that choose nothing.
    pub test: Held,
    /// The rows that calibrate the model, in order.
    pub calibration: Held,
    /// How many independent rows the training rows are worth.
    pub effective: usize,
    /// How many rows repeat an earlier one.
    pub repeats: usize,
    /// The number of rows whose values fill so much of the data that training keeps them: they are
    /// never held out.
    pub frequent: usize,
    /// Validation and test rows that were left out, since they equal a training row.
    pub twins: usize,
    /// How rows depend on the rows before them.
    pub dependence: Dependence,
    /// How the rows were set apart.
    pub way: Way,
    /// What the split was drawn with; a training goes on with it.
    pub rng: Xoshiro128PlusPlus,
}

/// How rows were set apart, and with which units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Row by row; equal rows together.
    Random,
    /// In blocks, with gaps between them and training rows.
    Blocks {
        /// How many.
        blocks: usize,
        /// How many rows each has, about.
        length: usize,
        /// Rows around each block that are not trained on.
        gap: usize,
    },
    /// Whole groups.
    Groups {
        /// How many there are.
        groups: usize,
        /// How many of them are set apart.
        held: usize,
    },
    /// The validation rows were given, and no test rows were asked for.
    Given,
}

impl Split {
    /// Splits rows of `d` features.
    ///
    /// Independent rows that all differ are shuffled: the first are validation rows, the next test
    /// rows, all others training rows.
    ///
    /// # Errors
    ///
    /// There are too few rows, different rows or groups to set any apart.
    pub fn new(rows: &[f32], d: usize, request: &Request, origin: &Origin) -> Result<Self> {
        let all = u32::try_from(rows.len() / d)?;
        let count = all - u32::try_from(origin.validation)?;
        let repeats = Repeats::of(rows, d);
        let distinct = repeats.distinct(count);
        let dependence = Dependence::of(rows, d, &distinct, &origin.counters);
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(request.seed);
        let different = distinct.len();
        let request = match origin.validation {
            0 => *request,
            _ => Request { validation: 0.0, ..*request },
        };
        let blocks = match request.kind {
            Some(kind) => kind == Kind::Blocks,
            None => dependence.time > 1,
        };
        let (mut sides, way) = if request.parts().is_empty() {
            (Sides { training: (0..count).collect(), ..Sides::default() }, Way::Given)
        } else if let Some(groups) = &origin.groups {
            by_groups(groups, &request, &mut rng)?
        } else if blocks {
            by_blocks(distinct, origin, dependence.time, &request, &mut rng)
        } else {
            at_random(distinct, &request, &mut rng)
        };
        let mut frequent = BTreeMap::new();
        if matches!(way, Way::Random | Way::Blocks { .. }) && !repeats.is_empty() {
            frequent = sides.frequent(&repeats, count);
            sides.keep_in_training(&frequent);
            sides.follow(&repeats, count);
        }
        if let Way::Blocks { gap, .. } = way {
            sides.leave_neighbours_out(&repeats, count, gap);
        }
        if origin.validation > 0 {
            *sides.of(Purpose::Validation) = given(rows, d, count, all, &origin.counters);
        }
        let (learned, twins) = sides.remove_twins(&repeats, all);
        let Sides { training, held: [validation, test, calibration], .. } = sides;
        let same = if different < count as usize {
            format!(", of which {different} differ")
        } else {
            String::new()
        };
        ensure!(
            !training.is_empty(),
            "{count} rows{same} are too few to learn from and to set rows apart"
        );
        ensure!(
            request.test == 0.0 || !test.rows.is_empty(),
            "each test row equals another row: give a larger part to the test, or rows that differ"
        );
        ensure!(
            request.calibration == 0.0 || !calibration.rows.is_empty(),
            "each calibration row equals another row: give a larger part to the calibration, or rows \
             that differ"
        );
        ensure!(
            !validation.rows.is_empty(),
            "each validation row equals a training row: give rows that the model does not learn \
             from"
        );
        let dependence = match request.kind {
            Some(Kind::Random) => Dependence { worth: 1.0, ..dependence },
            _ => dependence,
        };
        Ok(Split {
            training,
            validation,
            test,
            calibration: calibration.in_order(),
            effective: ((learned as f64 * dependence.worth).round() as usize).max(1),
            repeats: repeats.len(),
            frequent: frequent.values().sum(),
            twins,
            dependence,
            way,
            rng,
        })
    }

    /// Whether the training rows are worth fewer independent ones, since they depend on each other.
    pub fn is_dependent(&self) -> bool {
        self.dependence.worth < 1.0
    }

    /// Row by row at random, of this many rows that are known to be independent and to differ.
    ///
    /// # Errors
    ///
    /// There are too few rows to set any apart.
    pub fn random(count: usize, validation: f64, seed: u64) -> Result<Self> {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
        let request =
            Request { kind: Some(Kind::Random), validation, test: 0.0, calibration: 0.0, seed };
        let rows = (0..u32::try_from(count)?).collect();
        let (Sides { training, held: [validation, test, calibration], .. }, way) =
            at_random(rows, &request, &mut rng);
        ensure!(
            !training.is_empty(),
            "{count} rows are too few to learn from and to set rows apart"
        );
        let effective = training.len();
        let dependence = Dependence::NONE;
        Ok(Split {
            training,
            validation,
            test,
            calibration,
            effective,
            repeats: 0,
            frequent: 0,
            twins: 0,
            dependence,
            way,
            rng,
        })
    }
}

fn at_random(mut rows: Vec<u32>, request: &Request, rng: &mut Xoshiro128PlusPlus) -> (Sides, Way) {
    rows.shuffle(rng);
    let part = |part: f64| match part {
        0.0 => 0,
        part => ((rows.len() as f64 * part) as usize).max(1),
    };
    let mut sides = Sides::default();
    let mut left = &rows[..];
    for (purpose, asked) in request.parts() {
        let (held, others) = left.split_at(part(asked).min(left.len()));
        *sides.of(purpose) = Held { rows: held.to_vec(), units: (0..held.len() as u32).collect() };
        left = others;
    }
    sides.training = left.to_vec();
    (sides, Way::Random)
}

/// Blocks from all over the rows choose and test; the end of each file calibrates, as later rows
/// are what an alarm is for.
fn by_blocks(
    mut rows: Vec<u32>,
    origin: &Origin,
    time: usize,
    request: &Request,
    rng: &mut Xoshiro128PlusPlus,
) -> (Sides, Way) {
    let mut sides = Sides::default();
    if request.calibration > 0.0 {
        cut_ends(&mut rows, origin, time, request.calibration, &mut sides);
    }
    if request.validation + request.test == 0.0 {
        sides.training = rows;
        return (sides, Way::Given);
    }
    let place = |&start: &usize| rows.partition_point(|&row| (row as usize) < start);
    let ends: Vec<usize> = origin.files.iter().map(place).collect();
    let parts = [request.validation, request.test];
    let blocks = Blocks::draw(rows.len(), &ends, time, parts, rng);
    for (Block { places, test }, unit) in blocks.blocks.iter().zip(0..) {
        let purpose = if *test { Purpose::Test } else { Purpose::Validation };
        let side = sides.of(purpose);
        places.clone().for_each(|place| side.push(rows[place], unit));
    }
    let near = blocks.near(rows.len());
    for (place, (&row, near)) in rows.iter().zip(near).enumerate() {
        if !near {
            sides.training.push(row);
        } else if !blocks.hold(place) {
            sides.gaps.push(row);
        }
    }
    let [validation, test, _] = &sides.held;
    let held = validation.rows.len() + test.rows.len();
    let number = blocks.blocks.len();
    (sides, Way::Blocks { blocks: number, length: held / number, gap: blocks.gap })
}

/// Takes the end of each file for the calibration, and before it a gap of a correlation time or, where
/// that would be more, of a quarter of the rows that are left.
fn cut_ends(rows: &mut Vec<u32>, origin: &Origin, time: usize, part: f64, sides: &mut Sides) {
    let file = |row: u32| origin.files.partition_point(|&start| start <= row as usize) as u32;
    let mut others = Vec::with_capacity(rows.len());
    for of_file in rows.chunk_by(|&a, &b| file(a) == file(b)) {
        let held = (of_file.len() as f64 * part) as usize;
        let (before, end) = of_file.split_at(of_file.len() - held);
        let gap = if held > 0 { time.min(before.len() / 4) } else { 0 };
        let (kept, gap) = before.split_at(before.len() - gap);
        others.extend(kept);
        sides.gaps.extend(gap);
        end.iter().for_each(|&row| sides.of(Purpose::Calibration).push(row, file(row)));
    }
    *rows = others;
}

/// Groups in random order are set apart while they fit: a group may pass what was asked for by
/// half of that.
fn by_groups(
    groups: &[u32],
    request: &Request,
    rng: &mut Xoshiro128PlusPlus,
) -> Result<(Sides, Way)> {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    groups.iter().for_each(|group| *sizes.entry(*group).or_default() += 1);
    let mut order: Vec<u32> = sizes.keys().copied().collect();
    order.shuffle(rng);
    let mut purposes: BTreeMap<u32, Purpose> = BTreeMap::new();
    let parts = request.parts();
    ensure!(
        order.len() > parts.len(),
        "too few groups to split: there are {}, and one group or more is needed for training \
         and for each other purpose",
        order.len()
    );
    for (i, &(purpose, part)) in parts.iter().enumerate() {
        let wanted = groups.len() as f64 * part;
        // One group for each purpose that comes later, training included.
        let (mut held, mut left, needed) = (0, order.len(), parts.len() - i);
        order.retain(|group| {
            let fits = left > needed
                && (held as f64) < wanted
                && (held + sizes[group]) as f64 <= 1.5 * wanted;
            if fits {
                left -= 1;
                held += sizes[group];
                purposes.insert(*group, purpose);
            }
            !fits
        });
        if held == 0
            && let Some(smallest) = (0..order.len()).min_by_key(|&i| sizes[&order[i]])
        {
            purposes.insert(order.remove(smallest), purpose);
        }
    }
    let held = purposes.len();
    let mut rows = Sides::default();
    for (&group, row) in groups.iter().zip(0..) {
        match purposes.get(&group) {
            Some(&purpose) => rows.of(purpose).push(row, group),
            None => rows.training.push(row),
        }
    }
    Ok((rows, Way::Groups { groups: sizes.len(), held }))
}

/// Validation rows of their own: each a unit, or where they depend on each other each stretch of a
/// correlation time.
fn given(rows: &[f32], d: usize, from: u32, to: u32, counters: &[bool]) -> Held {
    let order: Vec<u32> = (from..to).collect();
    let time = Dependence::of(rows, d, &order, counters).time as u32;
    Held { units: order.iter().map(|row| (row - from) / time).collect(), rows: order }
}

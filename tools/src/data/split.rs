//! Which rows are trained on, which choose among weights, and which choose nothing.

pub use super::held::{Held, gather};
use super::{
    blocks::{Block, Blocks},
    dependence::Dependence,
    equal::Repeats,
    later::set_apart,
    sides::Sides,
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
    /// Rows that calibrate are set apart before: at random, whole groups, or the end of each file.
    ///
    /// # Errors
    ///
    /// There are too few rows, different rows or groups to set any apart.
    pub fn new(rows: &[f32], d: usize, request: &Request, origin: &Origin) -> Result<Self> {
        if request.calibration == 0.0 {
            return Self::of_all(rows, d, request, origin);
        }
        let all = u32::try_from(rows.len() / d)?;
        let count = all - u32::try_from(origin.validation)?;
        let in_order: Vec<u32> = (0..count).collect();
        let dependence = Dependence::of(rows, d, &in_order, &origin.counters);
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(request.seed ^ 1);
        let (calibration, mut left) = set_apart(count, &dependence, request, origin, &mut rng);
        let place = |&start: &usize| left.partition_point(|&row| (row as usize) < start);
        let of_others = Origin {
            files: origin.files.iter().map(place).collect(),
            groups: origin
                .groups
                .as_ref()
                .map(|groups| left.iter().map(|&row| groups[row as usize]).collect()),
            ..origin.clone()
        };
        left.extend(count..all);
        let others = gather(&left, rows, d);
        // Parts of all rows, those that calibrate included.
        let part = 1.0 - request.calibration;
        let request = Request {
            validation: request.validation / part,
            test: request.test / part,
            ..*request
        };
        let split = Self::of_all(&others, d, &request, &of_others)?;
        let back = |rows: Vec<u32>| rows.into_iter().map(|row| left[row as usize]).collect();
        let back_held = |held: Held| Held { rows: back(held.rows), units: held.units };
        Ok(Split {
            training: back(split.training),
            validation: back_held(split.validation),
            test: back_held(split.test),
            calibration,
            ..split
        })
    }

    /// Of rows none of which calibrates.
    fn of_all(rows: &[f32], d: usize, request: &Request, origin: &Origin) -> Result<Self> {
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
        let (mut sides, way) = if request.validation + request.test == 0.0 {
            (Sides { training: (0..count).collect(), ..Sides::default() }, Way::Given)
        } else if let Some(groups) = &origin.groups {
            by_groups(groups, &request, &mut rng)?
        } else if blocks {
            by_blocks(&distinct, origin, dependence.time, &request, &mut rng)
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
            sides.validation = given(rows, d, count, all, &origin.counters);
        }
        let (learned, twins) = sides.remove_twins(&repeats, all);
        let Sides { training, validation, test, .. } = sides;
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
            calibration: Held::default(),
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
        let kind = Some(Kind::Random);
        let request = Request { kind, validation, test: 0.0, calibration: 0.0, seed };
        let rows = (0..u32::try_from(count)?).collect();
        let (Sides { training, validation, test, .. }, way) = at_random(rows, &request, &mut rng);
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
            calibration: Held::default(),
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
    let validation = part(request.validation).min(rows.len());
    let test = part(request.test).min(rows.len() - validation);
    let held = |rows: &[u32]| Held { rows: rows.to_vec(), units: (0..rows.len() as u32).collect() };
    let sides = Sides {
        validation: held(&rows[..validation]),
        test: held(&rows[validation..validation + test]),
        training: rows[validation + test..].to_vec(),
        gaps: Vec::new(),
    };
    (sides, Way::Random)
}

fn by_blocks(
    rows: &[u32],
    origin: &Origin,
    time: usize,
    request: &Request,
    rng: &mut Xoshiro128PlusPlus,
) -> (Sides, Way) {
    let place = |&start: &usize| rows.partition_point(|&row| (row as usize) < start);
    let ends: Vec<usize> = origin.files.iter().map(place).collect();
    let parts = [request.validation, request.test];
    let blocks = Blocks::draw(rows.len(), &ends, time, parts, rng);
    let mut sides = Sides::default();
    for (Block { places, test }, unit) in blocks.blocks.iter().zip(0..) {
        let side = if *test { &mut sides.test } else { &mut sides.validation };
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
    let held = sides.validation.rows.len() + sides.test.rows.len();
    let number = blocks.blocks.len();
    (sides, Way::Blocks { blocks: number, length: held / number, gap: blocks.gap })
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
    let mut tests: BTreeMap<u32, bool> = BTreeMap::new();
    let parts = [(request.validation, false), (request.test, true)];
    let parts = parts.into_iter().filter(|&(part, _)| part > 0.0);
    ensure!(
        order.len() > parts.clone().count(),
        "too few groups to split: there are {}, and one group or more is needed for training \
         and for each other purpose",
        order.len()
    );
    let purposes = parts.clone().count();
    for (i, (part, test)) in parts.enumerate() {
        let wanted = groups.len() as f64 * part;
        // One group for each purpose that comes later, training included.
        let (mut held, mut left, needed) = (0, order.len(), purposes - i);
        order.retain(|group| {
            let fits = left > needed
                && (held as f64) < wanted
                && (held + sizes[group]) as f64 <= 1.5 * wanted;
            if fits {
                left -= 1;
                held += sizes[group];
                tests.insert(*group, test);
            }
            !fits
        });
        if held == 0
            && let Some(smallest) = (0..order.len()).min_by_key(|&i| sizes[&order[i]])
        {
            tests.insert(order.remove(smallest), test);
        }
    }
    let held = tests.len();
    let mut rows = Sides::default();
    for (&group, row) in groups.iter().zip(0..) {
        match tests.get(&group) {
            Some(true) => rows.test.push(row, group),
            Some(false) => rows.validation.push(row, group),
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

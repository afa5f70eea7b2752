use super::script::{Command, STRANGE, Script, below, normal, one_of, rng};
use couplet::{Calibration, CalibrationError, MAX_ROWS, ranks};
use rand_core::Rng;

pub const TABLE: usize = 32;
pub type Table = Calibration<f32, TABLE>;

/// The order of `couplet_error`.
pub fn code(error: CalibrationError) -> u32 {
    match error {
        CalibrationError::OtherModel { .. } => 1,
        CalibrationError::Rows { .. } => 2,
        CalibrationError::Rank { .. } => 3,
        CalibrationError::Threshold => 4,
        CalibrationError::NotFinite { .. } => 5,
        CalibrationError::Unsorted { .. } => 6,
        CalibrationError::Surprise { .. } => 7,
    }
}

pub fn answer(script: &mut Script, made: &Result<Table, u32>) {
    match made {
        Ok(table) => {
            script.answer(0_u32);
            script.answer(table.model as u32);
            script.answer((table.model >> 32) as u32);
            script.answer_float(table.threshold);
            script.answer_floats(&table.log_probs);
            script.answer_floats(&table.surprises);
            script.answer(table.rows);
        }
        Err(error) => script.answer(*error),
    }
}

/// Scores of normal readings, many of them equal.
fn rows(rng: &mut impl Rng, count: usize) -> Vec<f32> {
    let step = one_of(rng, &[0.0, 0.25, 2.0]);
    let row = |rng: &mut _| {
        let row = 3.0 * normal(rng) - 4.0;
        if step > 0.0 { (row / step).floor() * step } else { row }
    };
    let mut rows: Vec<f32> = (0..count).map(|_| row(rng)).collect();
    rows.sort_by(f32::total_cmp);
    rows
}

fn of_sorted(script: &mut Script, model: u64, rows: &[f32], rank: u32) -> Result<Table, u32> {
    script.ask(Command::Calibrate).model(model).word(rank).word(rows.len() as u32).floats(rows);
    let made = Table::of_sorted(model, rows, rank).map_err(code);
    answer(script, &made);
    made
}

/// Makes a calibration that nobody has checked the driver's.
pub fn send(script: &mut Script, table: &Table) {
    let Table { model, threshold, log_probs, surprises, rows } = table;
    script.ask(Command::Calibration).model(*model).float(*threshold);
    script.floats(log_probs).floats(surprises).word(*rows);
}

/// Log_probs around all that a table has, and strange ones.
fn score(script: &mut Script, table: &Table, rng: &mut impl Rng) {
    let entries = table.log_probs.iter().chain([&table.threshold]);
    let around = entries.flat_map(|entry| [entry.next_down(), *entry, entry.next_up()]);
    let random: Vec<f32> = (0..8).map(|_| f32::from_bits(rng.next_u32())).collect();
    for log_prob in around.chain(STRANGE).chain(random) {
        script.ask(Command::Score).float(log_prob);
        script.answer(table.is_anomaly(log_prob));
        script.answer_float(table.surprise(log_prob));
        script.answer_float(table.p_value(log_prob));
    }
    script.ask(Command::ThresholdRank);
    script.answer(table.threshold_rank());
}

/// A table with one thing wrong, or none.
fn spoilt(table: &Table, rng: &mut impl Rng) -> Table {
    let mut table = *table;
    let at = below(rng, TABLE as u32) as usize;
    let strange = one_of(rng, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, -90.0, 1e9]);
    match below(rng, 10) {
        0 => table.rows = one_of(rng, &[0, 1, MAX_ROWS, MAX_ROWS + 1, 1 << 31]),
        1 => table.threshold = strange,
        2 => table.log_probs[at] = strange,
        3 | 4 => table.surprises[at] = strange,
        5 => table.log_probs.swap(at, 31),
        6 => table.surprises = table.surprises.map(|surprise| surprise - 90.0),
        7 => table.surprises[31] = one_of(rng, &[0.0, -0.0, f32::MIN_POSITIVE]),
        8 => {
            // a count of 2^32
            table.rows = (1 << 31) - 1;
            table.surprises = [-core::f32::consts::LN_2; TABLE];
        }
        _ => (),
    }
    table
}

fn check(script: &mut Script, table: &Table, rng: &mut impl Rng) {
    send(script, table);
    for model in [table.model, table.model ^ 1 << 40, table.model ^ 1] {
        script.ask(Command::Check).model(model);
        script.answer(table.check(model).map_or_else(code, |()| 0));
    }
    if table.log_probs.is_sorted() {
        score(script, table, rng);
    }
}

pub fn script() -> Script {
    let mut script = Script::default();
    let rng = &mut rng(1);
    for case in 0..400 {
        let count = one_of(rng, &[1, 2, 31, 32, 33, 99, 999, 3000]);
        let rows = rows(rng, count);
        let rank =
            [1, count as u32, 1 + below(rng, count as u32), 1 + count as u32 / 100][case % 4];
        let model = rng.next_u64();
        let table = of_sorted(&mut script, model, &rows, rank).unwrap();
        score(&mut script, &table, rng);
        for _ in 0..8 {
            let table = spoilt(&table, rng);
            check(&mut script, &table, rng);
        }
    }
    refused(&mut script);
    largest(&mut script, rng);
    for _ in 0..2000 {
        let most = one_of(rng, &[40, 2000, MAX_ROWS, u32::MAX]);
        let (rows, threshold) = (below(rng, most), below(rng, most));
        script.ask(Command::Ranks).word(rows).word(threshold);
        ranks::<TABLE>(rows, threshold).into_iter().for_each(|rank| script.answer(rank));
    }
    script
}

/// What makes no calibration.
fn refused(script: &mut Script) {
    for (rows, rank) in [
        (&[][..], 1),
        (&[], 0),
        (&[-1.0], 0),
        (&[-1.0], 2),
        (&[-2.0, f32::NAN], 1),
        (&[-2.0, f32::INFINITY], 1),
        (&[f32::NEG_INFINITY, -2.0], 2),
        (&[-1.0, -2.0], 1),
        (&[-2.0, -1.0, -1.0, -1.5, f32::NAN], 5),
    ] {
        assert!(of_sorted(script, 7, rows, rank).is_err());
    }
}

/// The most rows there are, and one more.
fn largest(script: &mut Script, rng: &mut impl Rng) {
    let mut rows = rows(rng, MAX_ROWS as usize);
    let table = of_sorted(script, 1, &rows, 1000).unwrap();
    score(script, &table, rng);
    rows.push(1e9);
    assert!(of_sorted(script, 1, &rows, 1000).is_err());
}

//! Held-out rows are held out: whatever repeats, follows slowly or belongs together stays on one
//! side of the split.

mod common;

use common::{File, Folder};
use couplet::{Base as _, StandardNormal};
use couplet_tools::{
    bench::streams::STREAMS,
    data::{
        Dependence,
        split::{Held, Kind, Origin, Request, Split, Way},
    },
};
use rand::seq::SliceRandom;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;
use std::collections::{BTreeMap, BTreeSet};

const REQUEST: Request =
    Request { kind: None, validation: 0.1, test: 0.0, calibration: 0.0, seed: 1 };

/// Rows of `d` features, each `rho` times the row before and noise.
fn stream(count: usize, d: usize, rho: f32, seed: u64) -> Vec<f32> {
    let mut rows = vec![0.0; count * d];
    StandardNormal.sample(&mut Xoshiro128PlusPlus::seed_from_u64(seed), &mut rows);
    let step = (1.0 - rho * rho).sqrt();
    for i in d..rows.len() {
        rows[i] = rho * rows[i - d] + step * rows[i];
    }
    rows
}

fn text(rows: &[f32], d: usize) -> String {
    let line = |row: &[f32]| row.iter().map(f32::to_string).collect::<Vec<_>>().join(",") + "\n";
    (0..d).map(|i| format!("s{i}")).collect::<Vec<_>>().join(",")
        + "\n"
        + &rows.chunks(d).map(line).collect::<String>()
}

fn split(rows: &[f32], d: usize, request: &Request) -> Split {
    Split::new(rows, d, request, &Origin::default()).expect("rows enough")
}

/// Each row is in one place at most, and no row equals one on another side.
#[track_caller]
fn has_no_twins(split: &Split, rows: &[f32], d: usize) {
    let bits = |row: u32| rows[row as usize * d..][..d].iter().map(|x| x.to_bits()).collect();
    let mut side: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let held = [&split.validation.rows, &split.test.rows, &split.calibration.rows];
    let sides = [&split.training].into_iter().chain(held);
    for (i, rows) in sides.enumerate() {
        for &row in rows {
            assert!(seen.insert(row), "row {row} is used twice");
            let first = *side.entry(bits(row)).or_insert(i);
            assert_eq!(first, i, "row {row} has a twin on another side");
        }
    }
}

// --- Independent rows ---

/// As it always was: shuffled, the first tenth held out.
#[test]
fn independent_rows_without_equal_ones_keep_their_split() {
    let rows = stream(1003, 3, 0.0, 4);
    for seed in 1..5 {
        let mut order: Vec<usize> = (0..1003).collect();
        order.shuffle(&mut Xoshiro128PlusPlus::seed_from_u64(seed));
        let found = split(&rows, 3, &Request { seed, ..REQUEST });
        let held = found.validation.rows.iter().chain(&found.training);
        assert!(held.map(|&row| row as usize).eq(order));
        assert_eq!((found.validation.rows.len(), found.effective), (100, 903));
        assert_eq!((found.way, found.repeats), (Way::Random, 0));
    }
}

/// Of rows of whatever distribution, few or many, none of 7000 sets counts as dependent.
#[test]
fn independent_rows_are_not_taken_for_dependent_ones() {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(1);
    let mut sets = 0;
    for (count, d, times) in
        [(20, 2, 400), (60, 3, 400), (300, 8, 400), (2000, 12, 100), (9000, 4, 100)]
    {
        let order: Vec<u32> = (0..count as u32).collect();
        for _ in 0..times {
            let mut normal = vec![0.0_f32; count * d];
            StandardNormal.sample(&mut rng, &mut normal);
            let cauchy =
                normal.iter().enumerate().map(|(i, x)| x / normal[(i * 7 + 3) % normal.len()]);
            let rare = normal.iter().map(|&x| if x > 2.3 { 1.0 } else { 1e-6 * x });
            let half = normal.iter().map(|&x| f32::from(x > 0.0));
            let sets_of = [
                normal.iter().map(|x| (2.0 * x).exp()).collect(),
                cauchy.collect(),
                rare.collect::<Vec<f32>>(),
                half.collect(),
                normal.clone(),
            ];
            for rows in sets_of {
                sets += 1;
                assert_eq!(
                    Dependence::of(&rows, d, &order, &[]),
                    Dependence::NONE,
                    "{count} rows of {d}"
                );
            }
        }
    }
    assert_eq!(sets, 7000);
}

// --- Equal rows ---

#[test]
fn equal_rows_are_on_one_side() {
    let once = stream(300, 4, 0.0, 5);
    let each: Vec<f32> = once.chunks(4).flat_map(|row| row.repeat(2)).collect();
    let over = once.repeat(8);
    let day = stream(4000, 4, 0.95, 6);
    let days = [&day[..], &day[..4 * 2000], &day[4 * 1000..]].concat();
    for (rows, repeats, time) in [(&each, 300, 1), (&over, 2100, 1), (&days, 5000, 39)] {
        for (test, kind) in
            [(0.0, None), (0.2, None), (0.2, Some(Kind::Random)), (0.2, Some(Kind::Blocks))]
        {
            let found = split(rows, 4, &Request { test, kind, ..REQUEST });
            has_no_twins(&found, rows, 4);
            assert_eq!(found.repeats, repeats);
            let measured = found.dependence.time;
            assert!((time / 2..=2 * time).contains(&measured), "{measured} instead of {time}");
            let held = found.validation.rows.len() as f64 / (rows.len() / 4) as f64;
            assert!((0.05..0.16).contains(&held), "{held} is held out");
        }
    }
    let found = split(&over, 4, &REQUEST);
    assert_eq!((found.effective, found.validation.rows.len()), (270, 240));
}

#[test]
fn a_standard_error_counts_equal_rows_once() {
    let values = [1.0, 2.0, 4.0, 9.0];
    let error = |units: Vec<u32>| {
        let rows = (0..units.len() as u32).collect();
        let values: Vec<f64> = units.iter().map(|&unit| values[unit as usize]).collect();
        Held { rows, units }.mean(&values)
    };
    let (mean, once) = error(vec![0, 1, 2, 3]);
    // The standard deviation is sqrt(38 / 3), and there are four.
    assert!(mean == 4.0 && (once.unwrap() - (38.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
    let (mean, thrice) = error(vec![0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3]);
    assert!(mean == 4.0 && (thrice.unwrap() - once.unwrap()).abs() < 1e-12);
    assert_eq!(error(vec![2, 2, 2]), (4.0, None));
}

// --- Dependent rows ---

#[test]
fn dependent_rows_are_held_out_in_blocks_with_gaps_of_a_correlation_time() {
    for (rho, count, test, truth) in
        [(0.9, 6000, 0.0, 19), (0.97, 10_000, 0.1, 66), (0.99, 20_000, 0.0, 199)]
    {
        for seed in 1..4 {
            let rows = stream(count, 4, rho, seed);
            let found = split(&rows, 4, &Request { seed, test, ..REQUEST });
            let time = found.dependence.time;
            assert!((truth * 2 / 3..2 * truth).contains(&time), "{time} instead of {truth}");
            let effective = found.effective as f64 / (found.training.len() as f64 / truth as f64);
            assert!((0.6..1.6).contains(&effective), "{effective} times as many as there are");
            let trained: BTreeSet<u32> = found.training.iter().copied().collect();
            let held = [&found.validation, &found.test];
            for row in held.into_iter().flat_map(|held| &held.rows) {
                let near = row.saturating_sub(time as u32)..=row + time as u32;
                assert!(trained.range(near).next().is_none(), "a training row is near row {row}");
            }
            let tests: BTreeSet<u32> = found.test.rows.iter().copied().collect();
            for row in &found.validation.rows {
                let near = row.saturating_sub(time as u32)..row + time as u32;
                assert!(tests.range(near).next().is_none(), "a test row is near row {row}");
            }
            let last = |held: &Held| held.rows.iter().max().copied().unwrap_or(count as u32);
            assert!(last(&found.validation) as usize > count * 3 / 4, "not from all over the file");
            let least = (count as f64 * (0.64 - test)) as usize;
            assert!(found.training.len() > least, "{} rows are left", found.training.len());
        }
    }
}

/// Four devices take turns: a row is like the fourth before it, and unlike the three between.
#[test]
fn devices_that_take_turns_are_dependent() {
    let devices: Vec<Vec<f32>> = (0..4).map(|seed| stream(5000, 2, 0.95, seed)).collect();
    let turns = (0..5000).flat_map(|t| devices.iter().flat_map(move |rows| &rows[2 * t..][..2]));
    let rows: Vec<f32> = turns.copied().collect();
    let order: Vec<u32> = (0..20_000).collect();
    let time = Dependence::of(&rows, 2, &order, &[]).time;
    assert!((4 * 26..4 * 60).contains(&time), "{time} instead of {}", 4 * 39);
}

/// One slow sensor among fast ones, held for fifty rows.
#[test]
fn one_slow_column_is_enough() {
    let mut rows = stream(10_000, 4, 0.0, 3);
    for t in (0..10_000).filter(|t| t % 50 > 0) {
        rows[4 * t + 2] = rows[4 * (t - 1) + 2];
    }
    let found = split(&rows, 4, &REQUEST).dependence;
    assert!(found.feature == Some(2) && (35..80).contains(&found.time), "{found:?}");
    assert!((found.worth - 0.75).abs() < 0.02, "{found:?}");
}

#[test]
fn gaps_shrink_where_rows_are_too_few() {
    let rows = stream(3000, 3, 0.999, 2);
    let found = split(&rows, 3, &REQUEST);
    let Way::Blocks { gap, .. } = found.way else { panic!("{:?}", found.way) };
    assert!(gap < found.dependence.time && gap >= 50, "{gap} of {}", found.dependence.time);
    assert!(found.training.len() >= 3000 / 2, "{} rows are left", found.training.len());
}

#[test]
fn the_flag_wins_over_the_measurement() {
    let (slow, fast) = (stream(4000, 2, 0.98, 1), stream(4000, 2, 0.0, 1));
    let way = |rows: &[f32], kind| split(rows, 2, &Request { kind: Some(kind), ..REQUEST });
    let random = way(&slow, Kind::Random);
    assert_eq!((random.way, random.effective), (Way::Random, 3600));
    let blocks = way(&fast, Kind::Blocks);
    assert!(matches!(blocks.way, Way::Blocks { blocks: 32, gap: 1, .. }), "{:?}", blocks.way);
}

// --- Files, groups, rows of one's own ---

#[test]
fn a_file_boundary_is_a_block_boundary() {
    let rows = stream(6000, 3, 0.98, 8);
    let origin = Origin { files: (1..20).map(|i| 300 * i + 7).collect(), ..Origin::default() };
    for seed in 1..10 {
        let found = Split::new(&rows, 3, &Request { seed, ..REQUEST }, &origin).unwrap();
        let file = |row: u32| origin.files.partition_point(|&start| start <= row as usize);
        let mut files: BTreeMap<u32, usize> = BTreeMap::new();
        for (&row, &unit) in found.validation.rows.iter().zip(&found.validation.units) {
            let first = *files.entry(unit).or_insert(file(row));
            assert_eq!(first, file(row), "block {unit} has rows of two files");
        }
    }
}

#[test]
fn a_group_is_on_one_side() {
    let rows = stream(2000, 3, 0.9, 8);
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(3);
    let groups: Vec<u32> = (0..2000).map(|_| rng.next_u32() % 23).collect();
    let origin = Origin { groups: Some(groups.clone()), ..Origin::default() };
    for seed in 1..10 {
        let request = Request { seed, test: 0.2, ..REQUEST };
        let found = Split::new(&rows, 3, &request, &origin).unwrap();
        let mut side = BTreeMap::new();
        let sides = [&found.training, &found.validation.rows, &found.test.rows];
        for (i, rows) in sides.into_iter().enumerate() {
            for &row in rows {
                let first = *side.entry(groups[row as usize]).or_insert(i);
                assert_eq!(first, i, "group {} is cut in two", groups[row as usize]);
            }
        }
        let [training, validation, test] = sides.map(|rows| rows.len());
        assert_eq!(training + validation + test, 2000);
        assert!((150..301).contains(&validation) && (300..601).contains(&test));
        assert!(
            found
                .validation
                .rows
                .iter()
                .zip(&found.validation.units)
                .all(|(&row, &unit)| { groups[row as usize] == unit })
        );
    }
}

/// What groups or files of one's own put on both sides is left out of the held-out rows.
#[test]
fn twins_are_left_out_where_they_cannot_follow() {
    let mut rows = stream(1000, 3, 0.0, 8);
    let idle = [0.0; 3];
    rows.chunks_exact_mut(3).step_by(5).for_each(|row| row.copy_from_slice(&idle));
    let groups = Some((0..1000).map(|row| row / 50).collect());
    let found = Split::new(&rows, 3, &REQUEST, &Origin { groups, ..Origin::default() }).unwrap();
    has_no_twins(&found, &rows, 3);
    assert_eq!((found.repeats, found.twins, found.training.len()), (199, 20, 900));

    let origin = Origin { validation: 100, ..Origin::default() };
    let found = Split::new(&rows, 3, &REQUEST, &origin).unwrap();
    has_no_twins(&found, &rows, 3);
    assert!(found.training.iter().copied().eq(0..900));
    assert!(found.validation.rows.iter().all(|&row| row >= 900 && row % 5 > 0));
    assert_eq!((found.way, found.twins), (Way::Given, 20));

    let twice = [&rows[..], &rows].concat();
    let origin = Origin { validation: 1000, ..Origin::default() };
    let message = Split::new(&twice, 3, &REQUEST, &origin).unwrap_err().to_string();
    assert!(message.starts_with("each validation row equals a training row"), "{message}");
}

// --- The command line ---

const QUICK: &str = "--steps 40 --batch 64 --couplets 1 --hidden 4";

#[test]
fn equal_rows_are_counted_and_the_nats_have_an_error() {
    let once = stream(200, 3, 0.0, 5);
    let folder = Folder::with("d.csv", text(&once.repeat(3), 3));
    let run = folder.works(&format!("train d.csv {QUICK}"));
    let said = "equal rows: 400 of 600 repeat an earlier one; equal rows stay on one side\n";
    assert_eq!(run.stderr, said);
    let training = &File::parse(&folder.read("d.safetensors")).description["training"];
    let [nats, error] =
        ["held_out_nats", "held_out_error"].map(|key| training[key].as_f64().unwrap());
    let start = format!(
        "d.safetensors: {nats:.4} +- {error:.4} nats on 60 held-out rows, which chose the weights \
         (step "
    );
    assert!(run.stdout.starts_with(&start), "{}", run.stdout);
    assert!(training["test_nats"].is_null());
}

#[test]
fn dependence_is_told_with_the_correlation_time() {
    let folder = Folder::with("d.csv", text(&stream(6000, 3, 0.9, 2), 3));
    let run = folder.works(&format!("train d.csv {QUICK} -o m.safetensors"));
    let words = [
        "rows depend on the rows before them (correlation time ",
        " rows, column s",
        "): ",
        " blocks of ",
        " rows are held out, with gaps of ",
        " rows; the training rows are worth about ",
        " independent ones; if the file is only sorted, give --split random\n",
    ];
    let mut rest = &run.stderr[..];
    for word in words {
        rest = rest.split_once(word).unwrap_or_else(|| panic!("no {word} in {}", run.stderr)).1;
    }
    assert_eq!(rest, "");
    let said = folder.works(&format!("train d.csv {QUICK} --split random")).stderr;
    assert!(said.starts_with("warning: rows depend on the rows before them"), "{said}");
    assert!(folder.read("d.safetensors") != folder.read("m.safetensors"));
}

#[test]
fn test_rows_choose_nothing() {
    let folder = Folder::with("d.csv", text(&stream(500, 3, 0.0, 2), 3));
    let run = folder.works(&format!("train d.csv {QUICK} --test-fraction 0.2"));
    let training = &File::parse(&folder.read("d.safetensors")).description["training"];
    let [nats, error] = ["test_nats", "test_error"].map(|key| training[key].as_f64().unwrap());
    let test = format!("\ntest: {nats:.4} +- {error:.4} nats on 100 rows that chose nothing\n");
    assert!(run.stdout.contains(&test), "{}", run.stdout);
    assert!(run.stdout.contains("trained on 350 rows"), "{}", run.stdout);
}

#[test]
fn own_validation_rows_and_several_files() {
    let rows = stream(600, 3, 0.0, 2);
    let part = |range: std::ops::Range<usize>| text(&rows[3 * range.start..3 * range.end], 3);
    let folder = Folder::with("whole.csv", part(0..400))
        .and("a.csv", part(0..150))
        .and("b.csv", part(150..400))
        .and("v.csv", part(400..500))
        .and("w.csv", part(500..600));
    let given = "--validation v.csv --validation w.csv";
    let whole = folder.works(&format!("train whole.csv {QUICK} {given} -o whole.safetensors"));
    assert!(whole.stdout.contains("on 200 held-out rows"), "{}", whole.stdout);
    assert!(whole.stdout.contains("trained on 400 rows"), "{}", whole.stdout);
    folder.works(&format!("train a.csv b.csv {QUICK} {given} -o parts.safetensors"));
    assert!(folder.read("whole.safetensors") == folder.read("parts.safetensors"));
    folder.works(&format!("train whole.csv {QUICK} -o one.safetensors"));
    folder.works(&format!("train a.csv b.csv {QUICK}"));
    assert!(folder.read("one.safetensors") == folder.read("a.safetensors"));
    assert!(folder.read("one.safetensors") != folder.read("whole.safetensors"));
}

#[test]
fn a_group_is_no_feature_and_stays_together() {
    let rows = stream(600, 2, 0.0, 2);
    let line = |(i, row): (usize, &[f32])| format!("{},pump {},{}\n", row[0], i % 12, row[1]);
    let lines: String = rows.chunks(2).enumerate().map(line).collect();
    let folder = Folder::with("d.csv", format!("a,device,b\n{lines}"));
    let run = folder.works(&format!("train d.csv {QUICK} --group device"));
    assert_eq!(run.stderr, "features: a, b; left out: device\n1 of 12 groups is held out\n");
    assert!(run.stdout.contains("nats on 50 held-out rows, which"), "{}", run.stdout);
    folder.refuses(
        &format!("train d.csv {QUICK} --group a -o n.safetensors --columns a,b"),
        "d.csv: column a is a feature, so it cannot say which rows belong together",
    );
}

#[test]
fn the_old_name_of_a_flag_still_works() {
    let folder = Folder::with("d.csv", text(&stream(200, 3, 0.0, 2), 3));
    folder.works(&format!("train d.csv {QUICK} --val-fraction 0.2 -o old.safetensors"));
    folder.works(&format!("train d.csv {QUICK} --validation-fraction 0.2 -o new.safetensors"));
    assert!(folder.read("old.safetensors") == folder.read("new.safetensors"));
}

#[test]
fn few_rows_are_warned_of_with_how_many_would_do() {
    let folder = Folder::with("d.csv", text(&stream(20, 12, 0.0, 2), 12));
    let said = folder.works(&format!("train d.csv {QUICK}")).stderr;
    let start =
        "warning: the training rows are worth about 18 independent ones, few for 12 features: ";
    assert!(said.starts_with(start) && said.ends_with("; give 240 or more\n"), "{said}");
    let rows = couplet_tools::train::Options::enough_rows(12) * 10 / 9 + 1;
    let folder = Folder::with("d.csv", text(&stream(rows, 12, 0.0, 2), 12));
    assert_eq!(folder.works(&format!("train d.csv {QUICK}")).stderr, "");
}

/// What is known of a density from a few stretches is less than their rows say.
#[test]
fn few_independent_rows_in_dependent_ones_get_more_noise() {
    let options = couplet_tools::train::Options::default();
    assert_eq!([60, 300].map(|rows| options.outliers_for(rows, 4)), [0.01, 1.0 / 300.0]);
    assert_eq!([20, 60].map(|rows| options.noise_for(rows, 4, true)), [0.8, 0.4]);
    assert_eq!(options.noise_for(20, 4, false), 0.4);
}

#[test]
fn threads_do_not_change_a_split_by_blocks() {
    let folder = Folder::with("d.csv", text(&stream(3000, 3, 0.95, 2).repeat(2), 3));
    for threads in [1, 3] {
        let flags = format!("{QUICK} --test-fraction 0.1 --threads {threads}");
        folder.works(&format!("train d.csv {flags} -o {threads}.safetensors"));
    }
    assert!(folder.read("1.safetensors") == folder.read("3.safetensors"));
}

// --- The generated sets of `couplet bench --streams` ---

#[test]
fn generated_sets_are_what_their_names_say() {
    let found = |name: &str| {
        let stream = STREAMS.iter().find(|stream| stream.name == name).expect(name);
        let drawn = stream.draw(3);
        let d = drawn.features.len();
        let found = split(&drawn.rows, d, &REQUEST);
        has_no_twins(&found, &drawn.rows, d);
        (drawn.rows.len() / d, found.repeats, found.dependence.time)
    };
    assert_eq!(found("once"), (1000, 0, 1));
    assert_eq!(found("twice-each"), (4000, 2000, 1));
    assert_eq!(found("eight-times"), (2400, 2100, 1));
    for (name, rows, repeats, time) in [
        ("days", 8640, 2880, 19),
        ("ar-0.9-8", 6000, 0, 19),
        ("ar-0.99-4", 20_000, 0, 199),
        ("held", 10_000, 0, 50),
    ] {
        let (count, equal, measured) = found(name);
        assert_eq!((count, equal), (rows, repeats), "{name}");
        assert!((time * 2 / 3..2 * time).contains(&measured), "{name}: {measured}, not {time}");
    }
}

// --- Sides that would be empty or without a value ---

/// An idle reading that fills much of the file is learnt, wherever its first row lies.
#[test]
fn a_value_that_fills_much_of_the_file_stays_in_training() {
    for (rho, seed) in [(0.0, 1), (0.99, 2)] {
        let mut rows = stream(4000, 2, rho, seed);
        for chunk in rows.chunks_mut(20) {
            chunk[..8].fill(0.25);
        }
        for seed in 1..20 {
            let found = split(&rows, 2, &Request { seed, ..REQUEST });
            has_no_twins(&found, &rows, 2);
            let idle = |rows_of: &[u32]| {
                rows_of.iter().filter(|&&row| rows[2 * row as usize..][..2] == [0.25; 2]).count()
            };
            assert_eq!(idle(&found.training), 1600, "seed {seed}, {:?}", found.way);
            assert_eq!((idle(&found.validation.rows), found.frequent, found.twins), (0, 1600, 0));
        }
    }
}

/// A slow signal in coarse steps comes back to the same values: such a row is no held-out row, as
/// its neighbours are training rows.
#[test]
fn a_held_out_row_that_comes_again_elsewhere_is_left_out() {
    let mut rows = stream(20_000, 2, 0.995, 3);
    rows.iter_mut().for_each(|x| *x = (*x * 20.0).round() / 20.0);
    let found = split(&rows, 2, &REQUEST);
    let Way::Blocks { gap, .. } = found.way else { panic!("{:?}", found.way) };
    has_no_twins(&found, &rows, 2);
    let repeats = |row: u32| {
        let value = &rows[2 * row as usize..][..2];
        rows[..2 * row as usize].chunks(2).any(|earlier| earlier == value)
    };
    let training: BTreeSet<u32> = found.training.iter().copied().collect();
    for &row in &found.validation.rows {
        let gap = gap as u32;
        let mut near = training.range(row.saturating_sub(gap / 2)..=row + gap / 2);
        if repeats(row) {
            assert_eq!(near.next(), None, "training rows within {gap} rows of row {row}");
        } else {
            assert!(near.all(|&row| repeats(row)), "new training rows within {gap} of row {row}");
        }
    }
    let value = |row: u32| rows[2 * row as usize..][..2].iter().map(|x| x.to_bits()).collect();
    let held: BTreeSet<u32> = found.validation.rows.iter().copied().collect();
    let values: BTreeSet<Vec<u32>> = held.iter().map(|&row| value(row)).collect();
    let is_left_out =
        |row: &u32| !held.contains(row) && !training.contains(row) && values.contains(&value(*row));
    assert!((0..20_000).filter(is_left_out).count() > 0, "no held-out row comes again");
}

#[test]
fn each_side_that_is_asked_for_gets_a_block() {
    let rows = stream(2000, 2, 0.97, 5);
    for [validation, test] in [[0.01, 0.3], [0.1, 0.001], [0.02, 0.3], [0.5, 0.3]] {
        let request =
            Request { kind: Some(Kind::Blocks), validation, test, calibration: 0.0, seed: 1 };
        let found = split(&rows, 2, &request);
        assert!(!found.validation.rows.is_empty() && !found.test.rows.is_empty());
    }
}

#[test]
fn a_large_group_is_left_for_training() {
    let sizes = [1000, 10, 10];
    let groups: Vec<u32> =
        sizes.iter().zip(0..).flat_map(|(&size, group)| vec![group; size]).collect();
    let rows = stream(1020, 2, 0.0, 6);
    let request = Request { test: 0.1, ..REQUEST };
    let origin = Origin { groups: Some(groups), ..Origin::default() };
    for seed in 1..10 {
        let found = Split::new(&rows, 2, &Request { seed, ..request }, &origin).expect("a split");
        assert_eq!(found.training.len(), 1000);
    }
}

// --- Calibration ---

#[test]
fn independent_rows_calibrate_at_random_and_in_order() {
    let rows = stream(3000, 2, 0.0, 4);
    let found = split(&rows, 2, &Request { test: 0.1, calibration: 0.2, ..REQUEST });
    has_no_twins(&found, &rows, 2);
    let held = &found.calibration.rows;
    assert_eq!((held.len(), found.training.len()), (600, 1800));
    assert!(held.is_sorted() && held[0] < 30 && held[599] > 2970, "not from all over the rows");
}

/// Later rows are what an alarm is for.
#[test]
fn rows_that_depend_on_each_other_calibrate_at_the_end_of_each_file() {
    let rows = stream(9000, 4, 0.9, 4);
    let origin = Origin { files: vec![6000], ..Origin::default() };
    let request = Request { test: 0.1, calibration: 0.2, ..REQUEST };
    let found = Split::new(&rows, 4, &request, &origin).expect("rows enough");
    has_no_twins(&found, &rows, 4);
    let expected: Vec<u32> = (4800..6000).chain(8400..9000).collect();
    assert_eq!(found.calibration.rows, expected);
    let gap = found.dependence.time as u32;
    let others = [&found.training, &found.validation.rows, &found.test.rows];
    for &row in others.into_iter().flatten() {
        let to_first = if row < 6000 { 4800 - row.min(4800) } else { 8400 - row.min(8400) };
        // the correlation time is measured anew on the rows that are left
        assert!(2 * to_first > gap, "row {row} is a neighbour of a calibration row");
    }
    let alone = Request { validation: 0.0, ..request };
    let own = Origin { validation: 500, ..origin };
    let found = Split::new(&rows, 4, &Request { test: 0.0, ..alone }, &own).expect("rows enough");
    assert_eq!(found.validation.rows, (8500..9000).collect::<Vec<u32>>());
    assert!(found.calibration.rows.starts_with(&[4800]), "{:?}", found.calibration.rows.first());
}

#[test]
fn whole_groups_calibrate() {
    let groups: Vec<u32> = (0..2000).map(|row| row / 100).collect();
    let rows = stream(2000, 2, 0.0, 6);
    let origin = Origin { groups: Some(groups), ..Origin::default() };
    let request = Request { test: 0.1, calibration: 0.2, ..REQUEST };
    let found = Split::new(&rows, 2, &request, &origin).expect("rows enough");
    let of = |rows: &[u32]| rows.iter().map(|row| row / 100).collect::<BTreeSet<u32>>();
    let sides =
        [&found.training, &found.validation.rows, &found.test.rows, &found.calibration.rows];
    let sizes: Vec<usize> = sides.iter().map(|rows| of(rows).len()).collect();
    assert_eq!(sizes, [12, 2, 2, 4]);
    assert_eq!(sides.iter().map(|rows| of(rows)).fold(BTreeSet::new(), |a, b| &a | &b).len(), 20);
}

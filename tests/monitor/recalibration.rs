use super::{cases, normal, rng};
use couplet::nalgebra::SVector;
use couplet::{
    Adjusting, AdjustmentError, Calibration, Recalibration, RecalibrationError, Standardize,
};

type Table = Calibration<f32, 16>;

/// Pushes scores until the buffer is full: the calibration is that of all of them.
#[test]
fn with_room_for_all_it_is_the_calibration_of_all() {
    let mut rng = rng(1);
    let mut recalibration = Recalibration::<f32, 999>::new(1);
    let mut scores: Vec<f32> = Vec::new();
    for at in 0..cases(999).max(99) {
        let score = (normal(&mut rng) * 4.0).round() as f32; // with ties
        recalibration.push(score);
        recalibration.push([f32::NAN, f32::INFINITY, f32::NEG_INFINITY][at % 3]);
        scores.push(score);
        scores.sort_by(f32::total_cmp);
        assert_eq!(recalibration.kept(), scores);
    }
    let count = scores.len() as u32;
    assert_eq!((recalibration.readings(), recalibration.invalid()), (2 * count, count));
    let expected = Table::of_sorted(9, &scores, (count + 1) / 50).unwrap();
    assert_eq!(recalibration.calibration(9, 1, 50), Ok(expected));
    assert_eq!(recalibration.calibration(9, 2, 100), Ok(expected));
}

#[test]
fn too_few_rows_are_refused_by_number() {
    let needed = [100, 1_000, 10_000].map(|of| Recalibration::<f32, 1>::needed(1, of));
    assert_eq!(needed, [99, 999, 9_999]);
    assert_eq!(Recalibration::<f32, 1>::needed(10, 10_000), 999);
    assert_eq!(Recalibration::<f32, 1>::needed(3, 1_000), 333);

    let mut recalibration = Recalibration::<f32, 20>::new(0);
    (0..18).for_each(|i| recalibration.push(i as f32));
    let refused = |error| Err::<Table, _>(error);
    let too_few = RecalibrationError::TooFew { kept: 18, needed: 19 };
    assert_eq!(recalibration.calibration(0, 1, 20), refused(too_few));
    recalibration.push(18.0);
    assert_eq!(recalibration.calibration::<16>(0, 1, 20).unwrap().threshold, 0.0);
    for (false_alarms, of) in [(0, 20), (20, 20), (21, 20), (0, 0), (1, 0)] {
        let rate = RecalibrationError::Rate { false_alarms, of };
        assert_eq!(recalibration.calibration(0, false_alarms, of), refused(rate));
    }
}

#[test]
fn of_more_readings_each_is_kept_with_the_same_probability() {
    const READINGS: usize = 64;
    let times = cases(20_000);
    let mut kept = [0; READINGS];
    for seed in 0..times as u32 {
        let mut recalibration = Recalibration::<f32, 8>::new(seed);
        for reading in 0..READINGS {
            // Any order of values.
            recalibration.push((reading * 37 % READINGS) as f32);
            assert!(recalibration.kept().is_sorted_by(|a, b| a < b));
        }
        for &value in recalibration.kept() {
            kept[value as usize * 45 % READINGS] += 1; // 37 * 45 = 1 mod 64
        }
    }
    assert_eq!(kept.iter().sum::<usize>(), 8 * times);
    let expected = times as f64 / 8.0;
    let distance = |&count: &usize| (count as f64 - expected).powi(2) / (expected * 7.0 / 8.0);
    let chi_square: f64 = kept.iter().map(distance).sum();
    // 63 degrees of freedom, and counts of each run add up: its .9999 quantile.
    assert!(cfg!(miri) || chi_square < 112.0, "{chi_square}: {kept:?}");
}

/// The rate of an exported calibration, with the rows there are.
#[test]
#[cfg_attr(miri, ignore = "takes a minute")]
fn the_exported_rate_is_kept() {
    let rows: Vec<f32> = (0..9_999).map(|i| i as f32).collect();
    let exported = Table::of_sorted(3, &rows, 20).unwrap();
    assert_eq!(exported.threshold_rank(), 20);
    let mut recalibration = Recalibration::<f32, 999>::new(3);
    (0..999).for_each(|i| recalibration.push(5.0 * i as f32));
    let (rank, of) = (exported.threshold_rank(), exported.rows + 1);
    let new: Table = recalibration.calibration(exported.model, rank, of).unwrap();
    assert_eq!((new.model, new.rows, new.threshold_rank(), new.threshold), (3, 999, 2, 5.0));
}

/// The rate of alarms after rounds of recalibration: right with every reading, and running away
/// with those alone that raised no alarm.
#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn all_readings_keep_the_rate_and_normal_ones_run_away() {
    let rate = |all: bool| {
        let mut rng = rng(7);
        let mut threshold = f32::NEG_INFINITY;
        for round in 0..8 {
            let mut recalibration = Recalibration::<f32, 499>::new(round);
            for _ in 0..5_000 {
                let score = normal(&mut rng) as f32;
                if all || score >= threshold {
                    recalibration.push(score);
                }
            }
            let table: Table = recalibration.calibration(0, 1, 20).unwrap();
            threshold = table.threshold;
        }
        let alarms = (0..20_000).filter(|_| (normal(&mut rng) as f32) < threshold).count();
        alarms as f64 / 20_000.0
    };
    let (of_all, of_normal) = (rate(true), rate(false));
    assert!((of_all - 0.05).abs() < 0.03, "{of_all}"); // 3 standard errors of Beta(25, 475)
    assert!(of_normal > 0.25, "{of_normal}");
}

#[test]
fn an_adjustment_moves_a_unit_to_the_fleet() {
    let fleet = Standardize::new([1013.0_f32, -2.0], [0.5, 3.0]);
    let mut rng = rng(4);
    let mut adjusting = Adjusting::new();
    let readings: Vec<[f64; 2]> = (0..cases(5_000).max(50))
        .map(|_| [1013.4 + 0.25 * normal(&mut rng), 1.0 + 6.0 * normal(&mut rng)])
        .collect();
    for (at, reading) in readings.iter().enumerate() {
        adjusting.push(&fleet, &reading.map(|x| x as f32).into());
        let strange = [f32::NAN, f32::INFINITY, f32::MIN, 1e6][at % 4];
        adjusting.push(&fleet, &[1013.0, strange].into());
    }
    let count = readings.len() as u32;
    assert_eq!((adjusting.readings(), adjusting.invalid()), (2 * count, count));
    let shifts = adjusting.adjustment(&fleet, false).unwrap();
    let both = adjusting.adjustment(&fleet, true).unwrap();
    for i in 0..2 {
        let mean = readings.iter().map(|x| x[i]).sum::<f64>() / f64::from(count);
        let square = |x: &[f64; 2]| (x[i] - mean).powi(2);
        let deviation = (readings.iter().map(square).sum::<f64>() / f64::from(count - 1)).sqrt();
        let (of_fleet, std) = (f64::from(fleet.mean[i]), f64::from(fleet.std[i]));
        assert!((f64::from(shifts.offset[i]) - (mean - of_fleet)).abs() < 1e-3);
        assert_eq!(shifts.factor[i], 1.0);
        assert!((f64::from(both.factor[i]) * deviation / std - 1.0).abs() < 1e-3);
        // A deviation above the unit's mean is one above the fleet's.
        let mut x = SVector::<f32, 2>::zeros();
        x[i] = (mean + deviation) as f32;
        assert!((f64::from(both.apply(&x)[i]) - (of_fleet + std)).abs() < 2e-3);
    }
    let log_det = f64::from(both.factor[0]).ln() + f64::from(both.factor[1]).ln();
    assert!((f64::from(both.log_det()) - log_det).abs() < 1e-6);
}

#[test]
fn what_gives_no_adjustment_is_refused() {
    let fleet = Standardize::new([0.0_f32, 0.0], [1.0, 1.0]);
    let mut adjusting = Adjusting::new();
    adjusting.push(&fleet, &[1.0, 5.0].into());
    let too_few = Err(AdjustmentError::TooFew { readings: 1 });
    assert_eq!(adjusting.adjustment(&fleet, false), too_few);
    adjusting.push(&fleet, &[2.0, 5.0].into());
    assert_eq!(adjusting.adjustment(&fleet, false).unwrap().offset.as_slice(), [1.5, 5.0]);
    let constant = Err(AdjustmentError::Feature { feature: 1 });
    assert_eq!(adjusting.adjustment(&fleet, true), constant);
}

use super::{cases, rng, uniform};
use couplet::{Calibration, CalibrationError, MAX_ROWS, ranks};
use rand_core::Rng;

/// (1 + #{s_i <= log_prob}) / (n + 1), in the order of its definition.
fn exact(rows: &[f32], log_prob: f32) -> f32 {
    let below = rows.iter().filter(|&&row| row <= log_prob).count();
    (1 + below) as f32 / (rows.len() + 1) as f32
}

#[test]
#[cfg_attr(miri, ignore = "compares 10,000 numbers, which others do with fewer")]
fn p_is_at_least_the_exact_one_and_at_most_1_30_times_it() {
    const ROWS: usize = 9_999;
    let rows: Vec<f32> = (1..=ROWS).map(|i| i as f32).collect();
    for rank in [1, 5, 10, 11, 99, 100, 5_000, 9_998, 9_999] {
        let calibration = Calibration::<f32, 32>::of_sorted(0, &rows, rank).unwrap();
        for below in (0..=ROWS).step_by(if cfg!(miri) { 499 } else { 1 }) {
            let exact = (1 + below) as f32 / (ROWS + 1) as f32;
            // Between two rows, and equal to one.
            for log_prob in
                [below as f32 + 0.5, below as f32].into_iter().skip(usize::from(below == 0))
            {
                let p = calibration.p_value(log_prob);
                assert!(exact <= p && p <= 1.30 * exact, "{p} instead of {exact} at {log_prob}");
                let is_promised = p <= rank as f32 / (ROWS + 1) as f32;
                assert_eq!(calibration.is_anomaly(log_prob), is_promised, "{rank}: {log_prob}");
            }
        }
    }
}

#[test]
fn ranks_of_every_threshold_are_close_enough() {
    const ROWS: u32 = 9_999;
    for threshold in (1..=ROWS).step_by(if cfg!(miri) { 1_999 } else { 1 }) {
        let ranks = ranks::<32>(ROWS, threshold);
        assert_eq!(ranks[0], 1);
        assert!(ranks.contains(&threshold), "{ranks:?} without {threshold}");
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        let ends = ranks.iter().copied().skip(1).chain([ROWS + 1]);
        for (&rank, next) in ranks.iter().zip(ends) {
            assert!(100 * next <= 130 * (rank + 1), "{rank} and {next} of {ranks:?}");
        }
    }
}

/// Rows of few values, so that ties are everywhere.
#[test]
fn p_is_at_least_the_exact_one_with_ties() {
    let mut rng = rng(1);
    for case in 0..cases(2_000) {
        let levels = 1 + rng.next_u32() % 9;
        let mut rows: Vec<f32> =
            (0..1 + case % 70).map(|_| (rng.next_u32() % levels) as f32).collect();
        rows.sort_by(f32::total_cmp);
        let rank = 1 + rng.next_u32() % rows.len() as u32;
        one_table::<3>(&rows, rank);
        one_table::<8>(&rows, rank);
        one_table::<32>(&rows, rank);
    }
}

fn one_table<const M: usize>(rows: &[f32], rank: u32) {
    let calibration = Calibration::<f32, M>::of_sorted(0, rows, rank).unwrap();
    assert_eq!(calibration.check(0), Ok(()));
    assert!(calibration.threshold_rank() <= rank);
    let alpha = rank as f32 / (rows.len() + 1) as f32;
    for log_prob in (-2..=20).map(|half| half as f32 / 2.0) {
        let p = calibration.p_value(log_prob);
        assert!(exact(rows, log_prob) <= p && p <= 1.0, "{p} of {log_prob} among {rows:?}");
        assert_eq!(calibration.is_anomaly(log_prob), p <= alpha, "{log_prob} among {rows:?}");
    }
    for strange in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(calibration.is_anomaly(strange) && calibration.p_value(strange) <= alpha);
        assert_eq!(calibration.surprise(strange), calibration.surprises[0]);
    }
}

/// The rate of false alarms, over resamplings of calibration rows: within 3 standard errors of k /
/// (n + 1).
#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn the_rate_of_false_alarms_is_the_promised_one() {
    let mut rng = rng(2);
    for (rows, rank) in [(99, 1), (999, 10)] {
        const TIMES: usize = 1_000;
        let mut rates = Vec::new();
        for _ in 0..TIMES {
            let mut scores: Vec<f64> = (0..rows).map(|_| uniform(&mut rng)).collect();
            scores.sort_by(f64::total_cmp);
            // Of uniform scores the rate is the threshold.
            rates.push(Calibration::<f64, 8>::of_sorted(0, &scores, rank).unwrap().threshold);
        }
        let mean = rates.iter().sum::<f64>() / TIMES as f64;
        let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / TIMES as f64;
        let error = (variance / TIMES as f64).sqrt();
        let promised = f64::from(rank) / f64::from(rows + 1);
        assert!((mean - promised).abs() < 3.0 * error, "{mean} +- {error} for {promised}");
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    type Small = Calibration<f32, 3>;
    let good = Small::new(7, -2.0, [-3.0, -2.0, -1.0], [2.0, 1.0, 0.5], 9);
    assert_eq!(good.check(7), Ok(()));
    let refuses = |spoil: &dyn Fn(&mut Small), error| {
        let mut spoilt = good;
        spoil(&mut spoilt);
        assert_eq!(spoilt.check(7), Err(error), "{error}");
    };
    refuses(&|c| c.model = 8, CalibrationError::OtherModel { expected: 7, found: 8 });
    refuses(&|c| c.rows = 0, CalibrationError::Rows { rows: 0 });
    refuses(&|c| c.rows = MAX_ROWS + 1, CalibrationError::Rows { rows: MAX_ROWS + 1 });
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        refuses(&|c| c.threshold = value, CalibrationError::Threshold);
        for index in 0..3 {
            refuses(&|c| c.log_probs[index] = value, CalibrationError::NotFinite { index });
            refuses(&|c| c.surprises[index] = value, CalibrationError::Surprise { index });
        }
    }
    refuses(&|c| c.log_probs[1] = -3.5, CalibrationError::Unsorted { index: 1 });
    refuses(&|c| c.log_probs[2] = -2.5, CalibrationError::Unsorted { index: 2 });
    refuses(&|c| c.surprises[1] = 2.5, CalibrationError::Surprise { index: 1 });
    refuses(&|c| c.surprises[2] = -0.5, CalibrationError::Surprise { index: 2 });

    let of = |rows: &[f32], rank| Small::of_sorted(7, rows, rank).map(|_| ());
    assert_eq!(of(&[], 1), Err(CalibrationError::Rows { rows: 0 }));
    assert_eq!(of(&[0.0], 0), Err(CalibrationError::Rank { rank: 0, rows: 1 }));
    assert_eq!(of(&[0.0], 2), Err(CalibrationError::Rank { rank: 2, rows: 1 }));
    assert_eq!(of(&[0.0, -1.0], 1), Err(CalibrationError::Unsorted { index: 1 }));
    assert_eq!(of(&[f32::NEG_INFINITY, 0.0], 1), Err(CalibrationError::NotFinite { index: 0 }));
    assert_eq!(of(&[0.0, f32::NAN], 1), Err(CalibrationError::NotFinite { index: 1 }));
}

/// A calibration that nobody checked raises alarms, and does not hide them.
#[test]
fn a_spoilt_calibration_is_loud() {
    let nan: Calibration<f32, 3> = Calibration::new(0, f32::NAN, [f32::NAN; 3], [3.0, 2.0, 1.0], 9);
    assert!(nan.is_anomaly(5.0));
    assert_eq!(nan.surprise(5.0), 3.0);
}

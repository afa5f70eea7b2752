use super::{cases, normal, rng};
use couplet::nalgebra::{SMatrix, SVector};
use couplet::{Attribution, Steps};
use rand_core::Rng;
use std::cell::Cell;

/// The quantiles .05, .25, .5, .75 and .95 of a standard normal.
const TYPICAL: [[f32; 6]; 5] = [[-1.645; 6], [-0.674; 6], [0.0; 6], [0.674; 6], [1.645; 6]];

const THRESHOLD: f32 = -14.0;

/// A Gaussian of six features, each correlated with the next; up to a constant.
fn log_prob(x: &SVector<f32, 6>) -> f32 {
    let precision = SMatrix::<f32, 6, 6>::from_fn(|i, j| match i.abs_diff(j) {
        0 => 1.6,
        1 => -0.6,
        _ => 0.0,
    });
    let log_prob = -0.5 * x.dot(&(precision * x)) - 5.0;
    if log_prob.is_finite() { log_prob } else { f32::NEG_INFINITY }
}

fn reading(rng: &mut impl Rng) -> SVector<f32, 6> {
    SVector::from_fn(|_, _| (0.5 * normal(rng)) as f32)
}

#[test]
fn a_planted_culprit_is_found() {
    let mut rng = rng(1);
    for case in 0..cases(500) {
        let mut x = reading(&mut rng);
        let culprit = case % 6;
        x[culprit] = if case % 2 == 0 { 8.0 } else { -8.0 };
        let found = Attribution::of(log_prob, &x, &TYPICAL, THRESHOLD);
        assert_eq!((found.ranked()[0], found.culprits()), (culprit, 1), "{x:?}: {found:?}");
        assert!(found.explains(culprit));
        // Its expected value and its nats, by the definition.
        let reset = |value| {
            let mut x = x;
            x[culprit] = value;
            log_prob(&x)
        };
        let best = TYPICAL.map(|row| reset(row[culprit])).into_iter().reduce(f32::max).unwrap();
        assert_eq!(found.best[culprit], best);
        assert_eq!(reset(found.expected[culprit]), best);
        assert_eq!(found.nats[culprit], best - log_prob(&x));
    }
}

#[test]
fn two_planted_culprits_are_found_in_rounds() {
    let mut rng = rng(2);
    for case in 0..cases(300) {
        let mut x = reading(&mut rng);
        let (first, second) = (case % 6, (case + 2) % 6);
        (x[first], x[second]) = (12.0, -8.0);
        let found = Attribution::of(log_prob, &x, &TYPICAL, THRESHOLD);
        let [one, two, ..] = found.ranked();
        assert_eq!((one, two, found.culprits()), (first, second, 2), "{found:?}");
        assert!(!found.explains(first) && found.explains(second));
        let gained = found.nats[first] + found.nats[second];
        let rounding = 1e-3;
        assert!((gained - (found.best[second] - log_prob(&x))).abs() < rounding);
    }
}

#[test]
fn at_most_three_features_are_blamed() {
    let mut x = SVector::<f32, 6>::repeat(20.0);
    x[3] = 50.0;
    let found = Attribution::of(log_prob, &x, &TYPICAL, THRESHOLD);
    assert_eq!(found.culprits(), 3);
    assert_eq!(found.ranked()[0], 3);
}

#[test]
fn features_that_are_not_finite_come_first_in_index_order() {
    let strange = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN];
    let mut rng = rng(3);
    for case in 0..cases(300) {
        let mut x = reading(&mut rng);
        let broken = [case % 6, (case + 1 + case / 6 % 5) % 6];
        broken.into_iter().for_each(|feature| x[feature] = strange[case % 4]);
        let mut order = broken;
        order.sort();
        let found = Attribution::of(log_prob, &x, &TYPICAL, THRESHOLD);
        assert_eq!(found.ranked()[..2], order, "{x:?}: {found:?}");
        assert_eq!(found.culprits(), 2);
        for feature in broken {
            assert_eq!((found.expected[feature], found.nats[feature]), (0.0, f32::INFINITY));
            assert!(found.explains(feature));
        }
        // A finite culprit comes after them.
        let culprit = (0..6).find(|feature| !broken.contains(feature)).unwrap();
        x[culprit] = 9.0;
        let found = Attribution::of(log_prob, &x, &TYPICAL, THRESHOLD);
        assert_eq!((&found.ranked()[..2], found.ranked()[2]), (&order[..], culprit));
        assert_eq!(found.culprits(), 3);
        no_nan(&found);
    }
}

#[test]
fn nothing_makes_a_nan() {
    let all = SVector::<f32, 6>::repeat(f32::NAN);
    let found = Attribution::of(log_prob, &all, &TYPICAL, THRESHOLD);
    assert_eq!(found.ranked(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(found.culprits(), 6);
    no_nan(&found);
    for constant in [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, 0.0] {
        for x in [all, SVector::zeros(), SVector::repeat(f32::MAX)] {
            let found = Attribution::of(|_| constant, &x, &TYPICAL, THRESHOLD);
            assert_eq!(found.ranked(), [0, 1, 2, 3, 4, 5], "the lower index wins ties");
            no_nan(&found);
        }
    }
    let nan = Attribution::of(log_prob, &SVector::repeat(f32::NAN), &[[f32::NAN; 6]; 5], f32::NAN);
    no_nan(&nan);
}

fn no_nan(found: &Attribution<f32, 6>) {
    let values = found.best.iter().chain(&found.nats);
    assert!(values.into_iter().all(|value| !value.is_nan()), "{found:?}");
    let mut ranked = found.ranked();
    ranked.sort();
    assert_eq!(ranked, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn steps_take_one_feature_each_and_end_where_the_whole_does() {
    let mut rng = rng(4);
    for case in 0..cases(200) {
        let mut x = reading(&mut rng);
        (0..case % 4).for_each(|i| x[(case + i) % 6] = [9.0, f32::NAN, -15.0][i]);
        let count = Cell::new(0);
        let counted = |x: &SVector<f32, 6>| {
            count.set(count.get() + 1);
            log_prob(x)
        };
        let whole = Attribution::of(counted, &x, &TYPICAL, THRESHOLD);
        let total = count.take();
        assert!(total <= 1 + 5 * (6 + 5 + 4), "{total}");

        let mut steps = Steps::new(&x, &TYPICAL, THRESHOLD);
        let mut sum = 0;
        loop {
            let more = steps.step(counted);
            let taken = count.take();
            assert_eq!(taken, if sum == 0 { 1 } else { 5 });
            sum += taken;
            if !more {
                break;
            }
        }
        assert_eq!((sum, steps.attribution), (total, whole));
        assert!(!steps.step(counted) && count.take() == 0, "a step after the end does nothing");
        assert_eq!(steps.attribution, whole);
    }
}

/// A reading that no single value makes an anomaly, as in a sustained alarm.
#[test]
fn a_normal_reading_has_one_suspect() {
    let mut x = SVector::<f32, 6>::zeros();
    x[4] = 2.5;
    let found = Attribution::of(log_prob, &x, &TYPICAL, THRESHOLD);
    assert_eq!((found.ranked()[0], found.culprits(), found.expected[4]), (4, 1, 0.0));
}

/// 17 values of eight features that differ from feature to feature.
fn many() -> [[f32; 8]; 17] {
    std::array::from_fn(|q| std::array::from_fn(|i| (q as f32 - 8.0) * (0.2 + 0.01 * i as f32)))
}

/// Narrow and curved, so that values between the coarse ones matter.
fn curved(x: &SVector<f32, 8>) -> f32 {
    let pairs = x.as_slice().windows(2);
    let along = pairs.map(|pair| (pair[1] - 0.3 * pair[0] * pair[0]).powi(2));
    -40.0 * along.sum::<f32>() - 0.5 * x[0] * x[0]
}

/// One feature of it is swapped: typical by itself.
fn swapped(rng: &mut impl Rng, culprit: usize) -> SVector<f32, 8> {
    let mut x = SVector::<f32, 8>::zeros();
    x[0] = normal(rng) as f32;
    (1..8).for_each(|i| x[i] = 0.3 * x[i - 1] * x[i - 1] + 0.02 * normal(rng) as f32);
    x[culprit] += if normal(rng) > 0.0 { 0.9 } else { -0.9 };
    x
}

#[test]
fn from_nine_values_on_two_stages_judge() {
    let (typical, mut rng) = (many(), rng(5));
    let by = |x: &SVector<f32, 8>, i: usize, values: &mut dyn Iterator<Item = usize>| {
        let reset = |q: usize| {
            let mut x = *x;
            x[i] = typical[q][i];
            curved(&x)
        };
        values.map(reset).fold(f32::NEG_INFINITY, f32::max)
    };
    for case in 0..cases(200) {
        let x = swapped(&mut rng, case % 8);
        let found = Attribution::of(curved, &x, &typical, f32::NEG_INFINITY);
        let coarse: Vec<f32> = (0..8).map(|i| by(&x, i, &mut (0..17).step_by(4))).collect();
        for i in 0..8 {
            // As many others are better by the first stage, with the lower index before.
            let better = (0..8).filter(|&j| (coarse[j], i) > (coarse[i], j)).count();
            let best = if better < 6 { by(&x, i, &mut (0..17)) } else { coarse[i] };
            assert_eq!(found.best[i], best, "feature {i} after {better} others");
            let q = typical.iter().position(|row| row[i] == found.expected[i]).unwrap();
            assert_eq!(by(&x, i, &mut [q].into_iter()), best);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes hundreds of readings")]
fn the_second_stage_finds_what_the_first_misses() {
    let (typical, mut rng) = (many(), rng(6));
    let coarse: [[f32; 8]; 5] = std::array::from_fn(|q| typical[4 * q]);
    let (mut by_all, mut by_coarse) = (0, 0);
    let count = cases(400);
    for case in 0..count {
        let (culprit, threshold) = (case % 8, f32::NEG_INFINITY);
        let x = swapped(&mut rng, culprit);
        let hit = |ranked: [usize; 8]| usize::from(ranked[0] == culprit);
        by_all += hit(Attribution::of(curved, &x, &typical, threshold).ranked());
        by_coarse += hit(Attribution::of(curved, &x, &coarse, threshold).ranked());
    }
    assert!(by_all * 10 >= count * 9, "{by_all} of {count}");
    assert!(by_coarse < by_all, "{by_coarse} by the first stage alone, {by_all} by both");
}

#[test]
fn a_step_of_each_stage_judges_one_feature() {
    let count = Cell::new(0);
    let counted = |x: &SVector<f32, 8>| {
        count.set(count.get() + 1);
        curved(x)
    };
    let typical = many();
    let mut steps = Steps::new(&swapped(&mut rng(7), 3), &typical, f32::NEG_INFINITY);
    let mut taken = Vec::new();
    loop {
        let more = steps.step(counted);
        taken.push(count.take());
        if !more {
            break;
        }
    }
    assert_eq!(taken, [1, 5, 5, 5, 5, 5, 5, 5, 5, 12, 12, 12, 12, 12, 12]);
}

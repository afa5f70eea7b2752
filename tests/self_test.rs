//! A model knows its answers, and says which one came out differently.

mod common;

use common::{Nice1, RealNvp1, random, reweighted};
use couplet::{
    Flow, Heads, KnownAnswer, Model, Relu, SelfTestError, StandardLogistic, StandardNormal, Tanh,
};

#[test]
fn right_answers_pass_and_that_of_no_reading_is_negative_infinity() {
    let flow = *random::<Flow<f32, 2, RealNvp1<f32, Tanh, 1, 1, 9>, StandardNormal>>(5);
    let reading = KnownAnswer::new(
        [0.5_f32, -1.0].map(f32::to_bits),
        flow.log_prob(&[0.5, -1.0].into()).to_bits(),
    );
    let no_reading = KnownAnswer::new([0xffff_ffff, 0], f32::NEG_INFINITY.to_bits());
    assert_eq!(Model::new(flow, [reading, no_reading]).self_test(), Ok(()));
}

#[test]
fn a_single_bit_that_differs_is_reported() {
    let flow = *random::<Flow<f32, 2, Nice1<f32, Relu, 1, 1, 9>, StandardLogistic>>(5);
    let log_prob = flow.log_prob(&[0.5, -1.0].into()).to_bits();
    let answer = |log_prob| KnownAnswer::new([0.5_f32, -1.0].map(f32::to_bits), log_prob);
    let expected = log_prob ^ 1;
    let error = Model::new(flow, [answer(log_prob), answer(expected)]).self_test().unwrap_err();
    assert_eq!(error, SelfTestError { index: 1, expected, computed: log_prob });
    assert_eq!(
        error.to_string(),
        format!("known answer 1: log_prob has bits {log_prob:08x}, expected {expected:08x}")
    );
}

#[test]
fn a_weight_that_changed_is_reported() {
    let flow = *random::<Flow<f32, 2, RealNvp1<f32, Tanh, 1, 1, 9>, StandardNormal>>(5);
    let answer = KnownAnswer::new(
        [0.5_f32, -1.0].map(f32::to_bits),
        flow.log_prob(&[0.5, -1.0].into()).to_bits(),
    );
    let mut model = Model::new(flow, [answer]);
    let heads = &mut model.flow.layers.second.conditioner.heads;
    let [log_scale, shift] = heads.layers();
    let log_scale = reweighted(&log_scale, |weight| weight[(0, 8)] += 1e-3);
    *heads = Heads::new([log_scale, shift]);
    assert_eq!(model.self_test().unwrap_err().index, 0);
}

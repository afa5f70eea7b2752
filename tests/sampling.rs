//! Samples are reproducible: a generator in the same state gives the same bits, today and on every
//! target.
//!
//! The bits below are committed so that a change of them is a decision, not an accident.

mod common;

use common::{MixtureD2, MixtureD5, NiceD2, NiceD5Logistic, RealNvpD7, StudentD4, model, rng};
use couplet::nalgebra::SVector;
use couplet::{Base, StandardLogistic, StandardNormal, StudentT};
use rand_core::Rng;

fn bits<const D: usize>(values: &[f32; D]) -> [u32; D] {
    values.map(f32::to_bits)
}

#[test]
fn base_samples_have_these_bits() {
    let mut normal = [0.0; 5];
    StandardNormal.sample(&mut rng(7), &mut normal);
    assert_eq!(bits(&normal), [0x4002_3b0a, 0x3f40_7d48, 0xbf31_22ed, 0x3f9c_195a, 0x3f2b_0455]);

    let mut logistic = [0.0; 5];
    StandardLogistic.sample(&mut rng(7), &mut logistic);
    assert_eq!(bits(&logistic), [0xc03f_d605, 0x4062_a066, 0x3fbc_08d0, 0xbfce_8f30, 0xc05e_9618]);

    let mut student = [0.0; 5];
    StudentT::new([1.0, 2.5, 7.0, 100.0, 1e6], 0.0).sample(&mut rng(7), &mut student);
    assert_eq!(bits(&student), [0x411d_2068, 0xbf5a_6713, 0x3f53_ede0, 0xbd43_4a21, 0x3f98_22de]);
}

#[test]
fn model_samples_have_these_bits() {
    let mut rng = rng(7);
    let normal: [u32; 2] = bits(&model::<NiceD2<f32>>("nice_d2").sample(&mut rng).into());
    assert_eq!(normal, [0xc06d_7242, 0xc04e_0ba7]);
    let logistic: [u32; 5] =
        bits(&model::<NiceD5Logistic<f32>>("nice_d5_logistic").sample(&mut rng).into());
    assert_eq!(logistic, [0xbfdf_7118, 0xbfc5_5950, 0xbfe3_da9d, 0x3f5e_c246, 0x4072_dd3e]);
    let student: [u32; 4] = bits(&model::<StudentD4<f32>>("student_d4").sample(&mut rng).into());
    assert_eq!(student, [0x3fea_7d7b, 0x4093_29e0, 0x3f97_7369, 0x4032_bdfd]);
    let full: [u32; 2] = bits(&model::<MixtureD2<f32>>("mixture_d2").sample(&mut rng).into());
    assert_eq!(full, [0x3f2f_76e0, 0xbe94_08dc]);
    let diagonal: [u32; 5] = bits(&model::<MixtureD5<f32>>("mixture_d5").sample(&mut rng).into());
    assert_eq!(diagonal, [0xc1c4_3270, 0x4026_f108, 0xbc1b_3b80, 0xbf77_f524, 0xc089_c255]);
}

#[test]
fn a_sample_is_the_inverse_of_a_sample_of_the_base() {
    let flow = model::<RealNvpD7<f32>>("realnvp_d7");
    let mut z = SVector::<f32, 7>::zeros();
    StandardNormal.sample(&mut rng(7), z.as_mut_slice());
    assert_eq!(flow.sample(&mut rng(7)), flow.inverse(&z).0);
}

#[test]
fn the_same_seed_gives_the_same_samples_and_another_seed_others() {
    let flow = model::<RealNvpD7<f32>>("realnvp_d7");
    let sample = |seed| {
        let mut rng = rng(seed);
        [flow.sample(&mut rng), flow.sample(&mut rng)]
    };
    assert_eq!(sample(7), sample(7));
    assert_ne!(sample(7), sample(8));
    assert_ne!(sample(7)[0], sample(7)[1]);
}

#[test]
fn sample_into_fills_up_what_is_there_in_the_order_of_sample() {
    let flow = model::<NiceD2<f32>>("nice_d2");
    let mut samples: heapless::Vec<_, 5> = heapless::Vec::new();
    samples.push([20.0, 30.0].into()).unwrap();
    flow.sample_into(&mut rng(7), &mut samples);

    let mut one_by_one = rng(7);
    assert_eq!((samples.len(), samples[0]), (5, [20.0, 30.0].into()));
    for sample in &samples[1..] {
        assert_eq!(*sample, flow.sample(&mut one_by_one));
    }

    let full = samples.clone();
    flow.sample_into(&mut rng(8), &mut samples);
    assert_eq!(samples, full);
}

#[test]
fn log_probs_are_log_prob_of_each_point() {
    let flow = model::<NiceD5Logistic<f32>>("nice_d5_logistic");
    let mut rng = rng(7);
    let points: [_; 9] = std::array::from_fn(|_| flow.sample(&mut rng));
    assert_eq!(flow.log_probs(&points).len(), 9);
    for (log_prob, x) in flow.log_probs(&points).zip(&points) {
        assert_eq!(log_prob.to_bits(), flow.log_prob(x).to_bits());
    }
}

#[test]
fn a_generator_may_be_a_trait_object() {
    let flow = model::<NiceD2<f32>>("nice_d2");
    let mut rng_7 = rng(7);
    let generator: &mut dyn Rng<Error = core::convert::Infallible> = &mut rng_7;
    assert_eq!(flow.sample(generator), flow.sample(&mut rng(7)));
}

use super::script::{Command, STRANGE, Script, below, normal, one_of, rng, uniform};
use couplet::{Adjusting, AdjustmentError, Standardize, nalgebra::SVector};
use rand_core::Rng;

fn push<const D: usize>(
    script: &mut Script,
    adjusting: &mut Adjusting<f32, D>,
    standardize: &Standardize<f32, D>,
    x: &SVector<f32, D>,
    times: u32,
) {
    script.ask(Command::Adjust).word(times).floats(x.as_slice());
    (0..times).for_each(|_| adjusting.push(standardize, x));
    script.answer(adjusting.readings() - adjusting.invalid());
    script.answer(adjusting.invalid());
}

fn finish<const D: usize>(
    script: &mut Script,
    adjusting: &Adjusting<f32, D>,
    standardize: &Standardize<f32, D>,
) {
    for with_factors in [false, true] {
        script.ask(Command::Adjustment).word(with_factors.into());
        match adjusting.adjustment(standardize, with_factors) {
            Ok(adjustment) => {
                script.answer(0_u32);
                for (&offset, &factor) in adjustment.offset.iter().zip(&adjustment.factor) {
                    script.answer_floats(&[offset, factor]);
                }
                script.answer_float(adjustment.log_det());
                script.answer_floats(adjustment.apply(&standardize.mean).as_slice());
            }
            Err(AdjustmentError::TooFew { .. }) => script.answer(13_u32),
            Err(AdjustmentError::Feature { feature }) => {
                script.answer(15_u32);
                script.answer(feature as u32);
                script.answer_float(f32::NAN); // its factor
            }
        }
    }
}

fn start<const D: usize>(
    script: &mut Script,
    mean: [f32; D],
    std: [f32; D],
) -> (Adjusting<f32, D>, Standardize<f32, D>) {
    script.ask(Command::Adjusting).word(D as u32).floats(&mean).floats(&std);
    (Adjusting::new(), Standardize::new(mean, std))
}

fn commission<const D: usize>(script: &mut Script, rng: &mut impl Rng) {
    let size = one_of(rng, &[1.0, 1000.0, 1e-3, 1e38]);
    let mean = std::array::from_fn(|_| size * normal(rng));
    let std = std::array::from_fn(|_| size * one_of(rng, &[0.01, 1.0]) * uniform(rng));
    let (mut adjusting, standardize) = start::<D>(script, mean, std);
    finish(script, &adjusting, &standardize);
    let is_stuck = below(rng, 4) == 0;
    for _ in 0..one_of(rng, &[1, 2, 3, 30]) {
        let mut x = SVector::<f32, D>::from_fn(|i, _| mean[i] + std[i] * (0.5 + 2.0 * normal(rng)));
        if is_stuck {
            x[D - 1] = mean[D - 1];
        }
        if below(rng, 8) == 0 {
            let at = below(rng, D as u32) as usize;
            let edge: f32 = mean[at] + 65_536.0 * std[at];
            let strange = one_of(rng, &STRANGE);
            x[at] = one_of(rng, &[edge, edge.next_down(), edge.next_up(), strange]);
        }
        push(script, &mut adjusting, &standardize, &x, 1);
        finish(script, &adjusting, &standardize);
    }
}

pub fn script() -> Script {
    let mut script = Script::default();
    let rng = &mut rng(6);
    for _ in 0..500 {
        commission::<1>(&mut script, rng);
        commission::<3>(&mut script, rng);
        commission::<16>(&mut script, rng);
    }
    most(&mut script);
    script
}

/// More readings than a mean counts.
fn most(script: &mut Script) {
    let (mut adjusting, standardize) = start(script, [1.0], [2.0]);
    push(script, &mut adjusting, &standardize, &[3.0].into(), (1 << 24) - 1);
    for x in [4.0, 5.0, f32::NAN] {
        push(script, &mut adjusting, &standardize, &[x].into(), 1);
        finish(script, &adjusting, &standardize);
    }
}

use super::{
    calibration::{self, TABLE},
    script::{Command, STRANGE, Script, below, normal, one_of, rng},
};
use couplet::{Recalibration, RecalibrationError};
use rand_core::Rng;

/// The order of `couplet_error`.
fn code(error: RecalibrationError) -> u32 {
    match error {
        RecalibrationError::TooFew { .. } => 13,
        RecalibrationError::Rate { .. } => 14,
        RecalibrationError::Table(error) => calibration::code(error),
    }
}

fn commission<const N: usize>(script: &mut Script, rng: &mut impl Rng, readings: usize) {
    let seed = rng.next_u32();
    script.ask(Command::Recalibration).word(N as u32).word(seed);
    let mut recalibration = Recalibration::<f32, N>::new(seed);
    let is_coarse = below(rng, 2) == 0;
    for _ in 0..readings {
        let log_prob = match below(rng, 20) {
            0 => one_of(rng, &STRANGE),
            _ if is_coarse => normal(rng).floor(),
            _ => normal(rng),
        };
        script.ask(Command::Reading).float(log_prob);
        recalibration.push(log_prob);
        script.answer(recalibration.readings() - recalibration.invalid());
        script.answer(recalibration.invalid());
        script.answer(recalibration.kept().len() as u32);
        script.answer_floats(recalibration.kept());
    }
    let most = recalibration.kept().len() as u32 + 3;
    for case in 0..12 {
        let (false_alarms, of) = match case {
            0 => (0, below(rng, most)),
            1 => (1, most - 2),
            2 => (1, most - 1),
            3 => (u32::MAX - 1, u32::MAX),
            4 => (rng.next_u32(), u32::MAX),
            5 => (below(rng, 3), below(rng, 3)),
            _ => (below(rng, most), below(rng, 2 * most)),
        };
        let model = rng.next_u64();
        script.ask(Command::Recalibrate).model(model).word(false_alarms).word(of);
        script.answer(Recalibration::<f32, N>::needed(false_alarms, of));
        let made = recalibration.calibration::<TABLE>(model, false_alarms, of).map_err(code);
        calibration::answer(script, &made);
    }
}

pub fn script() -> Script {
    let mut script = Script::default();
    let rng = &mut rng(5);
    for _ in 0..60 {
        commission::<1>(&mut script, rng, 9);
        commission::<2>(&mut script, rng, 20);
        commission::<7>(&mut script, rng, 60);
        commission::<40>(&mut script, rng, 30);
        commission::<99>(&mut script, rng, 300);
    }
    script
}

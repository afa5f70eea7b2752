use super::script::{Command, STRANGE, Script, below, normal, one_of, rng, uniform};
use couplet::{Band, Window, nalgebra::SVector};
use rand_core::Rng;

fn band(rng: &mut impl Rng) -> Band<f32> {
    match below(rng, 4) {
        0 => Band::bin(0.5 * f64::from(uniform(rng))),
        1 => {
            let feedback = [normal(rng), normal(rng)]; // may overflow
            Band::Pass { gain: uniform(rng), feedback }
        }
        _ => Band::octave(below(rng, 7) as u8),
    }
}

/// A wave, noise or a constant, far from 0 or not; now and then strange.
struct Signal {
    kind: u32,
    level: f32,
    size: f32,
    strange: u32,
    time: u32,
}

impl Signal {
    fn new(rng: &mut impl Rng) -> Self {
        Signal {
            kind: below(rng, 3),
            level: one_of(rng, &[0.0, 0.0, 1000.0, -3.0]),
            size: one_of(rng, &[1.0, 1.0, 0.01, 1e-30, 1e8, 1e15]),
            strange: one_of(rng, &[100, 5000, 5000]),
            time: 0,
        }
    }

    fn next(&mut self, rng: &mut impl Rng) -> f32 {
        self.time += 1;
        let value = match self.kind {
            0 => 0.0,
            1 => normal(rng),
            _ if self.time % 4 < 2 => 1.0,
            _ => -1.0,
        };
        if below(rng, self.strange) == 0 {
            return one_of(rng, &STRANGE);
        }
        self.level + self.size * value
    }
}

fn windows<const B: usize, const F: usize>(script: &mut Script, rng: &mut impl Rng) {
    let offset = one_of(rng, &[0.0, 1000.0, 0.125]);
    let bands: [Band<f32>; B] = std::array::from_fn(|_| band(rng));
    script.ask(Command::Window).float(offset).word(B as u32);
    for band in &bands {
        match *band {
            Band::Pass { gain, feedback: [a1, a2] } => script.word(1).floats(&[gain, a1, a2]),
            Band::Bin { coefficient } => script.word(0).floats(&[0.0, coefficient, 0.0]),
        };
    }
    let mut window = Window::new(offset, bands);
    let samples = one_of(rng, &[1, 2, 7, 64]);
    let mut signal = Signal::new(rng);
    for _ in 0..6 {
        let samples = if below(rng, 20) == 0 { 0 } else { samples };
        for _ in 0..samples {
            let x = signal.next(rng);
            script.ask(Command::Sample).float(x);
            window.push(x);
        }
        script.ask(Command::Features);
        let features: Option<SVector<f32, F>> = window.features();
        script.answer(features.is_some());
        features.iter().for_each(|features| script.answer_floats(features.as_slice()));
    }
    // The next signal must not see these.
    for _ in 0..3 {
        script.ask(Command::Sample).float(signal.next(rng));
    }
}

pub fn script() -> Script {
    let mut script = Script::default();
    let rng = &mut rng(4);
    for _ in 0..500 {
        windows::<0, 3>(&mut script, rng);
        windows::<1, 4>(&mut script, rng);
        windows::<3, 6>(&mut script, rng);
        windows::<8, 11>(&mut script, rng);
    }
    script
}

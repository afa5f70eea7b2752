use super::script::{Command, Script, below, normal, one_of, rng};
use couplet::{Attribution, Steps, nalgebra::SVector};
use rand_core::Rng;
use std::cell::Cell;

/// One of the five densities of `driver/attribution.c`, and what it has been asked.
struct Density {
    kind: u32,
    evaluations: Cell<u32>,
    trace: Cell<u32>,
}

impl Density {
    fn log_prob<const D: usize>(&self, x: &SVector<f32, D>) -> f32 {
        let (mut sum, mut hash) = (0.0, 0_u32);
        for &x in x.iter() {
            sum -= x * x;
            self.trace.set((self.trace.get() ^ x.to_bits()).wrapping_mul(16_777_619));
            hash = (hash ^ x.to_bits()).wrapping_mul(16_777_619);
        }
        self.evaluations.set(self.evaluations.get() + 1);
        match self.kind {
            1 if sum > -1000.0 => sum.trunc() + 0.0, // ties, and no -0
            2 if x[0] > 0.5 => f32::NAN,
            2 if x[D - 1] < 0.0 => f32::NEG_INFINITY,
            4 if (hash >> 20).is_multiple_of(2) => -((hash >> 24 & 15) as f32),
            3 | 4 => f32::NEG_INFINITY,
            _ => sum,
        }
    }
}

fn answer<const D: usize>(script: &mut Script, found: &Attribution<f32, D>) {
    script.answer(found.culprits() as u32);
    for (i, ranked) in found.ranked().into_iter().enumerate() {
        script.answer_floats(&[found.best[i], found.expected[i], found.nats[i]]);
        script.answer(ranked as u32);
        script.answer(found.explains(i));
    }
}

fn attribute<const D: usize, const Q: usize>(script: &mut Script, rng: &mut impl Rng) {
    let mut typical = [[0.0; D]; Q];
    for feature in 0..D {
        let mut values: Vec<f32> = (0..Q).map(|_| normal(rng)).collect();
        values.sort_by(f32::total_cmp);
        typical.iter_mut().zip(values).for_each(|(row, value)| row[feature] = value);
    }
    let far = one_of(rng, &[1.0, 2.0, 5.0]);
    let mut x = SVector::<f32, D>::from_fn(|_, _| far * normal(rng));
    let broken = one_of(rng, &[0, 0, 1, 3, D]);
    for _ in 0..broken {
        x[below(rng, D as u32) as usize] = one_of(rng, &[f32::NAN, f32::INFINITY, -f32::INFINITY]);
    }
    let threshold = -(D as f32) * one_of(rng, &[0.3, 1.0, 2.0, 1e9, -1.0, f32::NAN]);
    let kind = one_of(rng, &[0, 0, 0, 1, 2, 3, 4]);

    script.ask(Command::Attribution).float(threshold).word(kind).word(D as u32).word(Q as u32);
    script.floats(typical.as_flattened()).floats(x.as_slice());
    let density = Density { kind, evaluations: Cell::new(0), trace: Cell::new(0) };
    let log_prob = |x: &_| density.log_prob(x);
    let mut steps = Steps::new(&x, &typical, threshold);
    answer(script, &steps.attribution);
    let mut goes_on = true;
    while goes_on {
        goes_on = steps.step(log_prob);
        script.answer(goes_on);
        script.answer(density.evaluations.get());
        script.answer(density.trace.get());
        answer(script, &steps.attribution);
    }
    script.answer(steps.step(log_prob));
    answer(script, &Attribution::of(log_prob, &x, &typical, threshold));
}

pub fn script() -> Script {
    let mut script = Script::default();
    let rng = &mut rng(3);
    for _ in 0..200 {
        attribute::<1, 1>(&mut script, rng);
        attribute::<1, 17>(&mut script, rng);
        attribute::<2, 3>(&mut script, rng);
        attribute::<3, 8>(&mut script, rng);
        attribute::<4, 9>(&mut script, rng);
        attribute::<5, 17>(&mut script, rng);
        attribute::<8, 17>(&mut script, rng);
        attribute::<9, 12>(&mut script, rng);
        attribute::<16, 33>(&mut script, rng);
    }
    script
}

use super::machine::{Added, Fault, Moment, Noise, Pace, Phases, RATE, SAMPLES};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A machine whose signal runs on from window to window: speed and load go to their next values
/// along a line, and waves do not jump. The phases of its normal waves are those of no seed, so that
/// it is always the same machine.
#[derive(Debug)]
pub struct Running {
    rng: Xoshiro256PlusPlus,
    now: Moment,
    fault: Option<Fault>,
    added: Added,
}

const PHASES: Phases = Phases([0.0, 1.0, 2.0, 3.0]);

impl Running {
    /// A normal machine.
    pub fn new(seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let now = Moment { t: 0.0, turns: 0.0, pace: Pace::draw(&mut rng) };
        Running { rng, now, fault: None, added: Added::Nothing }
    }

    /// From now on the machine has this fault.
    pub fn set_fault(&mut self, fault: Option<Fault>) {
        self.fault = fault;
        self.added = Added::draw(fault, self.now.pace.speed, &mut self.rng);
        if let Added::Bearing(start) = &mut self.added {
            *start += self.now.turns;
        }
    }

    /// The next window.
    pub fn window(&mut self) -> Vec<f32> {
        let (from, to) = (self.now.pace, Pace::draw(&mut self.rng));
        let noise = Noise::draw(&mut self.rng);
        let mut sample = |i: usize| {
            let (now, fault) = (self.now, self.fault);
            let x = PHASES.sum(now) + self.added.at(now, &PHASES) + noise.at(i, fault);
            let part = (i + 1) as f64 / SAMPLES as f64;
            let between = |from: f64, to: f64| from + part * (to - from);
            self.now = Moment {
                t: now.t + 1.0 / RATE,
                turns: now.turns + now.pace.speed / RATE,
                pace: Pace {
                    speed: between(from.speed, to.speed),
                    load: between(from.load, to.load),
                },
            };
            x as f32
        };
        (0..SAMPLES).map(&mut sample).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::vibration::FAULTS;

    /// The mean square of a signal.
    fn power(x: impl Iterator<Item = f64>) -> f64 {
        let (count, sum) = x.fold((0.0, 0.0), |(count, sum), x| (count + 1.0, sum + x * x));
        sum / count
    }

    fn signal(seed: u64, fault: Option<Fault>) -> Vec<f64> {
        let mut machine = Running::new(seed);
        machine.set_fault(fault);
        (0..1000).flat_map(|_| machine.window()).map(f64::from).collect()
    }

    /// The step into a window is like the steps within.
    #[test]
    fn waves_do_not_jump_between_windows() {
        let x = signal(1, None);
        let step = |&i: &usize| x[i] - x[i - 1];
        let (edges, others): (Vec<usize>, Vec<usize>) =
            (1..x.len()).partition(|i| i % SAMPLES == 0);
        let [edges, others] = [edges, others].map(|of| power(of.iter().map(step)));
        assert!((edges / others - 1.0).abs() < 0.15, "{edges}, {others}");
    }

    /// The load goes from draw to draw along a line, so load^2 has the mean 1.02 instead of 1.03.
    #[test]
    fn each_fault_adds_power_to_the_machine() {
        let normal = power(signal(1, None).into_iter());
        let waves = 0.5 * ((0.25 + 0.04 + 0.0225) * 1.02 + 0.01) + 0.0144;
        assert!((normal / waves - 1.0).abs() < 0.02, "{normal}, {waves}");
        for fault in FAULTS {
            let faulty = power(signal(1, Some(fault)).into_iter());
            assert!(faulty > normal + 0.0012, "{fault:?}: {faulty}, {normal}");
        }
    }
}

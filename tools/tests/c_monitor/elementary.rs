use super::script::{Command, STRANGE, Script, rng, uniform};
use couplet::Real;
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// exp, ln and sqrt over all f32, in steps, where they have edges, and where much is rounded.
pub fn script() -> Script {
    let mut script = Script::default();
    let edges = [1.0, 87.0, 89.0, 104.0, 103.97, 88.72, FRAC_1_SQRT_2, SQRT_2];
    let around = edges.into_iter().flat_map(|x: f32| [x.next_down(), x, x.next_up()]);
    let both = around.flat_map(|x| [x, -x]).chain(STRANGE);
    let all = (0..u32::MAX).step_by(65_521).map(f32::from_bits);
    let rng = &mut rng(0);
    let usual = (0..20_000).flat_map(|_| [80.0 * (uniform(rng) - 0.5), 0.5 + 1.5 * uniform(rng)]);
    for x in both.chain(all).chain(usual) {
        script.ask(Command::Elementary).float(x);
        script.answer_floats(&[Real::exp(x), Real::ln(x), Real::sqrt(x)]);
    }
    script
}

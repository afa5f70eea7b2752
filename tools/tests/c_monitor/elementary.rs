use super::script::{Command, STRANGE, Script};
use couplet::Real;

/// exp, ln and sqrt over all f32, in steps, and where they have edges.
pub fn script() -> Script {
    let mut script = Script::default();
    let edges = [1.0, 87.0, 89.0, 104.0, 103.97, 88.72, 0.707_106_8, 1.414_213_5];
    let around = edges.into_iter().flat_map(|x: f32| [x.next_down(), x, x.next_up()]);
    let both = around.flat_map(|x| [x, -x]).chain(STRANGE);
    let all = (0..u32::MAX).step_by(65_521).map(f32::from_bits);
    for x in both.chain(all) {
        script.ask(Command::Elementary).float(x);
        script.answer_floats(&[Real::exp(x), Real::ln(x), Real::sqrt(x)]);
    }
    script
}

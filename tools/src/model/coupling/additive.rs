use super::{Room, Tape};
use crate::model::{Dense, Number, Trunk};

/// NICE's coupling: b <- b + t(a), log_det = 0. <https://arxiv.org/abs/1410.8516>
#[derive(Clone, Debug)]
pub struct Additive {
    /// The conditioner's body.
    pub trunk: Trunk,
    /// The head for t.
    pub shift: Dense,
}

impl Additive {
    /// b <- b + t(a).
    pub fn forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        b: &mut [[T; N]],
        tape: &mut Tape<T, N>,
    ) {
        self.condition(p, a, tape);
        for (b, &t) in b.as_flattened_mut().iter_mut().zip(tape.t.as_flattened()) {
            *b += t;
        }
    }

    /// dt = db, and db passes through; the head and the trunk add to da.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &Tape<T, N>,
        room: &mut Room<T, N>,
        dp: &mut [T],
        da: &mut [[T; N]],
        db: &[[T; N]],
    ) {
        let (h, dh) = (tape.trunk.output(), &mut room.dh[self.trunk.layers.len() - 1]);
        self.shift.turn_over(h, &mut room.turned);
        self.shift.backward_weight(h, db, dp, &room.turned);
        Dense::backward_input([(&self.shift, db)], p, dh, false, self.trunk.gate(h));
        self.trunk.backward(p, &tape.a, &tape.trunk, room, dp, da);
    }

    /// b <- b - t(a).
    pub fn inverse<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        b: &mut [[T; N]],
        tape: &mut Tape<T, N>,
    ) {
        self.condition(p, a, tape);
        for (b, &t) in b.as_flattened_mut().iter_mut().zip(tape.t.as_flattened()) {
            *b -= t;
        }
    }

    fn condition<T: Number, const N: usize>(&self, p: &[T], a: &[[T; N]], tape: &mut Tape<T, N>) {
        tape.a.copy_from_slice(a);
        self.trunk.forward(p, a, &mut tape.trunk);
        self.shift.forward(p, tape.trunk.output(), &mut tape.t, false);
    }
}

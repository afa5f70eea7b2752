use super::{Room, Tape};
use crate::model::{Dense, Number, Trunk, kernel::vectorized};
use couplet::bounded;

/// RealNVP's coupling: b <- b exp(s(a)) + t(a), log_det = sum(s(a)), s = r / (1 + |r| / bound).
/// <https://arxiv.org/abs/1605.08803>
#[derive(Clone, Debug)]
pub struct Affine {
    /// The conditioner's body.
    pub trunk: Trunk,
    /// The head for r.
    pub log_scale: Dense,
    /// The head for t.
    pub shift: Dense,
    /// The bound of |s|.
    pub bound: f32,
}

impl Affine {
    /// b <- b exp(s) + t, log_det += sum(s).
    pub fn forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut Tape<T, N>,
    ) {
        self.condition(p, a, tape);
        let sum = match self.exp() {
            Exp::Quick => self.transform(T::quick_exp, b, tape),
            Exp::Near => self.transform(T::near_exp, b, tape),
            Exp::Any => self.transform(T::exp, b, tape),
        };
        add(log_det, &sum);
    }

    /// With y = b exp(s) + t and ds/dr = 1 / (1 + |r| / bound)^2, the derivative of r / (1 + |r| /
    /// bound):
    ///
    /// dt = dy, ds = dy b exp(s) + dlog_det, dr = ds ds/dr, db = dy exp(s);
    /// both heads make dh, and the trunk adds to da.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a coupling saw, and the derivatives by all of it"
    )]
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &Tape<T, N>,
        room: &mut Room<T, N>,
        dlog_det: &[T; N],
        dp: &mut [T],
        da: &mut [[T; N]],
        db: &mut [[T; N]],
    ) {
        let bound = T::from_f32(self.bound);
        vectorized(
            #[inline(always)]
            || {
                let heads = room.dr.iter_mut().zip(room.dt.iter_mut());
                for ((((db, (dr, dt)), b), scale), r) in db
                    .iter_mut()
                    .zip(heads)
                    .zip(tape.b.iter())
                    .zip(tape.scale.iter())
                    .zip(tape.r.iter())
                {
                    *dt = *db;
                    for i in 0..N {
                        let ds = db[i] * b[i] * scale[i] + dlog_det[i];
                        let slope = T::ONE / (T::ONE + r[i].abs() / bound);
                        dr[i] = ds * slope * slope;
                        db[i] *= scale[i];
                    }
                }
            },
        );
        let Room { dh, dr, dt, turned } = room;
        let (dr, dt) = (&dr[..db.len()], &dt[..db.len()]);
        let (h, dh) = (tape.trunk.output(), &mut dh[self.trunk.layers.len() - 1]);
        self.log_scale.turn_over(h, turned);
        self.log_scale.backward_weight(h, dr, dp, turned);
        self.shift.backward_weight(h, dt, dp, turned);
        Dense::backward_input(
            [(&self.log_scale, dr), (&self.shift, dt)],
            p,
            dh,
            false,
            self.trunk.gate(h),
        );
        self.trunk.backward(p, &tape.a, &tape.trunk, room, dp, da);
    }

    /// b <- (b - t) exp(-s), log_det -= sum(s).
    pub fn inverse<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut Tape<T, N>,
    ) {
        self.condition(p, a, tape);
        let sum = match self.exp() {
            Exp::Any => self.transform_back(T::exp, b, tape),
            Exp::Quick | Exp::Near => self.transform_back(T::near_exp, b, tape),
        };
        add(log_det, &sum);
    }

    /// b <- b exp(s) + t; gives sum(s).
    fn transform<T: Number, const N: usize>(
        &self,
        exp: impl Fn(T) -> T,
        b: &mut [[T; N]],
        tape: &mut Tape<T, N>,
    ) -> [T; N] {
        let mut sum = [T::ZERO; N];
        let bound = T::from_f32(self.bound);
        vectorized(
            #[inline(always)]
            || {
                let seen = tape.b.iter_mut().zip(tape.scale.iter_mut());
                for (((b, (before, scale)), r), t) in
                    b.iter_mut().zip(seen).zip(tape.r.iter()).zip(tape.t.iter())
                {
                    *before = *b;
                    for i in 0..N {
                        let s = bounded(r[i], bound);
                        scale[i] = exp(s);
                        b[i] = b[i] * scale[i] + t[i];
                        sum[i] += s;
                    }
                }
            },
        );
        sum
    }

    /// b <- (b - t) exp(-s); gives -sum(s).
    fn transform_back<T: Number, const N: usize>(
        &self,
        exp: impl Fn(T) -> T,
        b: &mut [[T; N]],
        tape: &Tape<T, N>,
    ) -> [T; N] {
        let mut sum = [T::ZERO; N];
        let bound = T::from_f32(self.bound);
        vectorized(
            #[inline(always)]
            || {
                for ((b, r), t) in b.iter_mut().zip(tape.r.iter()).zip(tape.t.iter()) {
                    for i in 0..N {
                        let s = bounded(r[i], bound);
                        b[i] = (b[i] - t[i]) * exp(-s);
                        sum[i] -= s;
                    }
                }
            },
        );
        sum
    }

    fn exp(&self) -> Exp {
        match self.bound {
            _ if self.shift.fused => Exp::Quick,
            ..=86.0 => Exp::Near,
            _ => Exp::Any,
        }
    }

    fn condition<T: Number, const N: usize>(&self, p: &[T], a: &[[T; N]], tape: &mut Tape<T, N>) {
        tape.a.copy_from_slice(a);
        self.trunk.forward(p, a, &mut tape.trunk);
        self.log_scale.forward(p, tape.trunk.output(), &mut tape.r, false);
        self.shift.forward(p, tape.trunk.output(), &mut tape.t, false);
    }
}

/// By which function exp(s) is computed.
enum Exp {
    /// A quick one, for training.
    Quick,
    /// The device's for the numbers that the bound leaves.
    Near,
    /// The device's.
    Any,
}

fn add<T: Number, const N: usize>(log_det: &mut [T; N], sum: &[T; N]) {
    for (log_det, &sum) in log_det.iter_mut().zip(sum) {
        *log_det += sum;
    }
}

mod additive;
mod affine;

pub use additive::Additive;
pub use affine::Affine;

use crate::model::{
    Dense, Description, Number, Rows, Trunk, conditioner::TrunkTape, kernel::PANEL, rows::rows,
};
use aligned_vec::{AVec, avec};
use serde::{Deserialize, Serialize};

/// The kinds of coupling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CouplingKind {
    /// NICE
    Additive,
    /// RealNVP
    Affine,
}

/// A map of the half b that the half a conditions.
#[derive(Clone, Debug)]
pub enum Coupling {
    /// NICE's
    Additive(Additive),
    /// RealNVP's
    Affine(Affine),
}

/// What a coupling's `forward` leaves for its `backward`.
#[derive(Clone, Debug)]
pub struct Tape<T, const N: usize> {
    /// The conditioner's body.
    pub trunk: TrunkTape<T, N>,
    /// The half that conditions, as `forward` saw it.
    pub a: Rows<T, N>,
    /// The half that is transformed, before it was.
    pub b: Rows<T, N>,
    /// The head for the log-scale before it is bounded.
    pub r: Rows<T, N>,
    /// exp(s).
    pub scale: Rows<T, N>,
    /// The head for the shift.
    pub t: Rows<T, N>,
}

/// Room for what a coupling's `backward` works in; the next one overwrites it.
#[derive(Clone, Debug)]
pub struct Room<T, const N: usize> {
    pub(in crate::model) dh: Vec<Rows<T, N>>,
    pub(in crate::model) dr: Rows<T, N>,
    pub(in crate::model) dt: Rows<T, N>,
    pub(in crate::model) turned: AVec<T>,
}

impl<T: Number, const N: usize> Room<T, N> {
    /// Room for the couplings of such a flow.
    pub fn new(description: &Description) -> Self {
        let half = description.split[0].max(description.split[1]);
        let widest = description.hidden.iter().copied().max().unwrap_or(0).max(half);
        Room {
            dh: description.hidden.iter().map(|&width| rows(width)).collect(),
            dr: rows(half),
            dt: rows(half),
            turned: avec![T::ZERO; widest.next_multiple_of(PANEL) * N],
        }
    }
}

impl<T: Number, const N: usize> Tape<T, N> {
    /// A tape for one coupling.
    pub fn new(coupling: &Coupling) -> Self {
        let (trunk, shift) = coupling.trunk_and_shift();
        let a = rows(trunk.layers[0].inputs);
        let b = || rows(shift.outputs);
        Tape { trunk: TrunkTape::new(trunk), a, b: b(), r: b(), scale: b(), t: b() }
    }
}

impl Coupling {
    /// Maps b of the data to b of the latents and adds log|det| of this map, point by point.
    pub fn forward<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut Tape<T, N>,
    ) {
        match self {
            Coupling::Additive(additive) => additive.forward(p, a, b, tape),
            Coupling::Affine(affine) => affine.forward(p, a, b, log_det, tape),
        }
    }

    /// `da` and `db` come in as the derivatives by the halves behind the coupling and leave as
    /// those by the halves before it; `dlog_det` is the derivative by log_det, point by point.
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
        match self {
            Coupling::Additive(additive) => additive.backward(p, tape, room, dp, da, db),
            Coupling::Affine(affine) => affine.backward(p, tape, room, dlog_det, dp, da, db),
        }
    }

    /// Maps b of the latents to b of the data and adds log|det| of this map.
    pub fn inverse<T: Number, const N: usize>(
        &self,
        p: &[T],
        a: &[[T; N]],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        tape: &mut Tape<T, N>,
    ) {
        match self {
            Coupling::Additive(additive) => additive.inverse(p, a, b, tape),
            Coupling::Affine(affine) => affine.inverse(p, a, b, log_det, tape),
        }
    }

    /// After `forward`: how close any point is to one of ReLU's kinks, if that is closer than
    /// `margin`.
    pub(crate) fn margin<T: Number, const N: usize>(
        &self,
        p: &[T],
        tape: &Tape<T, N>,
        margin: &mut [T; N],
    ) {
        self.trunk_and_shift().0.margin(p, &tape.a, &tape.trunk, margin);
    }

    fn trunk_and_shift(&self) -> (&Trunk, &Dense) {
        match self {
            Coupling::Additive(additive) => (&additive.trunk, &additive.shift),
            Coupling::Affine(affine) => (&affine.trunk, &affine.shift),
        }
    }

    pub(in crate::model) fn dense_layers_mut(
        &mut self,
    ) -> Box<dyn Iterator<Item = &mut Dense> + '_> {
        match self {
            Coupling::Additive(additive) => {
                Box::new(additive.trunk.layers.iter_mut().chain([&mut additive.shift]))
            }
            Coupling::Affine(affine) => Box::new(
                affine.trunk.layers.iter_mut().chain([&mut affine.log_scale, &mut affine.shift]),
            ),
        }
    }
}

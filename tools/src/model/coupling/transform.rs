use super::{Additive, Affine, FeatureMap, Head};
use crate::model::{Arithmetic, Block, Number};
use anyhow::{Context, Result};

/// The transforms that a coupling may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transform {
    /// NICE's.
    Additive(Additive),
    /// RealNVP's.
    Affine(Affine),
}

/// The same expression for whichever transform it is.
macro_rules! whichever {
    ($transform:expr, $map:ident => $expression:expr) => {
        match $transform {
            Transform::Additive($map) => $expression,
            Transform::Affine($map) => $expression,
        }
    };
}

impl Transform {
    /// NICE's: b <- b + t.
    pub const NICE: Self = Transform::Additive(Additive);

    /// RealNVP's, with the default bound of the log-scale: b <- b exp(s) + t, |s| < 2.
    pub const REAL_NVP: Self = Transform::Affine(Affine { bound: 2.0 });

    /// All of them, with their defaults.
    pub const ALL: [Self; 2] = [Self::NICE, Self::REAL_NVP];

    /// The transform of that name, with its defaults.
    ///
    /// # Errors
    ///
    /// No transform has that name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|transform| transform.name() == name);
        found.with_context(|| {
            let known = Self::ALL.map(|transform| format!("`{}`", transform.name()));
            format!("unknown coupling `{name}`, expected one of {}", known.join(", "))
        })
    }
}

impl FeatureMap for Transform {
    fn name(&self) -> &'static str {
        whichever!(self, map => map.name())
    }

    fn flow(&self) -> &'static str {
        whichever!(self, map => map.flow())
    }

    fn heads(&self) -> &[Head] {
        whichever!(self, map => map.heads())
    }

    fn constants(&self) -> usize {
        whichever!(self, map => map.constants())
    }

    fn kept(&self) -> usize {
        whichever!(self, map => map.kept())
    }

    fn forward<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
        kept: &mut [Block<T, N>],
    ) {
        whichever!(self, map => map.forward(arithmetic, parameters, b, log_det, kept));
    }

    fn backward<T: Number, const N: usize>(
        &self,
        parameters: &[Block<T, N>],
        kept: &[Block<T, N>],
        dlog_det: &[T; N],
        dparameters: &mut [Block<T, N>],
        db: &mut [[T; N]],
    ) {
        whichever!(self, map => map.backward(parameters, kept, dlog_det, dparameters, db));
    }

    fn inverse<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        parameters: &[Block<T, N>],
        b: &mut [[T; N]],
        log_det: &mut [T; N],
    ) {
        whichever!(self, map => map.inverse(arithmetic, parameters, b, log_det));
    }
}

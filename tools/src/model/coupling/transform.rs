use super::{Additive, Affine, FeatureMap, Head};
use crate::model::{Arithmetic, Block, Number, Spline};
use anyhow::{Context, Result};

/// Declares the transforms: the enum, the list of all, and the choice of the one that is asked.
macro_rules! transforms {
    ($($(#[$doc:meta])* $name:ident($map:ty) = $default:expr,)*) => {
        /// The transforms that a coupling may have.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Transform {
            $($(#[$doc])* $name($map),)*
        }

        impl Transform {
            /// All of them, with their defaults.
            pub const ALL: &[Self] = &[$(Transform::$name($default)),*];
        }

        impl FeatureMap for Transform {
            fn name(&self) -> &'static str {
                match self { $(Transform::$name(map) => map.name(),)* }
            }

            fn flow(&self) -> &'static str {
                match self { $(Transform::$name(map) => map.flow(),)* }
            }

            fn source(&self) -> [String; 2] {
                match self { $(Transform::$name(map) => map.source(),)* }
            }

            fn heads(&self) -> Vec<Head> {
                match self { $(Transform::$name(map) => map.heads(),)* }
            }

            fn constants(&self) -> usize {
                match self { $(Transform::$name(map) => map.constants(),)* }
            }

            fn kept(&self) -> usize {
                match self { $(Transform::$name(map) => map.kept(),)* }
            }

            fn forward<T: Number, const N: usize>(
                &self,
                arithmetic: Arithmetic,
                parameters: &[Block<T, N>],
                b: &mut [[T; N]],
                log_det: &mut [T; N],
                kept: &mut [Block<T, N>],
            ) {
                match self {
                    $(Transform::$name(map) => {
                        map.forward(arithmetic, parameters, b, log_det, kept)
                    })*
                }
            }

            fn backward<T: Number, const N: usize>(
                &self,
                parameters: &[Block<T, N>],
                kept: &[Block<T, N>],
                dlog_det: &[T; N],
                dparameters: &mut [Block<T, N>],
                db: &mut [[T; N]],
            ) {
                match self {
                    $(Transform::$name(map) => {
                        map.backward(parameters, kept, dlog_det, dparameters, db)
                    })*
                }
            }

            fn inverse<T: Number, const N: usize>(
                &self,
                arithmetic: Arithmetic,
                parameters: &[Block<T, N>],
                b: &mut [[T; N]],
                log_det: &mut [T; N],
            ) {
                match self {
                    $(Transform::$name(map) => map.inverse(arithmetic, parameters, b, log_det),)*
                }
            }

            fn forward_fixed<T: Number, const N: usize>(
                &self,
                arithmetic: Arithmetic,
                fixed: &[Vec<[i32; N]>],
                parameters: &mut [Block<T, N>],
                b: &mut [[T; N]],
                log_det: &mut [T; N],
                kept: &mut [Block<T, N>],
            ) {
                match self {
                    $(Transform::$name(map) => {
                        map.forward_fixed(arithmetic, fixed, parameters, b, log_det, kept)
                    })*
                }
            }

            fn inverse_fixed<T: Number, const N: usize>(
                &self,
                arithmetic: Arithmetic,
                fixed: &[Vec<[i32; N]>],
                parameters: &mut [Block<T, N>],
                b: &mut [[T; N]],
                log_det: &mut [T; N],
            ) {
                match self {
                    $(Transform::$name(map) => {
                        map.inverse_fixed(arithmetic, fixed, parameters, b, log_det)
                    })*
                }
            }

            fn activation_pattern<T: Number, const N: usize>(
                &self,
                kept: &[Block<T, N>],
                hash: u64,
            ) -> u64 {
                match self { $(Transform::$name(map) => map.activation_pattern(kept, hash),)* }
            }

            fn margin<T: Number, const N: usize>(
                &self,
                parameters: &[Block<T, N>],
                kept: &[Block<T, N>],
                margin: &mut [T; N],
            ) {
                match self { $(Transform::$name(map) => map.margin(parameters, kept, margin),)* }
            }
        }
    };
}

transforms! {
    /// NICE's: b <- b + t.
    Additive(Additive) = Additive,
    /// RealNVP's: b <- b exp(s) + t, |s| < 2 unless another bound is asked for.
    Affine(Affine) = Affine { bound: 2.0 },
    /// That of neural spline flows: b <- spline(b).
    Spline(Spline) = Spline::COUPLING,
}

impl Transform {
    /// NICE's.
    pub const NICE: Self = Transform::Additive(Additive);

    /// RealNVP's, with the default bound of the log-scale.
    pub const REAL_NVP: Self = Transform::Affine(Affine { bound: 2.0 });

    /// That of neural spline flows, with the default shape of the splines.
    pub const SPLINE: Self = Transform::Spline(Spline::COUPLING);

    /// The transform of that name, with its defaults.
    ///
    /// # Errors
    ///
    /// No transform has that name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|transform| transform.name() == name);
        found.copied().with_context(|| {
            let known: Vec<String> =
                Self::ALL.iter().map(|transform| format!("`{}`", transform.name())).collect();
            format!("unknown coupling `{name}`, expected one of {}", known.join(", "))
        })
    }
}

//! The wire format: each matrix with its shape, each activation, transform and base with a tag, the
//! flow with the number of the format, so that one model's bytes are never taken for another's.

use crate::{EXPORT_FORMAT, Flow, Real, Standardize};

use nalgebra::{SMatrix, SVector, Scalar};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error},
    ser::SerializeStruct,
};

/// A [`Real`] number that serde knows.
pub trait Number: Real + Scalar + Serialize + DeserializeOwned {}
impl<T: Real + Scalar + Serialize + DeserializeOwned> Number for T {}

/// A matrix after its shape.
#[derive(Serialize, Deserialize)]
struct Shaped<M> {
    rows: u16,
    columns: u16,
    values: M,
}

pub(crate) fn serialize_shaped<T, S, const R: usize, const C: usize>(
    matrix: &SMatrix<T, R, C>,
    to: S,
) -> Result<S::Ok, S::Error>
where
    T: Scalar + Serialize,
    S: Serializer,
{
    Shaped { rows: R as u16, columns: C as u16, values: matrix }.serialize(to)
}

pub(crate) fn deserialize_shaped<'de, T, De, const R: usize, const C: usize>(
    from: De,
) -> Result<SMatrix<T, R, C>, De::Error>
where
    T: Scalar + Deserialize<'de>,
    De: Deserializer<'de>,
{
    let Shaped { rows, columns, values } = Shaped::deserialize(from)?;
    if (usize::from(rows), usize::from(columns)) != (R, C) {
        return Err(De::Error::custom(format_args!(
            "a tensor of {rows} x {columns} where the model has {R} x {C}"
        )));
    }
    Ok(values)
}

/// Serialises weights: `#[serde(with = "crate::wire")]`.
pub(crate) fn serialize<T: Number, S, const R: usize, const C: usize>(
    matrix: &SMatrix<T, R, C>,
    to: S,
) -> Result<S::Ok, S::Error>
where
    S: Serializer,
{
    serialize_shaped(matrix, to)
}

/// Deserialises weights, which must be finite.
pub(crate) fn deserialize<'de, T: Number, De, const R: usize, const C: usize>(
    from: De,
) -> Result<SMatrix<T, R, C>, De::Error>
where
    De: Deserializer<'de>,
{
    let matrix: SMatrix<T, R, C> = deserialize_shaped(from)?;
    match matrix.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(De::Error::custom(format_args!(
            "a {R} x {C} tensor with a non-finite value at {index}"
        ))),
        None => Ok(matrix),
    }
}

/// Deserialises numbers that must all be positive.
pub(crate) fn deserialize_positive<'de, T: Number, De, const R: usize, const C: usize>(
    from: De,
) -> Result<SMatrix<T, R, C>, De::Error>
where
    De: Deserializer<'de>,
{
    let matrix: SMatrix<T, R, C> = deserialize(from)?;
    match matrix.iter().position(|&value| value <= T::ZERO) {
        Some(index) => {
            Err(De::Error::custom(format_args!("a value that is not positive, at {index}")))
        }
        None => Ok(matrix),
    }
}

/// Deserialises a vector each of whose values must be at least 1.
pub(crate) fn deserialize_at_least_one<'de, T: Number, De, const R: usize>(
    from: De,
) -> Result<SVector<T, R>, De::Error>
where
    De: Deserializer<'de>,
{
    let vector: SVector<T, R> = deserialize(from)?;
    match vector.iter().position(|&value| value < T::ONE) {
        Some(index) => Err(De::Error::custom(format_args!("a value below 1, at {index}"))),
        None => Ok(vector),
    }
}

/// Deserialises knots (x, y, slope), one column for each spline: x and y must ascend and be the same
/// at both ends, slopes must be positive.
pub(crate) fn deserialize_knots<'de, T: Number, De, const E: usize, const D: usize>(
    from: De,
) -> Result<SMatrix<T, E, D>, De::Error>
where
    De: Deserializer<'de>,
{
    let knots: SMatrix<T, E, D> = deserialize(from)?;
    let is_spline = |knots: &[[T; 3]]| {
        let ends = [knots.first(), knots.last()];
        ends.iter().flatten().all(|[x, y, _]| x == y)
            && knots.iter().all(|&[_, _, slope]| slope > T::ZERO)
            && knots.array_windows().all(|[left, right]| left[0] < right[0] && left[1] < right[1])
    };
    match knots.data.0.iter().position(|knots| !is_spline(knots.as_chunks().0)) {
        Some(index) => Err(De::Error::custom(format_args!("no monotone spline, at {index}"))),
        None => Ok(knots),
    }
}

/// Deserialises one number, which must be finite.
pub(crate) fn finite<'de, T: Number, De: Deserializer<'de>>(from: De) -> Result<T, De::Error> {
    let value = T::deserialize(from)?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(De::Error::custom("a number that is not finite"))
    }
}

/// Deserialises a bound, which must be positive.
pub(crate) fn positive<'de, T: Number, De: Deserializer<'de>>(from: De) -> Result<T, De::Error> {
    let bound = finite(from)?;
    if bound > T::ZERO { Ok(bound) } else { Err(De::Error::custom("a bound that is not positive")) }
}

/// Deserialises a bound, where there is one: it must be positive.
pub(crate) fn optional_positive<'de, T: Number, De: Deserializer<'de>>(
    from: De,
) -> Result<Option<T>, De::Error> {
    match Option::<T>::deserialize(from)? {
        Some(bound) if !(bound.is_finite() && bound > T::ZERO) => {
            Err(De::Error::custom("a bound that is not positive"))
        }
        bound => Ok(bound),
    }
}

/// Deserialises a number that must be between 0 and 1.
pub(crate) fn between_zero_and_one<'de, T: Number, De: Deserializer<'de>>(
    from: De,
) -> Result<T, De::Error> {
    let value = finite(from)?;
    if value > T::ZERO && value < T::ONE {
        Ok(value)
    } else {
        Err(De::Error::custom("a number that is not between 0 and 1"))
    }
}

/// Deserialises the bound of a log-scale, which must be at least 1.
pub(crate) fn log_scale_bound<'de, T: Number, De: Deserializer<'de>>(
    from: De,
) -> Result<T, De::Error> {
    let bound = finite(from)?;
    if bound >= T::ONE { Ok(bound) } else { Err(De::Error::custom("a log-scale bound below 1")) }
}

/// Serialises a unit type as one byte, which tells it from its siblings.
macro_rules! tagged {
    ($name:ident, $tag:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_u8($tag)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                match <u8 as serde::Deserialize>::deserialize(from)? {
                    $tag => Ok($name),
                    _ => Err(serde::de::Error::custom(concat!(
                        "another kind where the model has ",
                        stringify!($name)
                    ))),
                }
            }
        }
    };
}
pub(crate) use tagged;

/// A flow after the number of its format.
#[derive(Deserialize)]
#[serde(bound = "T: Number, L: Deserialize<'de>, B: Deserialize<'de>, G: Deserialize<'de>")]
struct Versioned<T, const D: usize, L, B, G> {
    format: u32,
    standardize: Standardize<T, D>,
    layers: L,
    base: B,
    context: G,
}

impl<T: Number, const D: usize, L, B, G> Serialize for Flow<T, D, L, B, G>
where
    L: Serialize,
    B: Serialize,
    G: Serialize,
{
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut flow = to.serialize_struct("Flow", 5)?;
        flow.serialize_field("format", &EXPORT_FORMAT)?;
        flow.serialize_field("standardize", &self.standardize)?;
        flow.serialize_field("layers", &self.layers)?;
        flow.serialize_field("base", &self.base)?;
        flow.serialize_field("context", &self.context)?;
        flow.end()
    }
}

impl<'de, T: Number, const D: usize, L, B, G> Deserialize<'de> for Flow<T, D, L, B, G>
where
    L: Deserialize<'de>,
    B: Deserialize<'de>,
    G: Deserialize<'de>,
{
    fn deserialize<De: Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
        let Versioned { format, standardize, layers, base, context } =
            Versioned::deserialize(from)?;
        if format != EXPORT_FORMAT {
            return Err(De::Error::custom(format_args!(
                "a model of format {format}; this crate reads {EXPORT_FORMAT}"
            )));
        }
        Ok(Flow { standardize, layers, base, context })
    }
}

//! Which kinds of density fit a size of flash, beside a flow with one Gaussian or Student's t base.

use super::{cost::Cost, preset::Preset};
use crate::model::{Base, Covariance, Description, Shape, Spline, Transform};
use anyhow::Result;

/// The components of a flow over clusters.
const OF_FLOWS: [usize; 2] = [8, 24];

/// The most components of a plain mixture: more are hardly more likely.
const MOST: usize = 128;

/// The number of components of each plain mixture: the most that fit, divided by these.
const FEWER: [usize; 3] = [1, 2, 4];

/// The fewest rows for each number of a component.
const ROWS: usize = 4;

/// The most features of a flow of splines: with more, affine couplings are better.
const OF_SPLINES: usize = 5;

/// A flow whose features are first bent by a spline each; with few features a flow of spline
/// couplings; plain mixtures of full and of diagonal covariance, with as many components as fit and
/// as the rows can tell apart, with half and with a quarter of these; and flows over 8 and over 24
/// clusters.
///
/// `shape` says all but the base, the couplets and the hidden widths. The rows are worth `rows`
/// independent ones.
///
/// # Errors
///
/// No shape of these features is valid.
pub fn kinds(
    preset: Preset,
    features: &[String],
    shape: &Shape,
    rows: usize,
) -> Result<Vec<Description>> {
    let d = features.len();
    let usual = Covariance::usual(d);
    let can_tell = |components: usize, covariance: Covariance| {
        let numbers = match covariance {
            Covariance::Diagonal => 1 + 2 * d,
            Covariance::Full => 1 + 2 * d + d * (d - 1) / 2,
        };
        components * numbers * ROWS <= rows
    };
    let of = |components: usize, covariance: Covariance| Shape {
        base: Base::Mixture,
        components: Some(components),
        covariance: Some(covariance),
        ..shape.clone()
    };
    let bent = Shape { marginal: Some(Spline::MARGINAL), ..shape.clone() };
    let mut kinds: Vec<Description> = preset.fit(features, &bent).into_iter().collect();
    if d <= OF_SPLINES && shape.transform == Transform::REAL_NVP {
        let splines = Shape { transform: Transform::SPLINE, ..shape.clone() };
        kinds.extend(preset.fit(features, &splines));
    }
    let covariances: &[Covariance] = match usual {
        Covariance::Full => &[Covariance::Full],
        Covariance::Diagonal => &[Covariance::Full, Covariance::Diagonal],
    };
    for &covariance in covariances {
        let plain = |components: usize| {
            let shape = Shape { couplets: 0, ..of(components, covariance) };
            Description::new(features.to_vec(), shape)
        };
        let fits = |components: &usize| {
            can_tell(*components, covariance)
                && plain(*components).is_ok_and(|it| Cost::of_shape(&it).flash <= preset.0)
        };
        let Some(most) = (2..=MOST).rev().find(fits) else { continue };
        for components in FEWER.map(|fewer| most / fewer).into_iter().filter(|&it| it >= 2) {
            kinds.push(plain(components)?);
        }
    }
    for components in OF_FLOWS.into_iter().filter(|&components| can_tell(components, usual)) {
        kinds.extend(preset.fit(features, &of(components, usual)));
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MixtureShape;

    fn of(kibibytes: usize, d: usize, rows: usize) -> Result<Vec<(usize, MixtureShape)>> {
        let features: Vec<String> = (0..d).map(|i| format!("x{i}")).collect();
        let preset = Preset(kibibytes << 10);
        let kinds = kinds(preset, &features, &Shape::default(), rows)?;
        assert!(kinds.iter().all(|kind| Cost::of_shape(kind).flash <= preset.0));
        Ok(kinds.iter().filter_map(|kind| Some((kind.couplets, kind.mixture?))).collect())
    }

    #[test]
    fn every_kind_fits_and_some_have_couplets() -> Result<()> {
        for (kibibytes, d) in [(2, 2), (8, 8), (8, 16), (64, 43)] {
            let kinds = of(kibibytes, d, 20_000)?;
            assert!(kinds.iter().any(|&(couplets, _)| couplets == 0), "{kinds:?}");
            assert!(kinds.iter().any(|&(couplets, _)| couplets > 0), "{kinds:?}");
        }
        Ok(())
    }

    #[test]
    fn few_features_have_splines() -> Result<()> {
        for (d, has_splines) in [(2, true), (5, true), (6, false)] {
            let features: Vec<String> = (0..d).map(|i| format!("x{i}")).collect();
            let kinds = |shape: &Shape| kinds(Preset(16 << 10), &features, shape, 20_000);
            let is_spline = |it: &Description| matches!(it.transform, Transform::Spline(_));
            assert_eq!(kinds(&Shape::default())?.iter().any(is_spline), has_splines, "{d}");
            // Who asks for NICE gets no others.
            let nice = Shape { transform: Transform::NICE, ..Shape::default() };
            assert!(!kinds(&nice)?.iter().any(is_spline), "{d}");
        }
        Ok(())
    }

    #[test]
    fn few_rows_have_few_components() -> Result<()> {
        let most = |rows| -> Result<Option<usize>> {
            Ok(of(64, 8, rows)?.iter().map(|(_, mixture)| mixture.components).max())
        };
        assert_eq!((most(100)?, most(1000)?, most(100_000)?), (None, Some(14), Some(128)));
        Ok(())
    }
}

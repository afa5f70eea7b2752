use super::{Block, Number, block};
use anyhow::{Result, ensure};

/// A column of context, by which a flow is conditioned: the density is p(x | c).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextColumn {
    /// Its name.
    pub name: String,
    /// The levels that training saw, where it is one of several: each level is an input, which is 1
    /// where the column has it and 0 elsewhere. `None` is a number, which is an input itself.
    pub levels: Option<Vec<String>>,
}

impl ContextColumn {
    /// A column of numbers.
    pub fn number(name: impl Into<String>) -> Self {
        ContextColumn { name: name.into(), levels: None }
    }

    /// The names of its inputs: its own, or `name=level` for each level.
    pub fn inputs(&self) -> Vec<String> {
        match &self.levels {
            None => vec![self.name.clone()],
            Some(levels) => levels.iter().map(|level| format!("{}={level}", self.name)).collect(),
        }
    }

    /// Whether a model can have these columns beside these features.
    pub(super) fn check_all(columns: &[ContextColumn], features: &[String]) -> Result<()> {
        for (i, ContextColumn { name, levels }) in columns.iter().enumerate() {
            let is_twice = columns[..i].iter().any(|other| other.name == *name);
            ensure!(!is_twice, "the context `{name}` is there twice");
            ensure!(!features.contains(name), "`{name}` is both a feature and a context");
            let Some(levels) = levels else { continue };
            ensure!(
                levels.len() >= 2,
                "the context `{name}` has {} levels; it needs two",
                levels.len()
            );
            let is_twice = |(j, level): (usize, &String)| levels[..j].contains(level);
            ensure!(
                !levels.iter().enumerate().any(is_twice),
                "a level of the context `{name}` is there twice"
            );
        }
        Ok(())
    }
}

/// The cells of a row of `d` features and these columns of context, as a file has them: of a column
/// with levels the level, or `?` where it is not known. `number` writes a number.
pub fn cells(
    columns: &[ContextColumn],
    d: usize,
    row: &[f32],
    number: fn(&f32) -> String,
) -> Vec<String> {
    let (features, mut inputs) = row.split_at(d);
    let mut cells: Vec<String> = features.iter().map(number).collect();
    for ContextColumn { levels, .. } in columns {
        let own;
        (own, inputs) = inputs.split_at(levels.as_ref().map_or(1, Vec::len));
        cells.push(match levels {
            None => number(&own[0]),
            Some(levels) => {
                let level = own.iter().position(|&input| input == 1.0);
                level.map_or("?".into(), |level| levels[level].clone())
            }
        });
    }
    cells
}

/// What is known of the C inputs of a context from the training rows; not trained.
///
/// Conditioners see v = (c - mean) / std of each input, and with an input bound b clamp(v, -b, b).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The mean of each input.
    pub mean: Vec<f32>,
    /// The standard deviation of each input.
    pub std: Vec<f32>,
    /// The least value of each input; the least f32 where it is not known.
    pub least: Vec<f32>,
    /// The largest value of each input; the largest f32 where it is not known.
    pub most: Vec<f32>,
}

impl Context {
    /// C, the number of inputs.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Whether there is no context.
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
    }

    /// What conditioners see of a block of contexts, in place: NaN of an input that is not finite.
    pub fn see<T: Number, const N: usize>(&self, bound: Option<f32>, c: &mut Block<T, N>) {
        for ((c, &mean), &std) in c.iter_mut().zip(&self.mean).zip(&self.std) {
            for c in c {
                let v = (*c - T::from_f32(mean)) / T::from_f32(std);
                *c = match bound.map(T::from_f32) {
                    _ if !v.is_finite() => T::NAN,
                    Some(bound) if v > bound => bound,
                    Some(bound) if v < -bound => -bound,
                    _ => v,
                };
            }
        }
    }

    /// Whether each input is within what training saw; false for NaN.
    pub fn is_known(&self, context: &[f32]) -> bool {
        let range = self.least.iter().zip(&self.most);
        context.iter().zip(range).all(|(c, (least, most))| c >= least && c <= most)
    }

    /// Whether any range is known: models that others made may say none.
    pub(super) fn has_range(&self) -> bool {
        self.least.iter().any(|&least| least > f32::MIN)
            || self.most.iter().any(|&most| most < f32::MAX)
    }

    /// An empty block of contexts.
    pub(super) fn block<T: Number, const N: usize>(&self) -> Block<T, N> {
        block(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(levels: &[&str]) -> ContextColumn {
        let levels = Some(levels.iter().map(|&level| level.into()).collect());
        ContextColumn { name: "mode".into(), levels }
    }

    #[test]
    fn levels_are_inputs_of_their_own() {
        assert_eq!(column(&["eco", "full"]).inputs(), ["mode=eco", "mode=full"]);
        assert_eq!(ContextColumn::number("load").inputs(), ["load"]);
    }

    #[test]
    fn columns_that_contradict_each_other_are_refused() {
        let said = |columns: &[ContextColumn]| {
            ContextColumn::check_all(columns, &["x".into()]).unwrap_err().to_string()
        };
        let number = ContextColumn::number;
        assert_eq!(said(&[number("a"), number("a")]), "the context `a` is there twice");
        assert_eq!(said(&[number("x")]), "`x` is both a feature and a context");
        assert_eq!(said(&[column(&["eco"])]), "the context `mode` has 1 levels; it needs two");
        let twice = "a level of the context `mode` is there twice";
        assert_eq!(said(&[column(&["eco", "eco"])]), twice);
    }

    /// The crate's contexts are the contract.
    #[test]
    fn conditioners_see_what_the_crate_says() {
        use couplet::{Context as Device, Given};
        let (mean, std) = ([0.5_f32, -2.0], [0.3_f32, 7.0]);
        let context = Context {
            mean: mean.to_vec(),
            std: std.to_vec(),
            least: vec![0.0, -9.0],
            most: vec![1.0, 9.0],
        };
        for bound in [None, Some(1.5)] {
            let device = Device::new(mean, std, [0.0, -9.0], [1.0, 9.0], bound);
            for c in [[0.1, 0.2], [0.0, 9.0], [-50.0, 50.0], [f32::NAN, 0.0], [0.0, f32::MAX]] {
                let mut seen: Block<f32, 1> = context.block();
                seen.copy_from_slice(&c.map(|c| [c]));
                context.see(bound, &mut seen);
                let expected = device.seen(&c.into());
                assert_eq!(expected.is_some(), seen.iter().all(|v| v[0].is_finite()), "{c:?}");
                if let Some(expected) = expected {
                    assert_eq!(seen.as_flattened(), expected.as_slice());
                }
                assert_eq!(context.is_known(&c), device.is_known(&c.into()), "{c:?}");
            }
        }
    }
}

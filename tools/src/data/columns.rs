use super::{
    Reading,
    aside::{Aside, holds_time_stamps},
    list::first_of,
    sample::Sample,
    source::Header,
};
use crate::{
    hint::{Hint, Hinted},
    model::{ContextColumn, Description},
};
use anyhow::{Context, Result, bail, ensure};

/// The names of columns that are not features, unless they are chosen or kept.
pub const NOT_FEATURES: [&str; 2] = ["label", "log_prob"];

/// Words in the names of columns that may say which rows are anomalies.
const LABELS: [&str; 14] = [
    "label",
    "labels",
    "class",
    "target",
    "anomaly",
    "anomalies",
    "anomalous",
    "outlier",
    "outliers",
    "changepoint",
    "attack",
    "fault",
    "faulty",
    "failure",
];

/// Whether a column of this name may say which rows are anomalies.
pub fn may_be_label(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| LABELS.contains(&word))
}

/// Which columns are features where [`Reading::columns`] chooses none.
#[derive(Clone, Copy, Debug)]
pub enum Columns<'a> {
    /// All but labels, `log_prob`, indices and time stamps: a model will be trained on them.
    All,
    /// The features of a model, by these names, and its context. A file without a header has the
    /// features by position if it has as many other columns, and so have columns that were chosen.
    Model(&'a [String], &'a [ContextColumn]),
}

impl<'a> Columns<'a> {
    /// These features, and no context.
    pub fn named(features: &'a [String]) -> Self {
        Columns::Model(features, &[])
    }

    /// The context of a model. It is empty where columns are still to be chosen.
    pub(super) fn context(self) -> &'a [ContextColumn] {
        match self {
            Columns::All => &[],
            Columns::Model(_, context) => context,
        }
    }

    /// Those of a model.
    pub fn of(description: &'a Description) -> Self {
        Columns::Model(&description.features, &description.context)
    }
}

/// The columns that are taken of each row, by index.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The names of the features.
    pub names: Vec<String>,
    /// The columns of the features, in the order of the names.
    pub features: Vec<usize>,
    /// The columns of the context.
    pub contexts: Vec<usize>,
    /// Those of them that are to hold numbers.
    pub numbers: Vec<usize>,
    /// The column of labels.
    pub label: Option<usize>,
    /// The column that says which rows belong together.
    pub group: Option<usize>,
    /// The column of true log-densities in nats.
    pub log_prob: Option<usize>,
    /// Which columns were found to be indices or time stamps, and how to take them all the same.
    pub notes: Vec<Hinted>,
}

impl Selection {
    /// Selects what the reading and the model ask for.
    ///
    /// # Errors
    ///
    /// A column that is not there, is there twice, or is chosen for two things; or no feature.
    pub fn new(
        header: &Header,
        reading: &Reading,
        columns: Columns<'_>,
        sample: &Sample,
    ) -> Result<Self> {
        let label = match &reading.label {
            Some(label) => Some(find(header, label)?),
            None => header.label,
        };
        let group = reading.group.as_ref().map(|group| find(header, group)).transpose()?;
        let find_all = |wanted: &[String]| -> Result<Vec<usize>> {
            wanted.iter().map(|name| find(header, name)).collect()
        };
        let chosen = reading.columns.as_deref().map(find_all).transpose()?;
        let excluded = find_all(reading.exclude.as_deref().unwrap_or_default())?;
        if let Some(chosen) = &chosen
            && let Some((_, &twice)) =
                chosen.iter().enumerate().find(|(i, column)| chosen[..*i].contains(column))
        {
            bail!("column {} is chosen twice", header.names[twice]);
        }
        let contexts: Vec<usize> = match columns {
            Columns::Model(features, context) if !context.is_empty() => {
                let find = |column: &ContextColumn| {
                    let name = &column.name;
                    named(header, name)
                        .with_context(|| format!("the model's context {name} is missing"))
                };
                // Without names, the context is behind the features.
                let apart = |i: &usize| [label, group].contains(&Some(*i)) || excluded.contains(i);
                let others: Vec<usize> = (0..header.names.len()).filter(|i| !apart(i)).collect();
                let behind = others.get(features.len()..).filter(|behind| {
                    !header.named && !features.is_empty() && behind.len() == context.len()
                });
                let by_name: Result<Vec<usize>> = context.iter().map(find).collect();
                match (by_name, behind) {
                    (Err(_), Some(behind)) => behind.to_vec(),
                    (by_name, _) => by_name?,
                }
            }
            _ => find_all(&reading.context)?,
        };
        let numbers = find_all(&reading.context_numbers)?;
        if let Some(&other) = numbers.iter().find(|number| !contexts.contains(number)) {
            bail!("column {} is no context, so it is none that holds numbers", header.names[other]);
        }
        if let Some(twice) = (1..contexts.len()).find(|&i| contexts[..i].contains(&contexts[i])) {
            bail!("the context {} is chosen twice", header.names[contexts[twice]]);
        }
        let kept = find_all(reading.include.as_deref().unwrap_or_default())?;
        let is_label = |i: &usize| header.named && NOT_FEATURES.contains(&&*header.names[*i]);
        let taken = |i: &usize| {
            [label, group].contains(&Some(*i)) || excluded.contains(i) || contexts.contains(i)
        };
        let all = || (0..header.names.len()).filter(|i| !taken(i));
        let mut asides = Vec::new();
        let features: Vec<usize> = match (columns, chosen) {
            (_, Some(chosen)) => chosen,
            (Columns::All, None) => {
                let others = all().filter(|i| kept.contains(i) || !is_label(i));
                let (features, aside): (Vec<_>, Vec<_>) = others
                    .map(|i| (i, Aside::of(header, i, sample).filter(|_| !kept.contains(&i))))
                    .partition(|(_, aside)| aside.is_none());
                asides = aside.into_iter().filter_map(|(i, aside)| Some((i, aside?))).collect();
                features.into_iter().map(|(i, _)| i).collect()
            }
            (Columns::Model([], _), None) => Vec::new(),
            (Columns::Model(features, _), None) if header.named => {
                if let Some(&i) = excluded.iter().find(|&&i| features.contains(&header.names[i])) {
                    bail!(
                        "column {} cannot be left out: it is a feature of the model",
                        header.names[i]
                    );
                }
                features.iter().map(|name| named(header, name)).collect::<Result<_>>()?
            }
            (Columns::Model(features, _), None) => {
                // Where training left an index out, the numbers in the names have a gap.
                let gap = features.iter().enumerate().any(|(i, name)| *name != format!("x{i}"));
                let by_name: Result<Vec<_>> =
                    features.iter().map(|name| named(header, name)).collect();
                match by_name {
                    Ok(found) if gap && !found.iter().any(taken) => found,
                    _ if all().count() == features.len() => all().collect(),
                    // Training left time stamps out, too.
                    _ => all().filter(|i| !holds_time_stamps(sample, *i)).collect(),
                }
            }
        };
        if features.is_empty() && !matches!(columns, Columns::Model([], _)) {
            let message = format!("there is no feature: {}", header.names.join(", "));
            ensure!(reading.exclude.is_none(), "{message} are left out");
            bail!(Hinted::new(message, Hint::ChooseColumns));
        }
        if let Some(label) = label.filter(|label| features.contains(label)) {
            bail!("column {} is a feature and cannot be the label too", header.names[label]);
        }
        if let Some(group) = group.filter(|group| features.contains(group)) {
            bail!(
                "column {} is a feature, so it cannot say which rows belong together",
                header.names[group]
            );
        }
        if let Some(context) = contexts.iter().find(|&&context| {
            features.contains(&context) || [label, group].contains(&Some(context))
        }) {
            bail!(
                "column {} is a context, so it cannot be a feature, a label or a group too",
                header.names[*context]
            );
        }
        for &i in features.iter().chain(&contexts).chain(&label).chain(&group) {
            let name = &header.names[i];
            let twice = header.names.iter().filter(|other| *other == name).count() > 1;
            ensure!(!twice, "two columns are called {name}; rename one");
        }
        let names = match columns {
            Columns::All => features.iter().map(|&i| header.names[i].clone()).collect(),
            Columns::Model(names, _) => {
                ensure!(
                    features.len() == names.len(),
                    "{} columns{}, where the model has {} features: {}",
                    features.len(),
                    if header.named { "" } else { " and no header" },
                    names.len(),
                    names.join(", ")
                );
                names.to_vec()
            }
        };
        let truth =
            |i: &usize| header.named && header.names[*i] == "log_prob" && !features.contains(i);
        let log_prob =
            (0..header.names.len()).find(truth).filter(|_| matches!(columns, Columns::Model(..)));
        let notes = notes(header, &asides, sample);
        Ok(Selection { names, features, contexts, numbers, label, group, log_prob, notes })
    }

    /// The columns that a model reads: features and context.
    pub fn read(&self) -> impl Iterator<Item = usize> {
        self.features.iter().chain(&self.contexts).copied()
    }

    /// Every column that is taken: features, context, label, group and log-density.
    pub fn taken(&self) -> impl Iterator<Item = usize> {
        self.read().chain(self.label).chain(self.group).chain(self.log_prob)
    }

    /// The names of all columns that are neither features nor context.
    pub fn left_out(&self, header: &Header) -> Vec<String> {
        (0..header.names.len())
            .filter(|i| !self.features.contains(i) && !self.contexts.contains(i))
            .map(|i| shown(&header.names[i]))
            .collect()
    }
}

/// A name as messages show it.
fn shown(name: &str) -> String {
    if name.is_empty() { "(no name)".into() } else { name.into() }
}

/// A line for each reason to leave columns out, with how to take those that hold numbers.
fn notes(header: &Header, asides: &[(usize, Aside)], sample: &Sample) -> Vec<Hinted> {
    let holds_numbers = |column: usize| {
        let mut cells = sample.rows().filter(|(_, row)| !row.cell(column).is_missing());
        cells.all(|(_, row)| row.cell(column).number().is_some())
    };
    let note = |reason: Aside| {
        let of = asides.iter().filter(|(_, aside)| *aside == reason);
        let names: Vec<String> = of.map(|&(i, _)| header.names[i].clone()).collect();
        let list = first_of(&names.iter().map(|name| shown(name)).collect::<Vec<_>>());
        let message = reason.words(&list, names.len() == 1);
        let numbers = asides.iter().filter(|&&(i, aside)| aside == reason && holds_numbers(i));
        let numbers = numbers.map(|&(i, _)| header.names[i].clone()).collect();
        (!names.is_empty()).then(|| Hinted::new(message, Hint::Keep(numbers)))
    };
    Aside::TOLD.into_iter().filter_map(note).collect()
}

/// The column that has this name, or else this index from 0.
pub fn find(header: &Header, wanted: &str) -> Result<usize> {
    match (named(header, wanted), wanted.parse::<usize>()) {
        (Ok(column), _) => Ok(column),
        (Err(_), Ok(index)) if index < header.names.len() => Ok(index),
        (Err(_), Ok(index)) => {
            let count = header.names.len();
            bail!("there is no column {index}; the last of {count} is {}", count.saturating_sub(1))
        }
        (Err(error), Err(_)) if header.named => Err(error),
        _ => bail!(
            "no column is called {wanted}, as there is no header: choose by index, from 0 to {}",
            header.names.len().saturating_sub(1)
        ),
    }
}

/// The column that has this name.
fn named(header: &Header, wanted: &str) -> Result<usize> {
    let found = header.names.iter().position(|name| name == wanted);
    found.with_context(|| {
        format!("no column is called {wanted}; there are {}", header.names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_wins_over_an_index() {
        let names = ["1", "a", "0"].map(String::from).to_vec();
        let header = Header { names, named: true, ..Header::numbered(3, "row") };
        assert_eq!(["0", "1", "2", "a"].map(|wanted| find(&header, wanted).unwrap()), [2, 0, 2, 1]);
    }
}

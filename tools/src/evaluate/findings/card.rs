use crate::{
    data::Sketch,
    device::cost::Cost,
    model::{Description, FeatureMap, Model, Notes},
};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a model is.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// What it is called.
    pub name: String,
    /// What tells its density from all others: see [`Model::identity`].
    pub identity: String,
    /// The kind of density, with the context that it is given.
    pub kind: String,
    /// The names of the features.
    pub features: Vec<String>,
    /// The names of the columns of the context.
    pub context: Vec<String>,
    /// The entries of the model file that describe the shape, beside the features.
    pub shape: Map<String, Value>,
    /// What it costs on any device.
    pub cost: Cost,
    /// How it was trained.
    pub training: Training,
}

/// What the model file says of the training, as far as it does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Training {
    /// Rows trained on.
    pub rows: Option<usize>,
    /// Rows held out, which chose the weights.
    pub held_out_rows: Option<usize>,
    /// Their mean negative log-likelihood in nats.
    pub held_out_nats: Option<f64>,
    /// Its standard error.
    pub held_out_error: Option<f64>,
    /// Rows held out that chose nothing.
    pub test_rows: Option<usize>,
    /// Their mean negative log-likelihood in nats.
    pub test_nats: Option<f64>,
    /// Its standard error.
    pub test_error: Option<f64>,
    /// Steps asked of the run whose weights were kept.
    pub steps: Option<usize>,
    /// The step where it was stopped, if it was.
    pub stopped_at: Option<usize>,
    /// For each run, looks at the held-out rows: steps so far and nats.
    pub looks: Vec<Vec<(usize, f64)>>,
    /// Which rows the model saw.
    #[serde(skip_serializing)]
    pub row_sketch: Option<Sketch>,
}

impl Card {
    /// The card of a model that is called `name`.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn of(name: &str, model: &Model) -> Result<Self> {
        let description = &model.flow.description;
        let bare = Description { notes: Notes::default(), ..description.clone() };
        let mut shape = match serde_json::to_value(bare)? {
            Value::Object(entries) => entries,
            _ => Map::new(),
        };
        shape.remove("features");
        let context: Vec<String> = description.context.iter().map(|it| it.name.clone()).collect();
        let given = match context.is_empty() {
            true => String::new(),
            false => format!(" given {}", context.join(", ")),
        };
        let kind = match description.couplets {
            0 => format!("{} without couplings{given}", word(&shape, "base")),
            _ => format!("{} flow{given}", description.transform.flow()),
        };
        let training = description.notes.training.clone().unwrap_or_default();
        Ok(Card {
            name: name.into(),
            identity: model.identity()?,
            kind,
            features: description.features.clone(),
            context,
            shape,
            cost: Cost::of(&model.flow),
            // Notes are free: a file of another program may say anything.
            training: serde_json::from_value(training).unwrap_or_default(),
        })
    }

    /// What a feature may be tied to, in words.
    pub fn others(&self) -> &'static str {
        if self.context.is_empty() { "the others" } else { "the others and the context" }
    }
}

/// A word of the shape.
fn word<'a>(shape: &'a Map<String, Value>, key: &str) -> &'a str {
    shape.get(key).and_then(Value::as_str).unwrap_or("density")
}

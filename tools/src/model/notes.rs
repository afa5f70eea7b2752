use super::calibration::Promise;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a model file says beside the shape. Notes change no bit that the model computes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// The step to which each column was rounded, 0 where it was not, if training rows were
    /// dequantised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dequantize: Option<Value>,
    /// The seed of the training.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seed: Option<Value>,
    /// How the model was trained.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub training: Option<Value>,
    /// What was promised of alarms, if the model was calibrated; see [`super::Calibration`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calibration: Option<Promise>,
    /// The windows of a signal whose features the model was trained on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub window: Option<Value>,
    /// Notes that this version does not know; they are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Notes {
    /// All notes, key by key in alphabetical order.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn entries(&self) -> Result<Map<String, Value>> {
        match serde_json::to_value(self)? {
            Value::Object(entries) => Ok(entries),
            other => bail!("notes are no object but {other}"),
        }
    }
}

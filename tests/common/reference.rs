//! The files in tests/reference, which make_reference.py wrote there.

use super::{Part, Source, parts::build};
use safetensors::{Dtype, SafeTensors};
use std::{collections::HashMap, fs};

/// The tensors of one file, widened to f64.
pub struct Reference {
    tensors: HashMap<String, (Vec<usize>, Vec<f64>)>,
    description: serde_json::Value,
}

impl Reference {
    /// Reads tests/reference/`name`.safetensors.
    pub fn read(name: &str) -> Self {
        let path = format!("{}/tests/reference/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let description = header.metadata().as_ref().map_or(serde_json::Value::Null, |metadata| {
            serde_json::from_str(&metadata["couplet"]).unwrap()
        });
        let widen = |name: String, view: safetensors::tensor::TensorView<'_>| {
            let (data, shape) = (view.data(), view.shape().to_vec());
            let values = match view.dtype() {
                Dtype::F32 => data
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&bytes| f32::from_le_bytes(bytes).into())
                    .collect(),
                Dtype::F64 => {
                    data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
                }
                Dtype::I64 => data
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&bytes| i64::from_le_bytes(bytes) as f64)
                    .collect(),
                other => panic!("{path}: {name} is {other:?}"),
            };
            (name, (shape, values))
        };
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        Reference {
            tensors: tensors.tensors().into_iter().map(|(name, view)| widen(name, view)).collect(),
            description,
        }
    }

    fn bound(&self, key: &str) -> f32 {
        self.description[key].as_f64().expect("a bound in the metadata") as f32
    }

    fn spline_of(&self, key: &str) -> [f32; 2] {
        let spline = &self.description[key];
        ["bound", "steepest"].map(|key| spline[key].as_f64().expect("a number of a spline") as f32)
    }

    /// The values of a tensor of any shape.
    pub fn values(&self, name: &str) -> &[f64] {
        &self.tensors[name].1
    }
}

impl Source for Reference {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let (actual, values) = &self.tensors[name];
        assert_eq!(actual, shape, "shape of {name}");
        values.iter().map(|&value| value as f32).collect()
    }

    fn permutation(&mut self, name: &str, features: usize) -> Vec<u16> {
        let (actual, values) = &self.tensors[name];
        assert_eq!(actual, &[features], "shape of {name}");
        values.iter().map(|&value| value as u16).collect()
    }

    fn log_scale_bound(&mut self) -> f32 {
        self.bound("log_scale_bound")
    }

    fn input_bound(&mut self) -> f32 {
        self.bound("input_bound")
    }

    fn marginal(&mut self) -> [f32; 2] {
        self.spline_of("marginal")
    }

    fn spline(&mut self) -> [f32; 2] {
        self.spline_of("spline")
    }
}

/// The model tests/reference/`name`.safetensors.
pub fn model<P: Part + Send + 'static>(name: &str) -> Box<P> {
    build(Reference::read(name))
}

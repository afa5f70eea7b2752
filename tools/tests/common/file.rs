use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A model file taken apart, to be put together wrongly.
pub struct File {
    pub description: Value,
    pub tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl File {
    pub fn parse(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).expect("safetensors");
        let description = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get("couplet"))
            .map_or(Value::Null, |json| serde_json::from_str(json).expect("JSON"));
        let tensors = SafeTensors::deserialize(bytes).expect("safetensors").tensors().into_iter();
        let tensors = tensors
            .map(|(name, view)| (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec())))
            .collect();
        File { description, tensors }
    }

    /// The tensor's values, widened.
    #[track_caller]
    pub fn values(&self, name: &str) -> Vec<f64> {
        let (dtype, _, data) = self.tensors.get(name).unwrap_or_else(|| panic!("no tensor {name}"));
        match dtype {
            Dtype::F32 => {
                data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes).into()).collect()
            }
            Dtype::F64 => {
                data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
            }
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Replaces one number of a float32 tensor.
    #[track_caller]
    pub fn set(&mut self, name: &str, index: usize, value: f32) {
        let data = &mut self.tensors.get_mut(name).unwrap_or_else(|| panic!("no tensor {name}")).2;
        data[4 * index..4 * (index + 1)].copy_from_slice(&value.to_le_bytes());
    }

    /// The file with this text as the metadata `couplet`.
    pub fn with_metadata(&self, metadata: Option<String>) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, (dtype, shape, data))| {
            (name, TensorView::new(*dtype, shape.clone(), data).expect("data of the tensor's size"))
        });
        let metadata = metadata.map(|text| HashMap::from([("couplet".to_string(), text)]));
        safetensors::serialize(views, metadata).expect("safetensors")
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.with_metadata(Some(self.description.to_string()))
    }
}

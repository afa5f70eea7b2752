use super::{
    Calibration, Description, Flow, Permutation, Standardize,
    calibration::{TABLE, TYPICAL, identity},
    context::Context as Given,
    integers,
};
use crate::input;
use anyhow::{Context, Result, anyhow, bail, ensure};
use couplet::Real;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// The tensors of the standardisation.
const MEAN: &str = "standardize.mean";
const STD: &str = "standardize.std";

/// The tensors of the context: mean, standard deviation, and what training saw at least and most.
const CONTEXT: [&str; 4] = ["context.mean", "context.std", "context.least", "context.most"];

/// A trained flow: what a model file holds.
#[derive(Clone, Debug)]
pub struct Model {
    /// The shape, and what is not trained of it.
    pub flow: Flow,
    /// The parameters, laid out by `flow.layout`.
    pub parameters: Vec<f32>,
    /// When to raise an alarm, if the model was calibrated.
    pub calibration: Option<Calibration>,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    ///
    /// The file, and which tensor or entry of it is missing, misshapen, non-finite or of another
    /// format.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = input::read(path)
            .with_context(|| format!("cannot read the model {}", path.display()))?;
        Self::from_bytes(&bytes)
            .with_context(|| format!("{} is not a model couplet can use", path.display()))
    }

    /// Parses the bytes of a model file.
    ///
    /// # Errors
    ///
    /// As [`Model::read`], without the file's name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, header) =
            SafeTensors::read_metadata(bytes).context("not a whole safetensors file")?;
        let tensors = SafeTensors::deserialize(bytes).context("not a whole safetensors file")?;
        let json = header.metadata().as_ref().and_then(|metadata| metadata.get("couplet"));
        let json = json
            .context("a safetensors file without the metadata `couplet`, so of another program")?;
        let description = Description::from_json(json)?;
        let d = description.dimension();

        let standardize =
            Standardize { mean: floats(&tensors, MEAN, &[d])?, std: floats(&tensors, STD, &[d])? };
        all_positive(STD, &standardize.std)?;
        let context = context(&tensors, description.contexts())?;
        let couplets = if description.permute { description.couplets } else { 0 };
        let permutations = (0..couplets)
            .map(|k| permutation(&tensors, &Permutation::name(k), d))
            .collect::<Result<_>>()?;

        let mut flow = Flow::new(description, standardize, context, permutations);
        if flow.description.integer {
            integers::read(&tensors, &mut flow)?;
        }
        refuse_unknown(&tensors, &flow)?;
        let mut parameters = Vec::new();
        for tensor in flow.layout.tensors() {
            parameters.extend(floats(&tensors, &tensor.name, &tensor.shape)?);
        }
        let mut model = Model { flow, parameters, calibration: None };
        model.calibration = calibration(&tensors, &model)?;
        Ok(model)
    }

    /// The bytes of the model file: the same model gives the same bytes.
    ///
    /// # Errors
    ///
    /// A tensor that the format cannot hold.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut tensors = self.tensors();
        let mut description = self.flow.description.clone();
        description.notes.calibration = None;
        if let Some(calibration) = &self.calibration {
            let Calibration { log_probs, surprises, typical, promise } = calibration;
            let mut add = |name: &str, shape: &[usize], values: &[f32]| {
                tensors.push((name.into(), Dtype::F32, shape.into(), float_bytes(values)));
            };
            add(Calibration::LOG_PROBS, &[TABLE], log_probs);
            add(Calibration::SURPRISES, &[TABLE], surprises);
            add(Calibration::TYPICAL, &[TYPICAL, description.dimension()], &typical.concat());
            description.notes.calibration = Some(promise.clone());
        }
        let views = tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>>>()?;
        let metadata = HashMap::from([("couplet".to_string(), description.to_json()?)]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// What tells its density from all others, as 16 hexadecimal digits: the first 8 bytes of the
    /// SHA-256 of its shape and its tensors. Notes and calibration do not count.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn identity(&self) -> Result<String> {
        let tensors = self.tensors();
        let parts = tensors.iter().map(|(name, _, _, bytes)| (name.as_str(), bytes.as_slice()));
        identity(&self.flow.description, parts)
    }

    /// The tensors of the density: name, type, shape, and bytes.
    fn tensors(&self) -> Vec<(String, Dtype, Vec<usize>, Vec<u8>)> {
        let Flow { standardize, layout, description, .. } = &self.flow;
        let d = description.dimension();
        let mut tensors = vec![
            (MEAN.to_string(), Dtype::F32, vec![d], float_bytes(&standardize.mean)),
            (STD.to_string(), Dtype::F32, vec![d], float_bytes(&standardize.std)),
        ];
        let Given { mean, std, least, most } = &self.flow.context;
        let known = if self.flow.context.has_range() { 4 } else { 2 };
        let given = CONTEXT.into_iter().zip([mean, std, least, most]).take(known);
        for (name, values) in given.filter(|(_, values)| !values.is_empty()) {
            tensors.push((name.into(), Dtype::F32, vec![values.len()], float_bytes(values)));
        }
        for Permutation { name, index } in self.flow.permutations() {
            let bytes = index.iter().flat_map(|&i| i64::from(i).to_le_bytes()).collect();
            tensors.push((name.clone(), Dtype::I64, vec![d], bytes));
        }
        for tensor in layout.tensors() {
            let bytes = float_bytes(&self.parameters[tensor.range.clone()]);
            tensors.push((tensor.name.clone(), Dtype::F32, tensor.shape.clone(), bytes));
        }
        tensors.extend(self.flow.couplings().flat_map(integers::tensors));
        tensors
    }

    /// The parameters in f64, for gradient checks.
    pub fn widened(&self) -> Vec<f64> {
        self.parameters.iter().map(|&value| f64::from_f32(value)).collect()
    }

    /// Each row's log-density, the device's bits.
    pub fn log_probs(&self, rows: &[f32]) -> Vec<f32> {
        self.flow.log_probs(&self.parameters, rows)
    }
}

/// Refuses a tensor that the description does not account for: ignoring it would compute another
/// density.
fn refuse_unknown(tensors: &SafeTensors<'_>, flow: &Flow) -> Result<()> {
    let permutations = flow.permutations().map(|permutation| permutation.name.as_str());
    let trained = flow.layout.tensors().iter().map(|tensor| tensor.name.as_str());
    let of_calibration = [Calibration::LOG_PROBS, Calibration::SURPRISES, Calibration::TYPICAL];
    let of_calibration =
        of_calibration.into_iter().filter(|_| flow.description.notes.calibration.is_some());
    let of_context = CONTEXT.into_iter().filter(|_| !flow.context.is_empty());
    let others = [MEAN, STD].into_iter().chain(of_calibration).chain(of_context);
    let known: HashSet<&str> = others.chain(permutations).chain(trained).collect();
    let integers: HashSet<String> =
        flow.couplings().flat_map(integers::tensors).map(|(name, ..)| name).collect();
    let is_known = |name: &str| known.contains(name) || integers.contains(name);
    if let Some(name) = tensors.names().into_iter().filter(|name| !is_known(name)).min() {
        bail!(
            "tensor {name} is not part of the flow that the metadata describes: use a newer couplet"
        );
    }
    Ok(())
}

fn all_positive(name: &str, values: &[f32]) -> Result<()> {
    match values.iter().position(|&value| value <= 0.0) {
        Some(index) => {
            bail!("tensor {name}: value {} at index {index} is not positive", values[index])
        }
        None => Ok(()),
    }
}

/// What a file says of the C inputs of a context. What training saw may be missing: then all is
/// taken for known.
fn context(tensors: &SafeTensors<'_>, c: usize) -> Result<Given> {
    if c == 0 {
        return Ok(Given::default());
    }
    let [mean, std, least, most] = CONTEXT;
    let known = |name: &str, unknown: f32| match tensors.tensor(name) {
        Ok(_) => floats(tensors, name, &[c]),
        Err(_) => Ok(vec![unknown; c]),
    };
    let context = Given {
        mean: floats(tensors, mean, &[c])?,
        std: floats(tensors, std, &[c])?,
        least: known(least, f32::MIN)?,
        most: known(most, f32::MAX)?,
    };
    all_positive(std, &context.std)?;
    let range = context.least.iter().zip(&context.most);
    if let Some(index) = range.into_iter().position(|(least, most)| least > most) {
        bail!("tensor {most}: value {} at index {index} is below {least}'s", context.most[index]);
    }
    Ok(context)
}

/// What a file says of alarms, if it does.
fn calibration(tensors: &SafeTensors<'_>, model: &Model) -> Result<Option<Calibration>> {
    let description = &model.flow.description;
    let Some(promise) = description.notes.calibration.clone() else { return Ok(None) };
    let d = description.dimension();
    let table = |name: &str| -> Result<[f32; TABLE]> {
        let values = floats(tensors, name, &[TABLE])?;
        values.try_into().map_err(|_| anyhow!("tensor {name} has another size"))
    };
    let typical = floats(tensors, Calibration::TYPICAL, &[TYPICAL, d])?;
    let calibration = Calibration {
        log_probs: table(Calibration::LOG_PROBS)?,
        surprises: table(Calibration::SURPRISES)?,
        typical: typical.chunks_exact(d).map(<[f32]>::to_vec).collect(),
        promise,
    };
    calibration.validated(&model.identity()?, d).map(Some)
}

fn float_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(super) fn tensor<'a>(
    tensors: &'a SafeTensors<'_>,
    name: &str,
    dtype: Dtype,
    shape: &[usize],
) -> Result<TensorView<'a>> {
    let view = tensors.tensor(name).ok().with_context(|| format!("tensor {name} is missing"))?;
    ensure!(view.dtype() == dtype, "tensor {name} is {:?}; it must be {dtype:?}", view.dtype());
    ensure!(
        view.shape() == shape,
        "tensor {name} has shape {:?}; its description says {shape:?}",
        view.shape()
    );
    Ok(view)
}

fn floats(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
    let view = tensor(tensors, name, Dtype::F32, shape)?;
    let values: Vec<f32> =
        view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        bail!("tensor {name}: value {} at index {index} is not finite", values[index]);
    }
    Ok(values)
}

fn permutation(tensors: &SafeTensors<'_>, name: &str, d: usize) -> Result<Vec<u16>> {
    let view = tensor(tensors, name, Dtype::I64, &[d])?;
    let index: Vec<i64> =
        view.data().as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect();
    let mut sorted = index.clone();
    sorted.sort_unstable();
    ensure!(
        sorted.iter().copied().eq(0..d as i64),
        "tensor {name}: {index:?} does not hold each of 0 to {} once",
        d - 1
    );
    Ok(index.into_iter().map(|i| i as u16).collect())
}

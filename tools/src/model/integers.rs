//! The tensors of integer conditioners in a model file.

use super::{Coupling, FeatureMap, Flow, IntegerDense, IntegerHead, IntegerNetwork, file::tensor};
use anyhow::{Result, bail};
use safetensors::{Dtype, SafeTensors};

/// Name, type, shape and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// The tensors of a coupling's conditioner, if it is one of integers.
pub fn tensors(coupling: &Coupling) -> Vec<Tensor> {
    let Some(IntegerNetwork { exponents, layers, heads }) = &coupling.network.integer else {
        return Vec::new();
    };
    let name = &coupling.name;
    let bytes = exponents.iter().map(|&exponent| exponent as u8).collect();
    let mut tensors =
        vec![(format!("{name}.input.exponent"), Dtype::I8, vec![exponents.len()], bytes)];
    for (l, layer) in layers.iter().enumerate() {
        tensors.extend(of_dense(&format!("{name}.trunk.{l}"), layer));
    }
    for (head, IntegerHead { dense, multiplier }) in coupling.transform.heads().iter().zip(heads) {
        let name = format!("{name}.{}", head.name);
        tensors.extend(of_dense(&name, dense));
        let bytes = multiplier.iter().flat_map(|multiplier| multiplier.to_le_bytes()).collect();
        tensors.push((format!("{name}.multiplier"), Dtype::I16, vec![multiplier.len()], bytes));
    }
    tensors
}

fn of_dense(name: &str, dense: &IntegerDense) -> [Tensor; 3] {
    let IntegerDense { weight, bias, shift } = dense;
    let weights = weight.iter().map(|&weight| weight as u8).collect();
    let biases = bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
    [
        (format!("{name}.weight"), Dtype::I8, vec![dense.outputs(), dense.inputs()], weights),
        (format!("{name}.bias"), Dtype::I32, vec![bias.len()], biases),
        (format!("{name}.shift"), Dtype::U8, vec![1], vec![*shift]),
    ]
}

/// Reads the integer conditioner of each coupling.
///
/// # Errors
///
/// Which tensor is missing, of another shape or type, or not what the device can have.
pub fn read(from: &SafeTensors<'_>, flow: &mut Flow) -> Result<()> {
    for coupling in flow.couplings_mut() {
        let name = coupling.name.clone();
        let network = &coupling.network;
        let exponents =
            tensor(from, &format!("{name}.input.exponent"), Dtype::I8, &[network.inputs()])?;
        let exponents = exponents.data().iter().map(|&byte| byte as i8).collect();
        let dense = |name: &str, inputs, outputs| -> Result<IntegerDense> {
            let weight = tensor(from, &format!("{name}.weight"), Dtype::I8, &[outputs, inputs])?;
            let bias = tensor(from, &format!("{name}.bias"), Dtype::I32, &[outputs])?;
            let shift = tensor(from, &format!("{name}.shift"), Dtype::U8, &[1])?;
            let biases = bias.data().as_chunks().0.iter().map(|&bytes| i32::from_le_bytes(bytes));
            let dense = IntegerDense {
                weight: weight.data().iter().map(|&byte| byte as i8).collect(),
                bias: biases.collect(),
                shift: shift.data()[0],
            };
            dense.check(name)?;
            Ok(dense)
        };
        let mut layers = Vec::new();
        for (l, layer) in network.trunk.layers.iter().enumerate() {
            layers.push(dense(&format!("{name}.trunk.{l}"), layer.inputs, layer.outputs)?);
        }
        let mut heads = Vec::new();
        for (head, layer) in coupling.transform.heads().iter().zip(&network.heads) {
            let name = format!("{name}.{}", head.name);
            let multiplier =
                tensor(from, &format!("{name}.multiplier"), Dtype::I16, &[layer.outputs])?;
            let multipliers = multiplier.data().as_chunks().0.iter();
            let multiplier: Vec<i16> =
                multipliers.map(|&bytes| i16::from_le_bytes(bytes)).collect();
            if let Some(index) = multiplier.iter().position(|&multiplier| multiplier < 0) {
                bail!("tensor {name}.multiplier: the value at index {index} is negative");
            }
            let multiplier = multiplier.into_iter().map(|multiplier| multiplier as u16).collect();
            let head =
                IntegerHead { dense: dense(&name, layer.inputs, layer.outputs)?, multiplier };
            head.check(&name)?;
            heads.push(head);
        }
        coupling.network.integer = Some(IntegerNetwork { exponents, layers, heads });
    }
    Ok(())
}

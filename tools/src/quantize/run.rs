use super::network::integers;
use crate::model::{Arithmetic, Coupling, Flow, Layer, Model, Tape, Workspace};
use anyhow::{Context, Result, ensure};
use nalgebra::DMatrix;

/// As many rows as the moments of 256 inputs need; more change nothing.
const MOST_ROWS: usize = 8192;

/// Fewer rows leave ranges to chance.
const FEWEST_ROWS: usize = 100;

/// Points in a block.
const POINTS: usize = 64;

/// A flow with integer conditioners.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// The model; it has no calibration, since its scores are others.
    pub model: Model,
    /// The part of the conditioners' inputs that saturates, over the rows.
    pub saturated: f64,
    /// How many rows chose the integers.
    pub rows: usize,
}

/// The flow with integer conditioners, by training rows.
///
/// # Errors
///
/// A flow that can have none, too few rows, or a row that is impossible for the model.
pub fn quantize(model: &Model, rows: &[f32]) -> Result<Quantized> {
    let description = model.flow.description.clone().in_integers()?;
    let width = description.width();
    let rows = some(rows, width);
    let count = rows.len() / width;
    ensure!(count >= FEWEST_ROWS, "{count} rows are too few: give at least {FEWEST_ROWS}");
    let permutations = model.flow.permutations().map(|it| it.index.clone()).collect();
    let Flow { standardize, context, .. } = &model.flow;
    let mut flow = Flow::new(description, standardize.clone(), context.clone(), permutations);
    let parameters = kept(model, &flow)?;

    let mut spaces: Vec<Workspace<f32, POINTS>> = rows
        .chunks(POINTS * width)
        .map(|rows| {
            let mut space = Workspace::new(&model.flow, Arithmetic::Device);
            space.load(rows);
            flow.standardize.forward(&mut space.x, &mut space.log_det);
            space
        })
        .collect();
    let mut saturated = Vec::new();
    for l in 0..flow.layers.len() {
        if let Layer::Coupling(trained) = &model.flow.layers[l] {
            let inputs = inputs(&model.flow, &model.parameters, l, &mut spaces, count);
            ensure!(
                inputs.iter().all(|input| input.is_finite()),
                "a row is impossible for the model: its features overflow before {}",
                trained.name
            );
            let (network, part) = integers(&trained.network, &model.parameters, &inputs)
                .with_context(|| trained.name.clone())?;
            saturated.push(part);
            if let Some(coupling) = flow.layers[l].coupling_mut() {
                coupling.network.integer = Some(network);
            }
        }
        for space in &mut spaces {
            let mut tape = Tape::new(&flow.layers[l], space.x.len());
            tape.give(space.seen());
            let Workspace { x, log_det, scratch, .. } = space;
            flow.layers[l].forward(Arithmetic::Device, &parameters, x, log_det, &mut tape, scratch);
        }
    }
    let saturated = saturated.iter().sum::<f64>() / saturated.len() as f64;
    for coupling in flow.couplings() {
        check(coupling)?;
    }
    let model = Model { flow, parameters, calibration: None };
    Ok(Quantized { model, saturated, rows: count })
}

/// At most [`MOST_ROWS`] rows, evenly.
fn some(rows: &[f32], width: usize) -> Vec<f32> {
    let step = (rows.len() / width).div_ceil(MOST_ROWS).max(1);
    rows.chunks_exact(width).step_by(step).flatten().copied().collect()
}

/// The parameters that stay in floating point, as the new flow lays them out.
fn kept(model: &Model, flow: &Flow) -> Result<Vec<f32>> {
    let trained = model.flow.layout.tensors();
    let mut parameters = Vec::new();
    for tensor in flow.layout.tensors() {
        let own = trained.iter().find(|own| own.name == tensor.name);
        let own = own.with_context(|| format!("the model has no tensor {}", tensor.name))?;
        parameters.extend_from_slice(&model.parameters[own.range.clone()]);
    }
    Ok(parameters)
}

/// What the conditioner of layer `l` sees \[rows, inputs\].
fn inputs(
    flow: &Flow,
    p: &[f32],
    l: usize,
    spaces: &mut [Workspace<f32, POINTS>],
    count: usize,
) -> DMatrix<f64> {
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for space in spaces {
        let x = space.x.clone();
        flow.forward_layer(l, p, space);
        space.x = x;
        if let Tape::Coupling(tape) = &space.tapes[l] {
            columns.resize(tape.seen().len(), Vec::new());
            for (column, seen) in columns.iter_mut().zip(tape.seen()) {
                column.extend(seen.iter().map(|&seen| f64::from(seen)));
            }
        }
    }
    DMatrix::from_fn(count, columns.len(), |row, column| columns[column][row])
}

/// What the device asserts.
fn check(coupling: &Coupling) -> Result<()> {
    let name = &coupling.name;
    let Some(network) = &coupling.network.integer else { return Ok(()) };
    network.layers.iter().try_for_each(|layer| layer.check(&format!("{name}.trunk")))?;
    network.heads.iter().try_for_each(|head| head.check(&format!("{name}.heads")))
}

//! At which contexts a conditional model is looked at.

use crate::model::Model;

/// `count` contexts one after another: those of the rows, all equally often to within one; without
/// rows some of the model's own.
pub fn of_rows(model: &Model, rows: &[f32], count: usize) -> Vec<f32> {
    let (d, width) = (model.flow.description.dimension(), model.flow.description.width());
    let known = rows.len() / width;
    let context = |i: usize| match known {
        0 => model.flow.some_context(i),
        known => rows[i * known / count * width..][d..width].to_vec(),
    };
    (0..count).flat_map(context).collect()
}

/// The context of the row that is nearest to the mean of all, so that it is one that occurred;
/// without rows one of the model's own.
pub fn central(model: &Model, rows: &[f32]) -> Vec<f32> {
    let (d, width) = (model.flow.description.dimension(), model.flow.description.width());
    let contexts = || rows.chunks_exact(width).map(|row| &row[d..]);
    let count = contexts().count() as f64;
    let mean = |i: usize| contexts().map(|context| f64::from(context[i])).sum::<f64>() / count;
    let means: Vec<f64> = (0..width - d).map(mean).collect();
    let distance = |context: &[f32]| -> f64 {
        let inputs = context.iter().zip(&means).zip(&model.flow.context.std);
        inputs.map(|((&c, mean), &std)| ((f64::from(c) - mean) / f64::from(std)).powi(2)).sum()
    };
    let nearest = contexts().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.map_or_else(|| model.flow.some_context(0), <[f32]>::to_vec)
}

/// A context in words, as `load 0.5, mode eco`; empty where there is none.
pub fn in_words(model: &Model, context: &[f32]) -> String {
    let description = &model.flow.description;
    let d = description.dimension();
    let cells = description.cells(&[&vec![0.0; d], context].concat());
    let named = description.context.iter().zip(&cells[d..]);
    named.map(|(column, cell)| format!("{} {cell}", column.name)).collect::<Vec<_>>().join(", ")
}

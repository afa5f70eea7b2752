use std::ops::Range;

/// One trainable tensor among the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its name in the model file.
    pub name: String,
    /// Its shape; a matrix is \[out, in\], row by row.
    pub shape: Vec<usize>,
    /// Its place among the parameters.
    pub range: Range<usize>,
}

/// The place of each tensor in the one slice that holds all parameters. Gradients and Adam's
/// moments have the same layout.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    tensors: Vec<Tensor>,
}

impl Layout {
    /// Appends a tensor.
    pub(super) fn push(&mut self, name: String, shape: &[usize]) -> Range<usize> {
        let range = self.len()..self.len() + shape.iter().product::<usize>();
        self.tensors.push(Tensor { name, shape: shape.to_vec(), range: range.clone() });
        range
    }

    /// The tensors in order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.tensors.last().map_or(0, |last| last.range.end)
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

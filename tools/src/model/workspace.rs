use super::{Arithmetic, Block, Flow, LayerScratch, Number, Tape, block};

/// A block of N points on the way through a flow and back.
#[derive(Clone, Debug)]
pub struct Workspace<T, const N: usize> {
    /// How the layers compute.
    pub arithmetic: Arithmetic,
    /// The points: data before `forward`, latents behind it.
    pub x: Block<T, N>,
    /// log|det| of the map just applied.
    pub log_det: [T; N],
    /// The derivatives by the data, behind `backward`.
    pub dx: Block<T, N>,
    /// One for each layer.
    pub tapes: Vec<Tape<T, N>>,
    /// What the layers share.
    pub scratch: LayerScratch<T, N>,
    /// One point, for the base.
    pub point: Vec<T>,
}

impl<T: Number, const N: usize> Workspace<T, N> {
    /// A workspace for this flow.
    pub fn new(flow: &Flow, arithmetic: Arithmetic) -> Self {
        let d = flow.description.dimension();
        Workspace {
            arithmetic,
            x: block(d),
            log_det: [T::ZERO; N],
            dx: block(d),
            tapes: flow.layers.iter().map(|layer| Tape::new(layer, d)).collect(),
            scratch: LayerScratch::new(&flow.layers, d),
            point: vec![T::ZERO; d],
        }
    }

    /// Loads up to N points, row by row; a short block repeats its last point.
    pub fn load(&mut self, rows: &[T]) {
        let d = self.x.len();
        let last = rows.len() / d - 1;
        for (feature, x) in self.x.iter_mut().enumerate() {
            *x = std::array::from_fn(|point| rows[point.min(last) * d + feature]);
        }
    }

    /// Stores as many points as fit `rows`, row by row.
    pub fn store(&self, rows: &mut [T]) {
        for (point, row) in rows.chunks_exact_mut(self.x.len()).enumerate() {
            for (value, x) in row.iter_mut().zip(self.x.iter()) {
                *value = x[point];
            }
        }
    }

    /// A hash of the activation pattern: which side of its kink each ReLU is on.
    pub fn activation_pattern(&self) -> u64 {
        self.tapes.iter().fold(0, |hash, tape| tape.activation_pattern(hash))
    }
}

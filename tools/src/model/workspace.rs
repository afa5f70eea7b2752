use super::{Arithmetic, Block, Context, Flow, LayerScratch, Number, Tape, block};

/// A block of N points on the way through a flow and back.
#[derive(Clone, Debug)]
pub struct Workspace<T, const N: usize> {
    /// How the layers compute.
    pub arithmetic: Arithmetic,
    /// The points: data before `forward`, latents behind it.
    pub x: Block<T, N>,
    /// What conditioners see of each point's context, NaN where that is not finite.
    context: Block<T, N>,
    known: Context,
    input_bound: Option<f32>,
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
            context: flow.context.block(),
            known: flow.context.clone(),
            input_bound: flow.description.input_bound,
            log_det: [T::ZERO; N],
            dx: block(d),
            tapes: flow.layers.iter().map(|layer| Tape::new(layer, d)).collect(),
            scratch: LayerScratch::new(&flow.layers, d),
            point: vec![T::ZERO; d],
        }
    }

    /// Loads up to N points and their contexts, row by row; a short block repeats its last point.
    pub fn load(&mut self, rows: &[T]) {
        let width = self.x.len() + self.context.len();
        let last = rows.len() / width - 1;
        for (column, x) in self.x.iter_mut().chain(self.context.iter_mut()).enumerate() {
            *x = std::array::from_fn(|point| rows[point.min(last) * width + column]);
        }
        if !self.known.is_empty() {
            self.known.see(self.input_bound, &mut self.context);
            self.tapes.iter_mut().for_each(|tape| tape.give(&self.context));
        }
    }

    /// What conditioners see of each point's context.
    pub fn seen(&self) -> &[[T; N]] {
        &self.context
    }

    /// Whether each of a point's contexts is finite. Where one is not, nothing behind it means
    /// anything, and nothing need show it: a spline is the identity beyond its knots.
    pub fn is_given(&self, point: usize) -> bool {
        self.context.iter().all(|c| c[point].is_finite())
    }

    /// Stores the features of as many points as fit `rows`, row by row; contexts stay as they are.
    pub fn store(&self, rows: &mut [T]) {
        let width = self.x.len() + self.context.len();
        for (point, row) in rows.chunks_exact_mut(width).enumerate() {
            for (value, x) in row.iter_mut().zip(self.x.iter()) {
                *value = if self.is_given(point) { x[point] } else { T::NAN };
            }
        }
    }

    /// A hash of the activation pattern: which side of its kink each ReLU is on.
    pub fn activation_pattern(&self) -> u64 {
        self.tapes.iter().fold(0, |hash, tape| tape.activation_pattern(hash))
    }
}

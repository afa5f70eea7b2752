use super::{
    Context, Coupling, Description, Distribution, Layer, Layout, Marginal, Number, Permutation,
    Scale, Standardize, Triangle, Workspace,
};
use std::ops::Range;

/// A flow's shape and what is not trained of it. The parameters are a slice laid out by `layout`.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The shape in words.
    pub description: Description,
    /// The first layer: from raw readings to features of mean 0 and variance 1.
    pub standardize: Standardize,
    /// What is known of the context, of C inputs; without inputs where the flow is not conditional.
    pub context: Context,
    /// All other layers, in forward order.
    pub layers: Vec<Layer>,
    /// The distribution of the latents.
    pub base: Distribution,
    /// The place of each tensor among the parameters.
    pub layout: Layout,
}

impl Flow {
    /// The flow that a description and what is not trained make up. There is one permutation for
    /// each couplet, or none.
    pub fn new(
        description: Description,
        standardize: Standardize,
        context: Context,
        permutations: Vec<Vec<u16>>,
    ) -> Self {
        let mut layout = Layout::default();
        let mut layers = Vec::new();
        let d = description.dimension();
        if let Some(spline) = description.marginal {
            layers.push(Layer::Marginal(Marginal::push(&mut layout, d, spline)));
        }
        if description.triangle {
            layers.push(Layer::Triangle(Triangle::push(&mut layout, d)));
        }
        let mut permutations = permutations.into_iter();
        for k in 0..description.couplets {
            layers.extend(permutations.next().map(|index| {
                Layer::Permutation(Permutation { name: Permutation::name(k), index })
            }));
            for (part, swapped) in [("first", false), ("second", true)] {
                layers.push(Layer::Coupling(Coupling::push(
                    &mut layout,
                    format!("couplets.{k}.{part}"),
                    &description,
                    swapped,
                )));
            }
        }
        if description.scale {
            layers.push(Layer::Scale(Scale::push(&mut layout, d)));
        }
        let base = Distribution::push(&description, &mut layout);
        Flow { description, standardize, context, layers, base, layout }
    }

    /// A context of this flow, another one for each `i` up to the number of levels or 3: numbers at
    /// their mean and a standard deviation around it, levels in turn.
    pub fn some_context(&self, i: usize) -> Vec<f32> {
        let Context { mean, std, .. } = &self.context;
        let mut inputs = mean.iter().zip(std);
        let mut context = Vec::with_capacity(self.context.len());
        for column in &self.description.context {
            let count = column.levels.as_ref().map_or(1, Vec::len);
            for (level, (mean, std)) in inputs.by_ref().take(count).enumerate() {
                context.push(match column.levels {
                    Some(_) => f32::from(u8::from(i % count == level)),
                    None => mean + [0.0, 1.0, -1.0][i % 3] * std,
                });
            }
        }
        context
    }

    /// All couplings, in forward order.
    pub fn couplings(&self) -> impl Iterator<Item = &Coupling> {
        self.layers.iter().filter_map(Layer::coupling)
    }

    /// All couplings, in forward order, to change them.
    pub fn couplings_mut(&mut self) -> impl Iterator<Item = &mut Coupling> {
        self.layers.iter_mut().filter_map(Layer::coupling_mut)
    }

    /// The parameters that weight decay shrinks: none of a marginal, nor of a triangle, which
    /// whitens, nor of a base.
    pub fn decayed(&self) -> Range<usize> {
        let is_spared = |layer: &&Layer| matches!(layer, Layer::Marginal(_) | Layer::Triangle(_));
        let last = self.layers.iter().take_while(is_spared).last();
        let start = last.map_or(0, |last| last.parameters().end);
        start..self.layout.len() - self.base.parameters().len()
    }

    /// All permutations, in forward order.
    pub fn permutations(&self) -> impl Iterator<Item = &Permutation> {
        self.layers.iter().filter_map(|layer| match layer {
            Layer::Permutation(permutation) => Some(permutation),
            _ => None,
        })
    }

    /// From data to latents, with log|det dz/dx|.
    pub fn forward<T: Number, const N: usize>(&self, p: &[T], space: &mut Workspace<T, N>) {
        space.log_det = [T::ZERO; N];
        self.standardize.forward(&mut space.x, &mut space.log_det);
        self.forward_from(0, p, space);
    }

    /// From the input of layer `first` to latents, adding to log_det: a check of that layer's
    /// parameters needs no more.
    pub fn forward_from<T: Number, const N: usize>(
        &self,
        first: usize,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) {
        for l in first..self.layers.len() {
            self.forward_layer(l, p, space);
        }
    }

    /// Through one layer, adding to log_det.
    pub fn forward_layer<T: Number, const N: usize>(
        &self,
        l: usize,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) {
        let Workspace { arithmetic, x, log_det, tapes, scratch, .. } = space;
        self.layers[l].forward(*arithmetic, p, x, log_det, &mut tapes[l], scratch);
    }

    /// The log-density of each point in nats: base.log_prob(z) + log_det, which may be NaN.
    pub fn log_prob<T: Number, const N: usize>(
        &self,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) -> [T; N] {
        self.forward(p, space);
        self.log_prob_of_latents(p, space)
    }

    /// base.log_prob(z) + log_det, after a `forward`.
    pub fn log_prob_of_latents<T: Number, const N: usize>(
        &self,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) -> [T; N] {
        let base = self.base.log_prob(space.arithmetic, p, &space.x, &mut space.point);
        std::array::from_fn(|i| base[i] + space.log_det[i])
    }

    /// After `log_prob`, with the derivative of the loss by each point's log-density: adds the
    /// derivatives by the parameters to `dp` and leaves those by the data in `space.dx`.
    ///
    /// log_det sums over the layers, so its derivative is the same for each. The derivative by z
    /// flows back through the layers in reverse.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        space: &mut Workspace<T, N>,
        dlog_prob: &[T; N],
        dp: &mut [T],
    ) {
        let Workspace { arithmetic, x, dx, tapes, scratch, .. } = space;
        self.base.backward(*arithmetic, p, x, dlog_prob, dp, dx);
        for (layer, tape) in self.layers.iter().zip(tapes).rev() {
            layer.backward(*arithmetic, p, tape, scratch, dlog_prob, dp, dx);
        }
        self.standardize.backward(dx);
    }

    /// From latents to data, with log|det dx/dz|.
    pub fn inverse<T: Number, const N: usize>(&self, p: &[T], space: &mut Workspace<T, N>) {
        let Workspace { arithmetic, x, log_det, tapes, scratch, .. } = space;
        *log_det = [T::ZERO; N];
        for (layer, tape) in self.layers.iter().zip(tapes).rev() {
            layer.inverse(*arithmetic, p, x, log_det, tape, scratch);
        }
        self.standardize.inverse(x, log_det);
    }

    /// What some rows of a batch of `count` add to the loss, the batch's mean negative
    /// log-likelihood in nats; the derivatives by the parameters are added to `dp`.
    pub fn loss_and_gradient<T: Number, const N: usize>(
        &self,
        p: &[T],
        rows: &[T],
        count: usize,
        space: &mut Workspace<T, N>,
        dp: &mut [T],
    ) -> T {
        let width = self.description.width();
        let weight = -T::ONE / T::from_count(count);
        let mut loss = T::ZERO;
        for block in rows.chunks(N * width) {
            space.load(block);
            let log_prob = self.log_prob(p, space);
            let points = block.len() / width;
            loss = log_prob[..points].iter().fold(loss, |loss, &log_prob| loss + weight * log_prob);
            let dlog_prob =
                std::array::from_fn(|point| if point < points { weight } else { T::ZERO });
            self.backward(p, space, &dlog_prob, dp);
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Arithmetic, Base, Model, Shape, Spline};

    /// Decay would pull a marginal and a triangle to the identity, and nu to 2.
    #[test]
    fn weight_decay_spares_marginal_triangle_and_base() -> anyhow::Result<()> {
        let features = (0..3).map(|i| format!("x{i}")).collect();
        let shape = Shape {
            base: Base::Student,
            marginal: Some(Spline::MARGINAL),
            triangle: Some(true),
            ..Shape::default()
        };
        let Model { flow, .. } = Model::random(Description::new(features, shape)?, 1);
        for tensor in flow.layout.tensors() {
            let spared =
                ["marginal", "triangle", "base"].iter().any(|name| tensor.name.starts_with(name));
            let decayed = flow.decayed();
            let within = decayed.start <= tensor.range.start && tensor.range.end <= decayed.end;
            assert_eq!(within, !spared, "{}", tensor.name);
        }
        Ok(())
    }

    /// Training computes in f32 with fused products; the gradient checks verify plain products in
    /// f64. Both have the same gradients.
    #[test]
    fn the_fused_gradient_is_the_verified_one() -> anyhow::Result<()> {
        for bytes in [
            &include_bytes!("../../../tests/reference/nice_d5_logistic.safetensors")[..],
            include_bytes!("../../../tests/reference/realnvp_d8_logistic.safetensors"),
            include_bytes!("../../../tests/reference/student_d4.safetensors"),
            include_bytes!("../../../tests/reference/marginal_d5.safetensors"),
            include_bytes!("../../../tests/reference/spline_d2.safetensors"),
            include_bytes!("../../../tests/reference/spline_d5.safetensors"),
        ] {
            let model = Model::from_bytes(bytes)?;
            let flow = &model.flow;
            let (d, count) = (flow.description.dimension(), 70);
            let rows: Vec<f32> = (0..count * d)
                .map(|i| {
                    flow.standardize.mean[i % d]
                        + flow.standardize.std[i % d] * (i as f32 * 0.7).sin()
                })
                .collect();
            let (mut narrow, mut wide) =
                (vec![0.0; model.parameters.len()], vec![0.0; model.parameters.len()]);
            let mut space = Workspace::<f32, 32>::new(flow, Arithmetic::Fused);
            flow.loss_and_gradient(&model.parameters, &rows, count, &mut space, &mut narrow);
            let rows: Vec<f64> = rows.iter().map(|&x| x.into()).collect();
            let mut space = Workspace::<f64, 8>::new(flow, Arithmetic::Device);
            flow.loss_and_gradient(&model.widened(), &rows, count, &mut space, &mut wide);
            for tensor in flow.layout.tensors() {
                let (narrow, wide) = (&narrow[tensor.range.clone()], &wide[tensor.range.clone()]);
                let largest = wide.iter().fold(0.0_f64, |largest, dp| largest.max(dp.abs()));
                let error = narrow
                    .iter()
                    .zip(wide)
                    .map(|(&a, b)| (f64::from(a) - b).abs())
                    .fold(0.0, f64::max);
                assert!(error <= 2e-4 * largest, "{}: {error:e} of {largest:e}", tensor.name);
            }
        }
        Ok(())
    }
}

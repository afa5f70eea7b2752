use super::{
    Additive, Affine, Base, Coupling, CouplingKind, Dense, Description, Layout, Number,
    Permutation, Room, Rows, Scale, Standardize, Tape, Trunk, rows::rows,
};
use rand_core::Rng;
use rayon::{
    iter::{IndexedParallelIterator, ParallelIterator},
    slice::{ParallelSlice, ParallelSliceMut},
};

/// Two couplings, the second with the halves' roles swapped, behind an optional permutation.
#[derive(Clone, Debug)]
pub struct Couplet {
    /// Reorders the features first.
    pub permutation: Option<Permutation>,
    /// b <- first(b | a)
    pub first: Coupling,
    /// a <- second(a | b)
    pub second: Coupling,
}

/// A flow's shape and what is not trained of it; the parameters are a slice laid out by `layout`.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The shape in words.
    pub description: Description,
    /// From raw readings to features of mean 0 and variance 1.
    pub standardize: Standardize,
    /// In forward order.
    pub couplets: Vec<Couplet>,
    /// NICE's last layer.
    pub scale: Option<Scale>,
    /// The distribution of the latents.
    pub base: Base,
    /// What lies where among the parameters.
    pub layout: Layout,
}

/// Points that a thread takes through the layers together.
const BLOCK: usize = 64;

/// Room for a block of N points on the way through a flow and back.
#[derive(Clone, Debug)]
pub struct Workspace<T, const N: usize> {
    /// The points: data before `forward`, latents behind it; feature by feature.
    pub x: Rows<T, N>,
    /// log|det| of the map just applied.
    pub log_det: [T; N],
    /// Behind `backward`: the derivatives by the data.
    pub dx: Rows<T, N>,
    /// First and second coupling of each couplet.
    pub tapes: Vec<[Tape<T, N>; 2]>,
    room: Room<T, N>,
    permuted: Rows<T, N>,
    point: Vec<T>,
}

impl<T: Number, const N: usize> Workspace<T, N> {
    /// Room for blocks of points on the way through this flow.
    pub fn new(flow: &Flow) -> Self {
        let points = rows(flow.description.dimension());
        let tapes = flow
            .couplets
            .iter()
            .map(|couplet| [Tape::new(&couplet.first), Tape::new(&couplet.second)])
            .collect();
        let point = vec![T::ZERO; points.len()];
        Workspace {
            x: points.clone(),
            log_det: [T::ZERO; N],
            dx: points.clone(),
            tapes,
            room: Room::new(&flow.description),
            permuted: points,
            point,
        }
    }

    /// Takes up to N points, row by row; a short block repeats its last point.
    pub fn load(&mut self, rows: &[T]) {
        let d = self.x.len();
        let last = rows.len() / d - 1;
        for (feature, x) in self.x.iter_mut().enumerate() {
            *x = std::array::from_fn(|point| rows[point.min(last) * d + feature]);
        }
    }

    /// Gives back as many points as fit `rows`.
    pub fn store(&self, rows: &mut [T]) {
        for (point, row) in rows.chunks_exact_mut(self.x.len()).enumerate() {
            for (value, x) in row.iter_mut().zip(self.x.iter()) {
                *value = x[point];
            }
        }
    }
}

impl Flow {
    /// The flow that a description and what is not trained make up.
    pub fn new(
        description: Description,
        standardize: Standardize,
        permutations: Vec<Permutation>,
    ) -> Self {
        let mut layout = Layout::default();
        let [a, b] = description.split;
        let mut permutations = permutations.into_iter();
        let couplets = (0..description.couplets)
            .map(|k| Couplet {
                permutation: permutations.next(),
                first: coupling(&description, &mut layout, &format!("couplets.{k}.first"), a, b),
                second: coupling(&description, &mut layout, &format!("couplets.{k}.second"), b, a),
            })
            .collect();
        let scale = description
            .scale
            .then(|| Scale { log_scale: layout.push("scale.log_scale".into(), &[a + b]) });
        let base = description.base;
        Flow { description, standardize, couplets, scale, base, layout }
    }

    /// The same flow with the fast way of its dense layers: for training, not the device's bits.
    pub fn fused(&self) -> Self {
        let mut flow = self.clone();
        for couplet in &mut flow.couplets {
            for coupling in [&mut couplet.first, &mut couplet.second] {
                coupling.dense_layers_mut().for_each(|dense| dense.fused = true);
            }
        }
        flow
    }

    /// All couplings in forward order.
    pub fn couplings(&self) -> impl Iterator<Item = &Coupling> {
        self.couplets.iter().flat_map(|couplet| [&couplet.first, &couplet.second])
    }

    /// From data to latents, with log|det dz/dx|.
    pub fn forward<T: Number, const N: usize>(&self, p: &[T], space: &mut Workspace<T, N>) {
        space.log_det = [T::ZERO; N];
        self.standardize.forward(&mut space.x, &mut space.log_det);
        self.forward_from(0, p, space);
    }

    /// From what reaches couplet k to latents, adding to log_det: a gradient check of couplet k
    /// needs no more.
    pub fn forward_from<T: Number, const N: usize>(
        &self,
        k: usize,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) {
        for k in k..self.couplets.len() {
            self.forward_couplet(k, p, space);
        }
        if let Some(scale) = &self.scale {
            scale.forward(p, &mut space.x, &mut space.log_det);
        }
    }

    /// Through couplet k alone, adding to log_det.
    pub fn forward_couplet<T: Number, const N: usize>(
        &self,
        k: usize,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) {
        let (couplet, [first, second]) = (&self.couplets[k], &mut space.tapes[k]);
        if let Some(permutation) = &couplet.permutation {
            permutation.forward(&space.x, &mut space.permuted);
            std::mem::swap(&mut space.x, &mut space.permuted);
        }
        let (a, b) = space.x.split_at_mut(self.description.split[0]);
        couplet.first.forward(p, a, b, &mut space.log_det, first);
        couplet.second.forward(p, b, a, &mut space.log_det, second);
    }

    /// The log-density of each point in nats: base.log_prob(z) + log_det. Not clipped to negative
    /// infinity.
    pub fn log_prob<T: Number, const N: usize>(
        &self,
        p: &[T],
        space: &mut Workspace<T, N>,
    ) -> [T; N] {
        self.forward(p, space);
        self.log_prob_of_latents(space)
    }

    /// base.log_prob(z) + log_det, after a `forward`.
    pub fn log_prob_of_latents<T: Number, const N: usize>(
        &self,
        space: &mut Workspace<T, N>,
    ) -> [T; N] {
        let base = self.base.log_prob(&space.x, &mut space.point);
        std::array::from_fn(|i| base[i] + space.log_det[i])
    }

    /// After `log_prob`, with the derivative of the loss by each point's log-density: adds the
    /// derivatives by the parameters to `dp` and leaves those by the data in `space.dx`.
    ///
    /// log_det sums over the layers, so its derivative is the same for each; z flows back through
    /// the layers in reverse.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        space: &mut Workspace<T, N>,
        dlog_prob: &[T; N],
        dp: &mut [T],
    ) {
        self.base.backward(&space.x, dlog_prob, &mut space.dx);
        if let Some(scale) = &self.scale {
            scale.backward(p, &space.x, dlog_prob, dp, &mut space.dx);
        }
        for (couplet, [first, second]) in self.couplets.iter().zip(&space.tapes).rev() {
            let (da, db) = space.dx.split_at_mut(self.description.split[0]);
            couplet.second.backward(p, second, &mut space.room, dlog_prob, dp, db, da);
            couplet.first.backward(p, first, &mut space.room, dlog_prob, dp, da, db);
            if let Some(permutation) = &couplet.permutation {
                permutation.backward(&space.dx, &mut space.permuted);
                std::mem::swap(&mut space.dx, &mut space.permuted);
            }
        }
        self.standardize.backward(&mut space.dx);
    }

    /// From latents to data, with log|det dx/dz|.
    pub fn inverse<T: Number, const N: usize>(&self, p: &[T], space: &mut Workspace<T, N>) {
        space.log_det = [T::ZERO; N];
        if let Some(scale) = &self.scale {
            scale.inverse(p, &mut space.x, &mut space.log_det);
        }
        for (couplet, [first, second]) in self.couplets.iter().zip(&mut space.tapes).rev() {
            let (a, b) = space.x.split_at_mut(self.description.split[0]);
            couplet.second.inverse(p, b, a, &mut space.log_det, second);
            couplet.first.inverse(p, a, b, &mut space.log_det, first);
            if let Some(permutation) = &couplet.permutation {
                permutation.inverse(&space.x, &mut space.permuted);
                std::mem::swap(&mut space.x, &mut space.permuted);
            }
        }
        self.standardize.inverse(&mut space.x, &mut space.log_det);
    }

    /// The part that some rows of a batch of `count` have in the loss, the batch's mean negative
    /// log-likelihood in nats, and its derivatives, which are added to `dp`.
    pub fn loss_and_gradient<T: Number, const N: usize>(
        &self,
        p: &[T],
        rows: &[T],
        count: usize,
        space: &mut Workspace<T, N>,
        dp: &mut [T],
    ) -> T {
        let d = self.description.dimension();
        let weight = -T::ONE / T::from_count(count);
        let mut loss = T::ZERO;
        for block in rows.chunks(N * d) {
            space.load(block);
            let log_prob = self.log_prob(p, space);
            let points = block.len() / d;
            loss = log_prob[..points].iter().fold(loss, |loss, &log_prob| loss + weight * log_prob);
            let dlog_prob =
                std::array::from_fn(|point| if point < points { weight } else { T::ZERO });
            self.backward(p, space, &dlog_prob, dp);
        }
        loss
    }

    /// Each row's log-density, the device's bits when T is f32: finite or negative infinity.
    pub fn log_probs<T: Number>(&self, p: &[T], rows: &[T]) -> Vec<T> {
        let d = self.description.dimension();
        let mut log_probs = vec![T::ZERO; rows.len() / d];
        log_probs.par_chunks_mut(BLOCK).zip(rows.par_chunks(BLOCK * d)).for_each_init(
            || Workspace::<T, BLOCK>::new(self),
            |space, (log_probs, rows)| {
                space.load(rows);
                for (log_prob, found) in log_probs.iter_mut().zip(self.log_prob(p, space)) {
                    *log_prob = if found.is_finite() { found } else { T::NEG_INFINITY };
                }
            },
        );
        log_probs
    }

    /// Each row's latents and log|det dz/dx|, the device's bits when T is f32.
    pub fn latents<T: Number>(&self, p: &[T], rows: &[T]) -> (Vec<T>, Vec<T>) {
        self.map(p, rows, Self::forward::<T, BLOCK>)
    }

    /// The data of rows of latents and log|det dx/dz|, the device's bits when T is f32.
    pub fn data<T: Number>(&self, p: &[T], rows: &[T]) -> (Vec<T>, Vec<T>) {
        self.map(p, rows, Self::inverse::<T, BLOCK>)
    }

    fn map<T: Number>(
        &self,
        p: &[T],
        rows: &[T],
        map: impl Fn(&Self, &[T], &mut Workspace<T, BLOCK>) + Sync,
    ) -> (Vec<T>, Vec<T>) {
        let d = self.description.dimension();
        let mut out = vec![T::ZERO; rows.len()];
        let mut log_det = vec![T::ZERO; rows.len() / d];
        let found = out.par_chunks_mut(BLOCK * d).zip(log_det.par_chunks_mut(BLOCK));
        found.zip(rows.par_chunks(BLOCK * d)).for_each_init(
            || Workspace::new(self),
            |space, ((out, log_det), rows)| {
                space.load(rows);
                map(self, p, space);
                space.store(out);
                log_det.copy_from_slice(&space.log_det[..log_det.len()]);
            },
        );
        out.iter_mut()
            .chain(&mut log_det)
            .for_each(|value| *value = if value.is_nan() { T::NAN } else { *value });
        (out, log_det)
    }

    /// `count` samples row by row, the device's bits for the same generator when T is f32.
    pub fn sample<T: Number, R: Rng>(&self, p: &[T], count: usize, rng: &mut R) -> Vec<T> {
        let d = self.description.dimension();
        let mut z = vec![T::ZERO; count * d];
        z.chunks_exact_mut(d).for_each(|z| self.base.sample(rng, z));
        self.data(p, &z).0
    }
}

fn coupling(
    description: &Description,
    layout: &mut Layout,
    name: &str,
    a: usize,
    b: usize,
) -> Coupling {
    let mut inputs = a;
    let layers = description
        .hidden
        .iter()
        .enumerate()
        .map(|(l, &outputs)| {
            dense(
                layout,
                &format!("{name}.trunk.{l}"),
                std::mem::replace(&mut inputs, outputs),
                outputs,
            )
        })
        .collect();
    let trunk = Trunk { layers, activation: description.activation };
    match description.coupling {
        CouplingKind::Additive => Coupling::Additive(Additive {
            trunk,
            shift: dense(layout, &format!("{name}.shift"), inputs, b),
        }),
        CouplingKind::Affine => Coupling::Affine(Affine {
            trunk,
            log_scale: dense(layout, &format!("{name}.log_scale"), inputs, b),
            shift: dense(layout, &format!("{name}.shift"), inputs, b),
            bound: description.log_scale_bound,
        }),
    }
}

fn dense(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) -> Dense {
    let weight = layout.push(format!("{name}.weight"), &[outputs, inputs]);
    let bias = layout.push(format!("{name}.bias"), &[outputs]);
    Dense { inputs, outputs, weight, bias, fused: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    /// What trains, fused products in f32, has the gradients that the checks verify, plain products
    /// in f64.
    #[test]
    fn the_fused_gradient_is_the_verified_one() -> anyhow::Result<()> {
        for bytes in [
            &include_bytes!("../../../tests/reference/nice_d5_logistic.safetensors")[..],
            include_bytes!("../../../tests/reference/realnvp_d8_logistic.safetensors"),
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
            let fused = flow.fused();
            fused.loss_and_gradient(
                &model.parameters,
                &rows,
                count,
                &mut Workspace::<f32, 32>::new(&fused),
                &mut narrow,
            );
            let rows: Vec<f64> = rows.iter().map(|&x| x.into()).collect();
            flow.loss_and_gradient(
                &model.widened(),
                &rows,
                count,
                &mut Workspace::<f64, 8>::new(flow),
                &mut wide,
            );
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

use crate::model::{Activation, Dense, Flow};
use couplet::{Base, StandardNormal};
use rand_core::Rng;

/// The parameters a training starts from: heads of zero, so that the flow starts as the
/// standardisation alone, and trunks whose signals keep their size.
///
/// Weights are normal with variance 2 / inputs (1 / inputs for tanh). The first layer's biases put
/// each unit's kink through a point drawn like the standardised data; with biases of zero, every
/// unit of a one-input trunk would bend at 0.
pub fn parameters(flow: &Flow, zero_biases: bool, rng: &mut impl Rng) -> Vec<f32> {
    let mut p = vec![0.0; flow.layout.len()];
    for coupling in flow.couplings() {
        let trunk = &coupling.network.trunk;
        let gain = if trunk.activation == Activation::Tanh { 1.0 } else { 2.0 };
        for (l, layer) in trunk.layers.iter().enumerate() {
            let scale = (gain / layer.inputs as f32).sqrt();
            normal(&mut p[layer.weight.clone()], scale, rng);
            if l == 0 && !zero_biases {
                bend_near_the_data(&mut p, layer, rng);
            }
        }
    }
    p
}

fn normal(values: &mut [f32], scale: f32, rng: &mut impl Rng) {
    StandardNormal.sample(rng, values);
    values.iter_mut().for_each(|value| *value *= scale);
}

/// b = -w . x for a standard normal x of each unit's own.
fn bend_near_the_data(p: &mut [f32], layer: &Dense, rng: &mut impl Rng) {
    let mut x = vec![0.0; layer.inputs];
    for row in 0..layer.outputs {
        normal(&mut x, 1.0, rng);
        let weight = &p[layer.weight.clone()][row * layer.inputs..][..layer.inputs];
        let product: f32 = weight.iter().zip(&x).map(|(w, x)| w * x).sum();
        p[layer.bias.start + row] = -product;
    }
}

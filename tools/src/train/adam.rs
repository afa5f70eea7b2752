use serde::{Deserialize, Serialize};

/// Adam: m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, p <- p - lr m' / (sqrt(v') + eps), where m' and v' are m and v
/// freed of their start at 0. Adam: A Method for Stochastic Optimization (Kingma and Ba, 2014),
/// <https://arxiv.org/abs/1412.6980>.
///
/// A gradient longer than [`LONGEST`] is shortened to it first, so that one odd batch cannot throw the weights far.
#[derive(Debug, Serialize, Deserialize)]
pub struct Adam {
    m: Vec<f32>,
    v: Vec<f32>,
    steps: i32,
}

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;
const LONGEST: f32 = 5.0;

impl Adam {
    /// For this many parameters.
    pub fn new(parameters: usize) -> Self {
        Adam { m: vec![0.0; parameters], v: vec![0.0; parameters], steps: 0 }
    }

    /// Moves the parameters against the gradient; false, and nothing is moved, where that is not finite.
    pub fn step(&mut self, p: &mut [f32], g: &[f32], learning_rate: f32) -> bool {
        let length = g.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt() as f32;
        if !length.is_finite() {
            return false;
        }
        self.steps += 1;
        let shorten = if length > LONGEST { LONGEST / length } else { 1.0 };
        let rate = learning_rate / (1.0 - BETA1.powi(self.steps));
        let unbias = 1.0 / (1.0 - BETA2.powi(self.steps));
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(&mut self.m).zip(&mut self.v) {
            let g = *g * shorten;
            *m = BETA1 * *m + (1.0 - BETA1) * g;
            *v = BETA2 * *v + (1.0 - BETA2) * g * g;
            *p -= rate * *m / ((*v * unbias).sqrt() + EPSILON);
        }
        true
    }
}

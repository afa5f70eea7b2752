// A model that does nothing. `couplet measure` builds its programs with it too: the difference is
// what a model costs.

use couplet::nalgebra::Vector2;

pub static MEASURED: Nothing = Nothing;

pub struct Nothing;

#[allow(dead_code, reason = "src/bin/code.rs calls log_prob alone")]
impl Nothing {
    pub fn log_prob_given(&self, x: &Vector2<f32>, (): &()) -> f32 {
        x[0]
    }

    pub fn forward_given(&self, x: &Vector2<f32>, (): &()) -> Vector2<f32> {
        *x
    }

    pub fn inverse_given(&self, z: &Vector2<f32>, (): &()) -> Vector2<f32> {
        *z
    }

    pub fn sample_given(&self, _: &mut rand_xoshiro::Xoshiro128PlusPlus, (): &()) -> Vector2<f32> {
        Vector2::zeros()
    }
}

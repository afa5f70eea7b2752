use crate::model::{Arithmetic, Layout, Number, kernel::vectorized};
use couplet::{Base as _, MixtureComponents, Real, StandardNormal, pack_triangle};
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a mixture is made of, as the metadata of a model file describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixtureShape {
    /// K, the number of components.
    pub components: usize,
    /// Which covariance matrices the components have.
    pub covariance: Covariance,
}

impl MixtureShape {
    /// The most components.
    pub const MOST: usize = 1024;

    /// The number of components where none is asked for.
    pub const USUAL: usize = 8;
}

/// The covariance matrices of a mixture's components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Covariance {
    /// A standard deviation for each feature.
    Diagonal,
    /// Any covariance.
    Full,
}

impl Covariance {
    /// The default for this number of features. Up to three, a full covariance costs little.
    pub fn usual(features: usize) -> Self {
        if features <= 3 { Covariance::Full } else { Covariance::Diagonal }
    }
}

/// A mixture of K Gaussians, with logits l, means m, logarithms of deviations s and, where the
/// covariance is full, what lies below the diagonal of F:
///
/// ```text
/// log_prob(z) = ln sum over k of exp(c_k - |y_k|^2 / 2)
/// y_ki = exp(-s_ki) (z_i - m_ki) + sum over j < i of F_kij (z_j - m_kj)
/// c_k = l_k - ln sum(exp(l)) - sum over i of s_ki - D/2 ln(2 pi)
/// ```
#[derive(Clone, Debug)]
pub struct Mixture {
    /// The place of l \[K\] among the parameters.
    pub logits: Range<usize>,
    /// The place of m \[K, D\].
    pub mean: Range<usize>,
    /// The place of s \[K, D\].
    pub log_scale: Range<usize>,
    /// The place of F \[K, D, D\]; only what lies below the diagonal counts. None of a diagonal
    /// covariance.
    pub factor: Option<Range<usize>>,
}

/// The numbers that a mixture's log-density is computed from, which the device has as constants.
#[derive(Clone, Debug)]
pub struct MixtureConstants<T> {
    /// The sums of the weights \[K\], for samples.
    pub upto: Vec<T>,
    /// c \[K\], in nats.
    pub log_norm: Vec<T>,
    /// m \[K D\].
    pub mean: Vec<T>,
    /// exp(-s) \[K D\].
    pub scale: Vec<T>,
    /// F below the diagonal, row by row \[K E\].
    pub factor: Vec<T>,
}

impl<T: Number> MixtureConstants<T> {
    /// F, packed as the device has it.
    fn packed(&self) -> Vec<T> {
        let (k, d) = (self.upto.len(), self.mean.len() / self.upto.len());
        let mut packed = self.factor.clone();
        if let Some(weights @ 1..) = self.factor.len().checked_div(k) {
            let components =
                self.factor.chunks_exact(weights).zip(packed.chunks_exact_mut(weights));
            components.for_each(|(factor, packed)| pack_triangle(factor, d, packed));
        }
        packed
    }

    /// As the device sees them, with F as [`packed`](Self::packed) returns it.
    fn components<'a>(&'a self, packed: &'a [T]) -> MixtureComponents<'a, T> {
        let MixtureConstants { upto, log_norm, mean, scale, .. } = self;
        MixtureComponents { upto, log_norm, mean, scale, packed }
    }
}

/// The least logarithm of a deviation that training leaves: 1e-4. Narrower components fall on
/// single rows.
const LEAST_LOG_SCALE: f32 = -9.210_34;

impl Mixture {
    /// Appends its tensors to a layout.
    pub fn push(shape: MixtureShape, layout: &mut Layout, d: usize) -> Self {
        let MixtureShape { components: k, covariance } = shape;
        Mixture {
            logits: layout.push("base.logits".into(), &[k]),
            mean: layout.push("base.mean".into(), &[k, d]),
            log_scale: layout.push("base.log_scale".into(), &[k, d]),
            factor: (covariance == Covariance::Full)
                .then(|| layout.push("base.factor".into(), &[k, d, d])),
        }
    }

    /// The place of all its parameters.
    pub fn parameters(&self) -> Range<usize> {
        let last = self.factor.as_ref().unwrap_or(&self.log_scale);
        self.logits.start..last.end
    }

    /// K, the number of components.
    pub fn count(&self) -> usize {
        self.logits.len()
    }

    /// D, the number of features.
    fn dimension(&self) -> usize {
        self.mean.len() / self.count()
    }

    /// Keeps the deviations in their range.
    pub fn restrict(&self, p: &mut [f32]) {
        p[self.log_scale.clone()].iter_mut().for_each(|s| *s = s.max(LEAST_LOG_SCALE));
    }

    /// The weights w \[K\], which add up to 1.
    fn weights<T: Number>(&self, p: &[T]) -> Vec<f64> {
        let logits: Vec<f64> = p[self.logits.clone()].iter().map(|l| l.to_f64()).collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = logits.iter().map(|l| libm::exp(l - largest)).collect();
        let sum: f64 = parts.iter().sum();
        parts.iter().map(|part| part / sum).collect()
    }

    /// The numbers that the device has in place of the parameters.
    pub fn constants<T: Number>(&self, p: &[T]) -> MixtureConstants<T> {
        let d = self.dimension();
        let weights = self.weights(p);
        let mut sum = 0.0;
        let upto = weights.iter().map(|weight| {
            sum += weight;
            T::from_f64(sum)
        });
        let log_scales = p[self.log_scale.clone()].chunks_exact(d);
        let log_norm = weights.iter().zip(log_scales).map(|(weight, log_scale)| {
            let sum: f64 = log_scale.iter().map(|s| s.to_f64()).sum();
            // Where a weight is 0 in f64, its component is nowhere.
            let log_weight = libm::log(weight.max(f64::MIN_POSITIVE));
            T::from_f64(log_weight - sum - d as f64 * <f64 as Real>::HALF_LN_2PI)
        });
        let factor = self.factor.clone().map_or(&p[..0], |factor| &p[factor]);
        let below = factor.chunks_exact(d * d).flat_map(|factor| below(factor, d));
        MixtureConstants {
            upto: upto.collect(),
            log_norm: log_norm.collect(),
            mean: p[self.mean.clone()].to_vec(),
            scale: p[self.log_scale.clone()].iter().map(|&s| (-s).exp()).collect(),
            factor: below.collect(),
        }
    }

    /// The log-density of each point's latents in nats; with [`Arithmetic::Device`] by the device's
    /// own function.
    pub fn log_prob<T: Number, const N: usize>(
        &self,
        arithmetic: Arithmetic,
        p: &[T],
        z: &[[T; N]],
    ) -> [T; N] {
        let constants = self.constants(p);
        if arithmetic.is_fused() {
            return self.parts(&constants, z).log_prob;
        }
        let packed = constants.packed();
        let components = constants.components(&packed);
        let (mut point, mut apart) = (vec![T::ZERO; z.len()], vec![T::ZERO; z.len()]);
        let mut parts = vec![T::ZERO; self.count()];
        std::array::from_fn(|i| {
            point.iter_mut().zip(z).for_each(|(point, z)| *point = z[i]);
            components.log_prob(&point, &mut apart, &mut parts)
        })
    }

    /// With r_k, the part of the density that comes from component k, g_k = r_k dlog_prob, and sums
    /// over the points:
    ///
    /// dl_k = sum(g_k - w_k dlog_prob), dF_kij = -sum(g_k y_i (z_j - m_j)),
    /// ds_ki = sum(g_k (y_i exp(-s_i) (z_i - m_i) - 1)),
    /// dz_j = -sum over k of g_k (exp(-s_j) y_j + sum over i > j of F_kij y_i), and dm_kj is the sum
    /// over the points of minus what component k adds to dz_j.
    pub fn backward<T: Number, const N: usize>(
        &self,
        p: &[T],
        z: &[[T; N]],
        dlog_prob: &[T; N],
        dp: &mut [T],
        dz: &mut [[T; N]],
    ) {
        let d = self.dimension();
        let constants = self.constants(p);
        let weights = self.weights(p);
        let Parts { each, log_prob } = self.parts(&constants, z);
        let total = sum(dlog_prob);
        let mut space = Standard::new(d);
        dz.iter_mut().for_each(|dz| *dz = [T::ZERO; N]);
        for (k, part) in each.iter().enumerate() {
            dp[self.logits.start + k] -= T::from_f64(weights[k]) * total;
            if is_nowhere(part, &log_prob) {
                continue;
            }
            let part = (part, &log_prob, dlog_prob);
            vectorized(
                #[inline(always)]
                || self.component_backward(&constants, k, z, part, &mut space, dp, dz),
            );
        }
    }

    /// What one component adds. `part` is its part of the log-density, the log-density, and
    /// dlog_prob.
    #[inline(always)]
    #[expect(
        clippy::too_many_arguments,
        reason = "what a component sees, and the derivatives by it"
    )]
    fn component_backward<T: Number, const N: usize>(
        &self,
        constants: &MixtureConstants<T>,
        k: usize,
        z: &[[T; N]],
        (part, log_prob, dlog_prob): (&[T; N], &[T; N], &[T; N]),
        space: &mut Standard<T, N>,
        dp: &mut [T],
        dz: &mut [[T; N]],
    ) {
        let d = z.len();
        let mut g = [T::ZERO; N];
        for i in 0..N {
            g[i] = dlog_prob[i] * (part[i] - log_prob[i]).quick_exp();
        }
        let of_component = sum(&g);
        dp[self.logits.start + k] += of_component;
        space.standardize(constants, k, z);
        let Standard { apart, y } = space;
        for y in y.iter_mut() {
            for lane in 0..N {
                y[lane] = g[lane] * y[lane];
            }
        }
        let scale = &constants.scale[k * d..][..d];
        let weights = constants.factor.get(k * d * (d - 1) / 2..).unwrap_or_default();
        for i in 0..d {
            let scaled = dot(&y[i], &apart[i]) * scale[i];
            dp[self.log_scale.start + k * d + i] += scaled - of_component;
            let mut pull = [T::ZERO; N];
            add_product(&mut pull, scale[i], &y[i]);
            if let Some(factor) = &self.factor {
                for j in 0..i {
                    dp[factor.start + (k * d + i) * d + j] -= dot(&y[i], &apart[j]);
                }
                for below in i + 1..d {
                    add_product(&mut pull, weights[below * (below - 1) / 2 + i], &y[below]);
                }
            }
            dp[self.mean.start + k * d + i] += sum(&pull);
            add_product(&mut dz[i], -T::ONE, &pull);
        }
    }

    /// The log-density of each point, for training. `of_component` sees the number of each component
    /// that is somewhere, the parts of the densities that come from it, and the points around its
    /// mean.
    pub fn parts_of_density<T: Number, const N: usize>(
        &self,
        p: &[T],
        z: &[[T; N]],
        mut of_component: impl FnMut(usize, &[T; N], &[[T; N]]),
    ) -> [T; N] {
        let constants = self.constants(p);
        let Parts { each, log_prob } = self.parts(&constants, z);
        let mut space = Standard::new(z.len());
        for (k, part) in each.iter().enumerate().filter(|(_, it)| !is_nowhere(it, &log_prob)) {
            vectorized(
                #[inline(always)]
                || space.standardize(&constants, k, z),
            );
            let mut of_density = [T::ZERO; N];
            vectorized(
                #[inline(always)]
                || {
                    for i in 0..N {
                        of_density[i] = (part[i] - log_prob[i]).quick_exp();
                    }
                },
            );
            of_component(k, &of_density, &space.apart);
        }
        log_prob
    }

    /// The parts of the log-density, for training.
    fn parts<T: Number, const N: usize>(
        &self,
        constants: &MixtureConstants<T>,
        z: &[[T; N]],
    ) -> Parts<T, N> {
        let mut space = Standard::new(z.len());
        let mut largest = [T::NEG_INFINITY; N];
        let each: Vec<[T; N]> = (0..self.count())
            .map(|k| {
                let mut part = [T::ZERO; N];
                vectorized(
                    #[inline(always)]
                    || {
                        space.standardize(constants, k, z);
                        for y in &space.y {
                            for i in 0..N {
                                part[i] = y[i].mul_add(y[i], part[i]);
                            }
                        }
                        for i in 0..N {
                            part[i] = constants.log_norm[k] - T::HALF * part[i];
                            largest[i] = if part[i] > largest[i] { part[i] } else { largest[i] };
                        }
                    },
                );
                part
            })
            .collect();
        let mut sum = [T::ZERO; N];
        for part in &each {
            vectorized(
                #[inline(always)]
                || {
                    for i in 0..N {
                        sum[i] += (part[i] - largest[i]).quick_exp();
                    }
                },
            );
        }
        let log_prob = std::array::from_fn(|i| largest[i] + sum[i].quick_ln());
        Parts { each, log_prob }
    }

    /// A standard normal point becomes one of a component, by the device's own function.
    pub fn sample<T: Number, R: Rng>(&self, p: &[T], rng: &mut R, z: &mut [T]) {
        let (u, _) = T::draw(rng);
        StandardNormal.sample(rng, z);
        let constants = self.constants(p);
        constants.components(&constants.packed()).place(u, z);
    }
}

/// What lies below the diagonal of a matrix \[D, D\], row by row.
fn below<T: Copy>(matrix: &[T], d: usize) -> impl Iterator<Item = T> + '_ {
    (0..d).flat_map(move |i| matrix[i * d..i * d + i].iter().copied())
}

/// c_k - |y_k|^2 / 2 of each component, and the log-density.
struct Parts<T, const N: usize> {
    each: Vec<[T; N]>,
    log_prob: [T; N],
}

/// A block of points, made standard by a component.
struct Standard<T, const N: usize> {
    /// z - m \[D\].
    apart: Vec<[T; N]>,
    /// y \[D\].
    y: Vec<[T; N]>,
}

impl<T: Number, const N: usize> Standard<T, N> {
    fn new(d: usize) -> Self {
        Standard { apart: vec![[T::ZERO; N]; d], y: vec![[T::ZERO; N]; d] }
    }

    #[inline(always)]
    fn standardize(&mut self, constants: &MixtureConstants<T>, k: usize, z: &[[T; N]]) {
        let d = z.len();
        let [mean, scale] = [&constants.mean, &constants.scale].map(|it| &it[k * d..][..d]);
        let factor = constants.factor.get(k * d * (d - 1) / 2..).unwrap_or_default();
        for i in 0..d {
            let (apart, y) = (&mut self.apart[i], &mut self.y[i]);
            for lane in 0..N {
                apart[lane] = z[i][lane] - mean[i];
                y[lane] = scale[i] * apart[lane];
            }
            if !factor.is_empty() {
                let row = &factor[i * i.saturating_sub(1) / 2..][..i];
                for (&weight, before) in row.iter().zip(&self.apart) {
                    add_product(y, weight, before);
                }
            }
        }
    }
}

/// y <- y + w x, point by point.
#[inline(always)]
fn add_product<T: Number, const N: usize>(y: &mut [T; N], w: T, x: &[T; N]) {
    for lane in 0..N {
        y[lane] = w.mul_add(x[lane], y[lane]);
    }
}

/// Whether a component is so far from all points that it adds nothing which the numbers could hold.
fn is_nowhere<T: Number, const N: usize>(part: &[T; N], log_prob: &[T; N]) -> bool {
    let negligible = T::from_f32(T::NEGLIGIBLE);
    part.iter().zip(log_prob).all(|(&part, &log_prob)| part - log_prob < negligible)
}

/// sum over the points of a b. Within `vectorized` it takes vectors.
#[inline(always)]
pub fn dot<T: Number, const N: usize>(a: &[T; N], b: &[T; N]) -> T {
    let mut lanes = [T::ZERO; N];
    for lane in 0..N {
        lanes[lane] = a[lane] * b[lane];
    }
    sum(&lanes)
}

/// The sum over the points, in eight sums that are added at the end.
#[inline(always)]
fn sum<T: Number, const N: usize>(lanes: &[T; N]) -> T {
    let mut sums = [T::ZERO; 8];
    for lane in 0..N {
        sums[lane % 8] += lanes[lane];
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

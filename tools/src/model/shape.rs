use super::{Activation, Base, ContextColumn, Covariance, Spline, Transform};

/// The shape of a flow, to be described for some features.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The columns of the context; none where the flow is not conditional.
    pub context: Vec<ContextColumn>,
    /// What each coupling does with its half.
    pub transform: Transform,
    /// K, the number of couplets.
    pub couplets: usize,
    /// The widths of each trunk's layers; `None` is one layer of [`Shape::width`].
    pub hidden: Option<Vec<usize>>,
    /// The function behind each trunk layer.
    pub activation: Activation,
    /// The distribution of the latents.
    pub base: Base,
    /// K of a mixture; `None` is [`MixtureShape::USUAL`](super::MixtureShape::USUAL).
    pub components: Option<usize>,
    /// The covariance of a mixture; `None` is [`Covariance::usual`].
    pub covariance: Option<Covariance>,
    /// The shape of the splines that bend each feature first; `None` is none.
    pub marginal: Option<Spline>,
    /// Whether a triangle precedes the couplets; `None` is false.
    pub triangle: Option<bool>,
    /// The bound of what conditioners see of each feature; `None` is none.
    pub input_bound: Option<f32>,
    /// Whether a scale layer ends the flow; `None` is true for NICE, whose couplings keep the
    /// volume.
    pub scale: Option<bool>,
    /// Whether a permutation precedes each couplet; `None` is true from three features on.
    pub permute: Option<bool>,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            context: Vec::new(),
            transform: Transform::REAL_NVP,
            couplets: 8,
            hidden: None,
            activation: Activation::Relu,
            base: Base::Student,
            components: None,
            covariance: None,
            marginal: None,
            triangle: None,
            input_bound: None,
            scale: None,
            permute: None,
        }
    }
}

impl Shape {
    /// The default width of a hidden layer for D features: 8 D, from 32 to 64.
    pub fn width(features: usize) -> usize {
        (8 * features).clamp(32, 64)
    }
}

use super::{
    Activation, Affine, Base, ContextColumn, Covariance, FeatureMap, MixtureShape, Notes, Shape,
    Spline, Transform, cells,
};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The shape of a flow over named features, as the metadata of a model file describes it. It is
/// valid wherever it is seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Metadata")]
pub struct Description {
    /// The names of the D features.
    pub features: Vec<String>,
    /// The columns of the context; none where the flow is not conditional.
    pub context: Vec<ContextColumn>,
    /// \[A, B\]: the number of features in each half.
    pub split: [usize; 2],
    /// What each coupling does with its half.
    pub transform: Transform,
    /// K, the number of couplets.
    pub couplets: usize,
    /// The widths of each trunk's layers.
    pub hidden: Vec<usize>,
    /// The function behind each trunk layer.
    pub activation: Activation,
    /// The distribution of the latents.
    pub base: Base,
    /// What the base is made of, where it is a mixture.
    pub mixture: Option<MixtureShape>,
    /// The shape of the splines that bend each feature first, if there are any.
    pub marginal: Option<Spline>,
    /// Whether a triangle precedes the couplets.
    pub triangle: bool,
    /// b: conditioners see clamp(v, -b, b) of each feature v.
    pub input_bound: Option<f32>,
    /// Whether conditioners compute in integers: see [`super::IntegerNetwork`].
    pub integer: bool,
    /// Whether a scale layer ends the flow.
    pub scale: bool,
    /// Whether a permutation precedes each couplet.
    pub permute: bool,
    /// What else the file says.
    pub notes: Notes,
}

/// The metadata's JSON, key by key in the order of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Metadata {
    format: u32,
    features: Vec<String>,
    split: [usize; 2],
    coupling: String,
    couplets: usize,
    hidden: Vec<usize>,
    activation: Activation,
    base: Base,
    scale: bool,
    permute: bool,
    log_scale_bound: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spline: Option<Spline>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mixture: Option<MixtureShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    marginal: Option<Spline>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    triangle: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_bound: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Weights>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    context: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    context_levels: BTreeMap<String, Vec<String>>,
    #[serde(flatten)]
    notes: Notes,
}

/// The numbers that conditioners are made of, where they are not f32.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Weights {
    /// 8-bit integers.
    I8,
}

/// What models without a log-scale have in its place.
const NO_BOUND: f32 = 2.0;

impl From<Description> for Metadata {
    fn from(description: Description) -> Self {
        let levels = |column: &ContextColumn| Some((column.name.clone(), column.levels.clone()?));
        Metadata {
            format: description.format(),
            context_levels: description.context.iter().filter_map(levels).collect(),
            context: description.context.into_iter().map(|column| column.name).collect(),
            features: description.features,
            split: description.split,
            coupling: description.transform.name().to_string(),
            couplets: description.couplets,
            hidden: description.hidden,
            activation: description.activation,
            base: description.base,
            mixture: description.mixture,
            marginal: description.marginal,
            triangle: description.triangle,
            input_bound: description.input_bound,
            weights: description.integer.then_some(Weights::I8),
            scale: description.scale,
            permute: description.permute,
            log_scale_bound: match description.transform {
                Transform::Affine(Affine { bound }) => bound,
                _ => NO_BOUND,
            },
            spline: match description.transform {
                Transform::Spline(spline) => Some(spline),
                _ => None,
            },
            notes: description.notes,
        }
    }
}

impl TryFrom<Metadata> for Description {
    type Error = anyhow::Error;

    fn try_from(metadata: Metadata) -> Result<Self> {
        let mut transform = Transform::named(&metadata.coupling)?;
        match (&mut transform, metadata.spline) {
            (Transform::Affine(Affine { bound }), None) => *bound = metadata.log_scale_bound,
            (Transform::Spline(shape), Some(spline)) => *shape = spline,
            (Transform::Additive(_), None) => {}
            _ => bail!("the coupling and the entry `spline` do not belong together"),
        }
        let mut levels = metadata.context_levels;
        let column = |name: String| ContextColumn { levels: levels.remove(&name), name };
        let context = metadata.context.into_iter().map(column).collect();
        if let Some((name, _)) = levels.first_key_value() {
            bail!("the entry `context_levels` has levels of `{name}`, which is no context");
        }
        Description {
            features: metadata.features,
            context,
            split: metadata.split,
            transform,
            couplets: metadata.couplets,
            hidden: metadata.hidden,
            activation: metadata.activation,
            base: metadata.base,
            mixture: metadata.mixture,
            marginal: metadata.marginal,
            triangle: metadata.triangle,
            input_bound: metadata.input_bound,
            integer: metadata.weights.is_some(),
            scale: metadata.scale,
            permute: metadata.permute,
            notes: metadata.notes,
        }
        .validated()
    }
}

impl Description {
    /// The newest format of model files that this version reads; it reads all older ones.
    pub const FORMAT: u32 = 3;

    /// The most parameters: 16 MiB of flash, more than a microcontroller has.
    pub const MOST_PARAMETERS: usize = 1 << 22;

    /// The most layers of a trunk. An exported trunk nests one type for each, and rustc stops at
    /// 128.
    pub const MOST_LAYERS: usize = 64;

    /// A flow of that shape over the named features, halved evenly (A gets the odd one).
    ///
    /// # Errors
    ///
    /// What is wrong with the shape, and what it should be.
    pub fn new(features: Vec<String>, shape: Shape) -> Result<Self> {
        let Shape {
            context,
            transform,
            couplets,
            hidden,
            activation,
            base,
            components,
            covariance,
            marginal,
            triangle,
            input_bound,
            scale,
            permute,
        } = shape;
        let (d, b) = (features.len(), features.len() / 2);
        Description {
            split: [d - b, b],
            features,
            context,
            transform,
            couplets,
            hidden: hidden.unwrap_or_else(|| vec![Shape::width(d)]),
            activation,
            base,
            mixture: (base == Base::Mixture).then(|| MixtureShape {
                components: components.unwrap_or(MixtureShape::USUAL),
                covariance: covariance.unwrap_or_else(|| Covariance::usual(d)),
            }),
            marginal,
            triangle: triangle.unwrap_or(false),
            input_bound,
            integer: false,
            scale: scale.unwrap_or(transform == Transform::NICE),
            permute: permute.unwrap_or(d > 2),
            notes: Notes::default(),
        }
        .validated()
    }

    /// From the metadata's JSON.
    ///
    /// # Errors
    ///
    /// A format or a kind of layer that this version does not know, a missing or mistyped entry, or
    /// a shape that contradicts itself.
    pub fn from_json(json: &str) -> Result<Self> {
        let value: Value =
            serde_json::from_str(json).context("the metadata `couplet` is not JSON")?;
        let format = value
            .get("format")
            .and_then(Value::as_u64)
            .context("the metadata `couplet` has no format number")?;
        ensure!(
            (1..=u64::from(Self::FORMAT)).contains(&format),
            "format {format}, and this couplet reads formats 1 to {}: use the couplet that wrote \
             it, or train again",
            Self::FORMAT
        );
        let metadata: Metadata = serde_json::from_value(value)
            .context("the metadata `couplet` is not a flow's description")?;
        metadata.try_into()
    }

    /// The metadata's JSON.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// The format of its model file: the oldest that holds all there is to say.
    fn format(&self) -> u32 {
        if self.integer {
            return 3;
        }
        let newer = self.triangle
            || self.input_bound.is_some()
            || !self.context.is_empty()
            || matches!(self.base, Base::Student | Base::Mixture)
            || self.couplets == 0
            || matches!(self.transform, Transform::Spline(_))
            || self.marginal.is_some();
        if newer || self.notes.calibration.is_some() { 2 } else { 1 }
    }

    /// D, the number of features.
    pub fn dimension(&self) -> usize {
        self.features.len()
    }

    /// C, the number of inputs of the context.
    pub fn contexts(&self) -> usize {
        self.context.iter().map(|column| column.levels.as_ref().map_or(1, Vec::len)).sum()
    }

    /// D + C, the numbers of a row: the features, then the context.
    pub fn width(&self) -> usize {
        self.dimension() + self.contexts()
    }

    /// The names of the C inputs of the context.
    pub fn context_inputs(&self) -> Vec<String> {
        self.context.iter().flat_map(ContextColumn::inputs).collect()
    }

    /// The names of the columns of a file of rows: the features, then the context.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        self.features.iter().chain(self.context.iter().map(|column| &column.name))
    }

    /// The cells of a row in such a file.
    pub fn cells(&self, row: &[f32]) -> Vec<String> {
        cells(&self.context, self.dimension(), row, f32::to_string)
    }

    /// The same flow with conditioners in integers.
    ///
    /// # Errors
    ///
    /// Why this flow can have none.
    pub fn in_integers(self) -> Result<Self> {
        ensure!(!self.integer, "the conditioners are integers already");
        Description { integer: true, ..self }.validated()
    }

    fn validated(self) -> Result<Self> {
        let [a, b] = self.split;
        let d = self.dimension();
        ensure!(d >= 2, "a coupling flow needs at least two features, not {d}");
        ensure!(d <= usize::from(u16::MAX), "{d} features; at most {} fit a permutation", u16::MAX);
        ensure!(
            a >= 1 && b >= 1 && a.checked_add(b) == Some(d),
            "split [{a}, {b}] does not add up to {d} features in two non-empty halves"
        );
        ensure!(self.couplets <= 1024, "{} couplets; from 0 to 1024 make sense", self.couplets);
        ensure!(!self.hidden.is_empty(), "the trunk has no layer: give at least one hidden width");
        let layers = self.hidden.len();
        ensure!(
            layers <= Self::MOST_LAYERS,
            "{layers} hidden widths; at most {} make sense",
            Self::MOST_LAYERS
        );
        for &width in &self.hidden {
            ensure!(
                (1..=65_535).contains(&width),
                "a hidden width of {width}; from 1 to 65535 make sense"
            );
        }
        if let Transform::Affine(Affine { bound }) = self.transform {
            ensure!(
                bound.is_finite() && bound >= 1.0,
                "log_scale_bound {bound} is not a number from 1 on"
            );
        }
        if let Transform::Spline(spline) = self.transform {
            spline.check()?;
        }
        ContextColumn::check_all(&self.context, &self.features)?;
        ensure!(
            self.context.is_empty() || self.couplets > 0,
            "couplings see the context, and the flow has none: give it at least one couplet"
        );
        ensure!(
            self.contexts() <= 1024,
            "{} inputs of the context; at most 1024 make sense",
            self.contexts()
        );
        ensure!(
            self.mixture.is_some() == (self.base == Base::Mixture),
            "the base and the entry `mixture` do not belong together"
        );
        if let Some(MixtureShape { components, .. }) = self.mixture {
            ensure!(
                (1..=MixtureShape::MOST).contains(&components),
                "{components} components; from 1 to {} make sense",
                MixtureShape::MOST
            );
        }
        if let Some(spline) = self.marginal {
            spline.check()?;
        }
        if let Some(bound) = self.input_bound {
            ensure!(
                bound.is_finite() && bound > 0.0,
                "input_bound {bound} is not a positive number"
            );
        }
        if self.integer {
            self.check_integers()?;
        }
        let parameters = self.parameters();
        ensure!(
            parameters <= Self::MOST_PARAMETERS as u128,
            "{parameters} parameters; at most {} make sense on a device: take narrower layers or fewer couplets",
            Self::MOST_PARAMETERS
        );
        Ok(self)
    }

    /// What integer conditioners take.
    fn check_integers(&self) -> Result<()> {
        ensure!(
            self.couplets > 0,
            "a flow without couplets has no conditioner whose weights could be integers"
        );
        ensure!(
            self.activation == Activation::Relu,
            "integer conditioners take relu, which scales with its input, and this flow has {:?}: \
             train it with relu",
            self.activation
        );
        if let Transform::Affine(Affine { bound }) = self.transform {
            ensure!(
                bound <= 64.0,
                "integer conditioners take a log_scale_bound of at most 64, not {bound}"
            );
            let [a, b] = self.split;
            ensure!(
                a.max(b) <= 511,
                "integer conditioners take at most 511 features in each half, not {}",
                a.max(b)
            );
        }
        Ok(())
    }

    /// The number of trained parameters.
    fn parameters(&self) -> u128 {
        let dense = |inputs: usize, outputs: usize| (inputs as u128 + 1) * outputs as u128;
        let per_feature: usize = self.transform.heads().iter().map(|head| head.per_feature).sum();
        let coupling = |a: usize, b: usize| {
            let inputs = a + self.contexts();
            let (trunk, width) =
                self.hidden.iter().fold((0, inputs), |(sum, width), &h| (sum + dense(width, h), h));
            trunk + dense(width, per_feature * b)
        };
        let [a, b] = self.split;
        let d = self.dimension() as u128;
        let of_scale = if self.scale { d } else { 0 };
        let of_triangle = if self.triangle { d * (d + 1) } else { 0 };
        let of_base = match (self.base, self.mixture) {
            (Base::Student, _) => d,
            (_, Some(MixtureShape { components, covariance })) => {
                let of_factor = if covariance == Covariance::Full { d * d } else { 0 };
                components as u128 * (1 + 2 * d + of_factor)
            }
            _ => 0,
        };
        let of_marginal = self.marginal.map_or(0, |spline| d * spline.raw() as u128);
        let of_couplets = self.couplets as u128 * (coupling(a, b) + coupling(b, a));
        of_couplets + of_scale + of_marginal + of_triangle + of_base
    }
}

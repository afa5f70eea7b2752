use super::{Activation, Base, CouplingKind};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The shape of a flow, as the metadata of a model file describes it. Valid wherever it is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    format: u32,
    /// The names of the D features.
    pub features: Vec<String>,
    /// \[A, B\]: how many features each half has.
    pub split: [usize; 2],
    /// NICE or RealNVP.
    pub coupling: CouplingKind,
    /// K.
    pub couplets: usize,
    /// The widths of the trunk's layers.
    pub hidden: Vec<usize>,
    /// The function behind each of them.
    pub activation: Activation,
    /// The distribution of the latents.
    pub base: Base,
    /// Whether a scale layer ends the flow.
    pub scale: bool,
    /// Whether a permutation precedes each couplet.
    pub permute: bool,
    /// The bound of |s| in affine couplings.
    pub log_scale_bound: f32,
    /// What else the file says: seed, training summary, ...
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Description {
    /// The format of model files that this version reads and writes.
    pub const FORMAT: u32 = 1;

    /// 16 MiB of flash, more than a microcontroller has.
    pub const MOST_PARAMETERS: usize = 1 << 22;

    /// An exported trunk nests one type for each layer, and rustc stops at 128.
    pub const MOST_LAYERS: usize = 64;

    /// A flow over the named features, halved evenly (A gets the odd one).
    ///
    /// # Errors
    ///
    /// What is wrong with the shape, and what it should be.
    #[expect(clippy::too_many_arguments, reason = "it is the list of what describes a flow")]
    pub fn new(
        features: Vec<String>,
        coupling: CouplingKind,
        couplets: usize,
        hidden: Vec<usize>,
        activation: Activation,
        base: Base,
        scale: bool,
        permute: bool,
        log_scale_bound: f32,
    ) -> Result<Self> {
        let b = features.len() / 2;
        Description {
            format: Self::FORMAT,
            split: [features.len() - b, b],
            features,
            coupling,
            couplets,
            hidden,
            activation,
            base,
            scale,
            permute,
            log_scale_bound,
            extra: Map::new(),
        }
        .validated()
    }

    /// From the metadata's JSON.
    ///
    /// # Errors
    ///
    /// Another format number, a missing or mistyped entry, or a shape that contradicts itself.
    pub fn from_json(json: &str) -> Result<Self> {
        let value: Value =
            serde_json::from_str(json).context("the metadata `couplet` is not JSON")?;
        let format = value
            .get("format")
            .and_then(Value::as_u64)
            .context("the metadata `couplet` has no format number")?;
        ensure!(
            format == u64::from(Self::FORMAT),
            "format {format}, and this couplet reads format {}: use the couplet that wrote it, or train again",
            Self::FORMAT
        );
        let description: Description = serde_json::from_value(value)
            .context("the metadata `couplet` is not a flow's description")?;
        description.validated()
    }

    /// The metadata's JSON.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.features.len()
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
        ensure!(
            (1..=1024).contains(&self.couplets),
            "{} couplets; from 1 to 1024 make sense",
            self.couplets
        );
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
        ensure!(
            self.log_scale_bound.is_finite() && self.log_scale_bound >= 1.0,
            "log_scale_bound {} is not a number from 1 on",
            self.log_scale_bound
        );
        let parameters = self.parameters();
        ensure!(
            parameters <= Self::MOST_PARAMETERS as u128,
            "{parameters} parameters; at most {} make sense on a device: take narrower layers or fewer couplets",
            Self::MOST_PARAMETERS
        );
        Ok(self)
    }

    /// How many numbers there are to train.
    fn parameters(&self) -> u128 {
        let dense = |inputs: usize, outputs: usize| (inputs as u128 + 1) * outputs as u128;
        let heads = if self.coupling == CouplingKind::Affine { 2 } else { 1 };
        let coupling = |a: usize, b: usize| {
            let (trunk, width) =
                self.hidden.iter().fold((0, a), |(sum, width), &h| (sum + dense(width, h), h));
            trunk + heads * dense(width, b)
        };
        let [a, b] = self.split;
        let scale = if self.scale { self.dimension() } else { 0 };
        self.couplets as u128 * (coupling(a, b) + coupling(b, a)) + scale as u128
    }
}

use crate::{
    cli::words::{preset, words},
    device::preset::Preset,
    model::{Activation, Base, Covariance, Transform},
};
use clap::Args;

/// The flags that describe a flow.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Flow")]
pub struct ShapeArgs {
    /// Kind of the couplings
    #[arg(long, value_parser = words::<Transform>(), default_value = "realnvp")]
    pub flow: Transform,
    /// Flash for the model, as for --preset, and tries other kinds of density that fit: mixtures of
    /// Gaussians, and flows over clusters. Held-out rows choose the kind, unless --base does
    #[arg(
        long,
        value_parser = preset,
        value_name = "SIZE",
        conflicts_with_all = ["preset", "couplets", "hidden"]
    )]
    pub flash: Option<Preset>,
    /// Flash for a flow: tiny (8 KiB), small (32 KiB), large (128 KiB), or KiB as in 16K. Takes
    /// the widest conditioners that fit, instead of --couplets and --hidden
    #[arg(
        long,
        value_parser = preset,
        value_name = "SIZE",
        conflicts_with_all = ["couplets", "hidden"]
    )]
    pub preset: Option<Preset>,
    /// Number of couplets; a couplet is two couplings and transforms each feature once. 0 leaves the
    /// base alone
    #[arg(long, value_name = "K", default_value_t = 8)]
    pub couplets: usize,
    /// Widths of the conditioners' hidden layers, separated by commas [default: one layer, 8 times
    /// as wide as there are features, at least 32 and at most 64; or a quarter or a sixteenth of
    /// that, as held-out rows choose]
    #[arg(long, value_name = "WIDTHS", value_delimiter = ',')]
    pub hidden: Option<Vec<usize>>,
    /// Activation after each hidden layer; relu is the cheapest on a device
    #[arg(long, value_parser = words::<Activation>(), default_value = "relu")]
    pub activation: Activation,
    /// Base distribution, which the latents follow [default: student]
    #[arg(long, value_parser = words::<Base>())]
    pub base: Option<Base>,
    /// Components of the base, with --base mixture [default: 8]
    #[arg(long, value_name = "K")]
    pub components: Option<usize>,
    /// Covariance of the components, with --base mixture [default: full with up to 3 features, else
    /// diagonal]
    #[arg(long, value_parser = words::<Covariance>())]
    pub covariance: Option<Covariance>,
    /// Begin with a spline for each feature, which bends it towards the base [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub marginal: Option<bool>,
    /// Begin with a triangular matrix that removes correlation [default: as held-out rows choose]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub triangle: Option<bool>,
    /// Bound of what conditioners see of each feature, in standard deviations [default: 3
    /// with a triangle that held-out rows chose, else none]
    #[arg(long, value_name = "B")]
    pub input_bound: Option<f32>,
    /// Permute the features before each couplet [default: true with 3 features or more]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub permute: Option<bool>,
    /// End with a scale layer [default: true with --flow nice]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub scale: Option<bool>,
    /// Bound of the log-scales in affine couplings, at least 1
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    pub log_scale_bound: f32,
}

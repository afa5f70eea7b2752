use super::{
    Dataset::{self, Anomalies, Files, Operation, TennesseeEastman, Wine},
    Metric::{self, Auroc, FalseAlarms, Gap, LogLikelihood, Nats},
    Question,
};

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// The name of the workload.
    pub name: &'static str,
    /// Where its rows come from.
    pub dataset: Dataset,
    /// The settings of the training that are not defaults, as flags of `couplet train`, so that a
    /// reader can repeat it.
    pub flags: &'static str,
    /// What the training should reach.
    pub goal: Goal,
}

/// What a training should reach.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The figure that is compared.
    pub metric: Metric,
    /// What the mean over the seeds should reach; `None` if there is no target.
    pub target: Option<f64>,
    /// What others reach on the same rows, in words.
    pub peers: &'static str,
}

const fn row(
    name: &'static str,
    dataset: Dataset,
    flags: &'static str,
    metric: Metric,
    target: Option<f64>,
    peers: &'static str,
) -> Workload {
    Workload { name, dataset, flags, goal: Goal { metric, target, peers } }
}

const MOONS10: Dataset = Files("known/moons10_train.csv", "known/moons10_test.csv");
const MOONS05: Dataset = Files("known/moons05_train.csv", "known/moons05_test.csv");
const CURVED8: Dataset = Files("known/curved8_train.csv", "known/curved8_test.csv");
const TOY_MOONS: Dataset = Files("toy/moons_train.csv", "toy/moons_test.csv");
const TOY_CIRCLES: Dataset = Files("toy/circles_train.csv", "toy/circles_test.csv");
const TOY_SPIRALS: Dataset = Files("toy/spirals_train.csv", "toy/spirals_test.csv");
const MINIBOONE: Dataset = Files("miniboone/vgi_val.npy", "miniboone/vgi_test.npy");

/// The lines of the table.
///
/// The peers were run for this table, on the same files:
///
/// - on the known densities FlowJAX, normflows, zuko, the mixtures of Gaussians of scikit-learn
///   (GMM), and couplings written by hand in JAX and PyTorch;
/// - on the toy sets NICE and RealNVP of a TensorFlow repository, with 4430 parameters after 2500
///   full-batch epochs, beside the true entropies;
/// - on the validation part of MINIBOONE scikit-learn and zuko.
///
/// Published figures are those of Uria et al. (2013) on wine and of Livernoche et al. (2024) on the
/// anomaly sets.
#[rustfmt::skip]
pub const WORKLOADS: &[Workload] = &[
    row("moons10", MOONS10, "--couplets 4 --hidden 64,64", Gap, Some(0.020),
        "zuko .042, PyTorch .045, JAX .047, normflows .075"),
    row("moons05-8K", MOONS05, "--couplets 8 --hidden 8,8", Gap, Some(0.040),
        "GMM of 384 B .013, FlowJAX splines .024, FlowJAX .050"),
    row("moons05-spline-2K", MOONS05, "--flow spline --preset 2K", Gap, Some(0.035),
        "GMM of 384 B .013"),
    row("moons05-spline-4K", MOONS05, "--flow spline --preset 4K", Gap, Some(0.020),
        "GMM of 768 B .005"),
    row("moons05-spline-8K", MOONS05, "--flow spline --preset 8K", Gap, Some(0.012),
        "GMM of 768 B .005, FlowJAX splines .024"),
    row("curved8-8K", CURVED8, "--couplets 11 --hidden 5", Gap, Some(0.30),
        "FlowJAX 1.80, GMM of 11.2 KiB 3.20"),
    row("curved8-21K", CURVED8, "--couplets 12 --hidden 15", Gap, Some(0.18),
        "FlowJAX .95, GMM of 22.5 KiB 2.63"),
    row("moons05-flash-2K", MOONS05, "--flash 2K", Gap, Some(0.006), "GMM of 768 B .005"),
    row("curved8-flash-4K", CURVED8, "--flash 4K", Gap, None, "GMM of 11.2 KiB 3.20"),
    row("curved8-flash-8K", CURVED8, "--flash 8K", Gap, None, "GMM of 11.2 KiB 3.20"),
    row("moons-flash", TOY_MOONS, "--flash 17K", Nats, Some(1.085),
        "truth 1.008, GMM picked on test 1.074"),
    row("circles-flash", TOY_CIRCLES, "--flash 17K", Nats, Some(1.09),
        "truth 1.025, GMM picked on test 1.076"),
    row("spirals-flash", TOY_SPIRALS, "--flash 17K", Nats, Some(-0.28),
        "truth -.342, GMM picked on test -.284"),
    row("moons-realnvp", TOY_MOONS, "--flow realnvp --couplets 16",
        Nats, Some(1.10), "truth 1.008, TensorFlow NICE 1.61, RealNVP 5.93"),
    row("moons-nice", TOY_MOONS, "--flow nice", Nats, None,
        "truth 1.008, TensorFlow NICE 1.61, RealNVP 5.93"),
    row("circles-realnvp", TOY_CIRCLES, "--flow realnvp --couplets 16",
        Nats, Some(1.15), "truth 1.025, TensorFlow RealNVP 1.49, NICE 1.57"),
    row("circles-nice", TOY_CIRCLES, "--flow nice", Nats, None,
        "truth 1.025, TensorFlow RealNVP 1.49, NICE 1.57"),
    row("spirals-realnvp", TOY_SPIRALS, "--flow realnvp --couplets 16",
        Nats, Some(0.10), "truth -.342, TensorFlow RealNVP .35, NICE .66"),
    row("spirals-nice", TOY_SPIRALS, "--flow nice", Nats, None,
        "truth -.342, TensorFlow RealNVP .35, NICE .66"),
    row("miniboone", MINIBOONE, "", LogLikelihood, None,
        "zuko RealNVP -20.5, GMM-10 -25.5, Gaussian -37.8"),
    row("miniboone-64K", MINIBOONE, "--preset 64K", LogLikelihood, Some(-17.0),
        "zuko RealNVP -20.5, GMM-10 -25.5, Gaussian -37.8"),
    row("wine-16K", Wine, "--preset 16K", LogLikelihood, Some(-10.07),
        "RNADE-MoG -10.23, Gaussian -13.20"),
    row("wine-flash-16K", Wine, "--flash 16K", LogLikelihood, Some(-10.0),
        "RNADE-MoG -10.23, Gaussian -13.20"),
    row("tep", TennesseeEastman, "", Auroc, Some(90.5),
        "Gaussian 90.64; over 21 faults Mahalanobis 91.7, PCA Q 86.3, PCA T2 81.5"),
    row("operation-10K", Operation(Question::Density, false), "--preset 10K", Gap, Some(0.09),
        "linear regression on the context 2.38"),
    row("operation-swapped-10K", Operation(Question::Swapped, false), "--preset 10K", Auroc,
        Some(95.8), "true density 96.1, linear regression on the context 83.6"),
    row("operation-rare-10K", Operation(Question::Rare, false), "--preset 10K", FalseAlarms,
        Some(2.0), "the context among the features: the next line"),
    row("operation-rare-joint-10K", Operation(Question::Rare, true), "--preset 10K", FalseAlarms,
        None, "the line before"),
    row("annthyroid-8K", Anomalies("adbench/2_annthyroid.npz"), "--dequantize --preset 8K", Auroc,
        None, "as below"),
    row("annthyroid-flash-4K", Anomalies("adbench/2_annthyroid.npz"), "--dequantize --flash 4K",
        Auroc, None, "as below"),
    row("cardio-16K", Anomalies("adbench/6_cardio.npz"), "--dequantize --preset 16K", Auroc,
        None, "as below"),
    row("pageblocks-8K", Anomalies("adbench/27_PageBlocks.npz"), "--dequantize --preset 8K", Auroc,
        None, "as below"),
    row("adbench-annthyroid", Anomalies("adbench/2_annthyroid.npz"), "--dequantize", Auroc, None,
        "DTE-C 97.52, PlanarFlow 93.19, GMM-8 93.05, KNN 92.81, Gaussian 84.94"),
    row("adbench-cardio", Anomalies("adbench/6_cardio.npz"), "--dequantize", Auroc, None,
        "PCA 96.54, KNN 92.00, Gaussian 91.15, PlanarFlow 88.90, GMM-8 80.14"),
    row("adbench-vowels", Anomalies("adbench/40_vowels.npz"), "--dequantize", Auroc, None,
        "DTE-C 86.93, GMM-8 86.17, Gaussian 83.17, KNN 82.21, PlanarFlow 54.59"),
    row("adbench-shuttle", Anomalies("adbench/32_shuttle.npz"), "--dequantize", Auroc, None,
        "GMM-8 99.98, LOF 99.98, KNN 99.91, Gaussian 99.41, PlanarFlow 86.50"),
    row("adbench-satimage-2", Anomalies("adbench/31_satimage-2.npz"), "--dequantize", Auroc, None,
        "KNN 99.71, Gaussian 99.67, GMM-8 98.31, PlanarFlow 96.67"),
    row("adbench-waveform", Anomalies("adbench/41_Waveform.npz"), "--dequantize", Auroc, None,
        "GMM-8 77.92, LOF 76.00, KNN 75.21, PlanarFlow 64.80, Gaussian 58.52"),
    row("adbench-pageblocks", Anomalies("adbench/27_PageBlocks.npz"), "--dequantize", Auroc, None,
        "LOF 91.30, KNN 89.65, Gaussian 88.55, GMM-8 85.90, PlanarFlow 84.85"),
    row("adbench-satellite", Anomalies("adbench/30_satellite.npz"), "--dequantize", Auroc, None,
        "KNN 82.24, GMM-8 80.16, Gaussian 78.73, PlanarFlow 72.30"),
];

/// The goal of the mean over the anomaly sets, which are the workloads called `adbench-...`.
pub const ANOMALY_SETS: Goal = Goal {
    metric: Auroc,
    target: Some(87.98),
    peers: "LOF 89.26, KNN 89.22, DTE-C 88.06, GMM-8 87.70, DDPM 86.06, Gaussian 85.52, \
            PlanarFlow 80.22",
};

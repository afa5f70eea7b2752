//! How long a log_prob takes on this machine: RealNVP of 2 features, 8 couplings, trunks of 64-64,
//! relu.
//!
//! `cargo run --release --example latency` prints the median of many rounds, and a checksum of the
//! values' bits, which is the same whatever instructions the compiler may use, say with
//! `RUSTFLAGS=-Ctarget-cpu=x86-64-v3`.

use couplet::nalgebra::SVector;
use couplet::{Couplet, Coupling, Dense, Flow, RealNvp, Relu, StandardNormal, Standardize, Trunk};
use std::hint::black_box;
use std::time::{Duration, Instant};

type Layers = (Dense<f32, 1, 64>, Dense<f32, 64, 64>);
type Layer = RealNvp<Trunk<Layers, Relu>, f32, 64, 1>;
type Model = Flow<f32, 2, [Couplet<Layer, Layer, 1, 1>; 4], StandardNormal>;

/// The rounds and the evaluations of each.
const ROUNDS: usize = 501;
const POINTS: usize = 200;

/// Numbers uniform in -1..1, from a linear congruential generator.
struct Uniform(u32);

impl Uniform {
    fn draw(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Weights that keep the size of what passes.
    fn dense<const IN: usize, const OUT: usize>(&mut self) -> Dense<f32, IN, OUT> {
        let scale = (3.0 / IN as f32).sqrt();
        let weight = std::array::from_fn(|_| std::array::from_fn(|_| scale * self.draw()));
        Dense::new(weight, std::array::from_fn(|_| 0.1 * self.draw()))
    }

    fn coupling(&mut self) -> Layer {
        Coupling::affine(
            Trunk::new((self.dense(), self.dense()), Relu),
            self.dense(),
            self.dense(),
            2.0,
        )
    }
}

fn main() {
    let mut uniform = Uniform(1);
    let couplets = std::array::from_fn(|_| Couplet::new(uniform.coupling(), uniform.coupling()));
    let model: Box<Model> =
        Box::new(Flow::new(Standardize::new([0.0; 2], [1.0; 2]), couplets, StandardNormal));
    let points: Vec<SVector<f32, 2>> =
        (0..POINTS).map(|_| [3.0 * uniform.draw(), 3.0 * uniform.draw()].into()).collect();

    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for x in &points {
                black_box(model.log_prob(black_box(x)));
            }
            start.elapsed().div_f64(POINTS as f64)
        })
        .collect();
    times.sort();
    let [fastest, median] = [times[0], times[ROUNDS / 2]].map(|time| time.as_secs_f64() * 1e6);
    println!(
        "log_prob: {median:.2} microseconds, the median of {ROUNDS} rounds; {fastest:.2} in the fastest"
    );

    // FNV-1a
    let bits = points.iter().flat_map(|x| model.log_prob(x).to_bits().to_le_bytes());
    let checksum = bits.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    println!("checksum: {checksum:016x}");
}

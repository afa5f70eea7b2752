//! The integer conditioner: what it computes is what exact integers of 64 bits say, whatever its
//! input; the layers that it conditions keep the laws of every bijection.

mod common;

use common::rng;
use couplet::nalgebra::SVector;
use couplet::{
    Additive, Affine, Bijection, Clamped, Conditioner, Couplet, Coupling, CouplingLayer, Fixed,
    Flow, IntegerDense, IntegerHead, IntegerHeads, IntegerNetwork, Spline, StandardNormal,
    Standardize,
};
use rand_core::Rng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Weights, biases, scales and shift of a head.
type Head = (Vec<Vec<i8>>, Vec<i32>, Vec<u16>, u8);

/// Numbers of a random network, which the reference reads too.
struct Numbers {
    exponents: Vec<i8>,
    /// Weights \[in\]\[out\], biases and shift of each hidden layer.
    layers: Vec<(Vec<Vec<i8>>, Vec<i32>, u8)>,
    /// The same of each head, with multipliers.
    heads: Vec<Head>,
}

fn below(rng: &mut Xoshiro128PlusPlus, end: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(end)) >> 32) as u32
}

impl Numbers {
    fn random(
        rng: &mut Xoshiro128PlusPlus,
        widths: &[usize],
        outputs: usize,
        heads: usize,
    ) -> Self {
        let weights =
            |rng: &mut Xoshiro128PlusPlus, inputs: usize, outputs: usize| -> Vec<Vec<i8>> {
                // Rows of the largest weights are among them.
                let mut weight = |_| (below(rng, 255) as i32 - 127) as i8;
                (0..inputs).map(|_| (0..outputs).map(&mut weight).collect()).collect()
            };
        let bias = |rng: &mut Xoshiro128PlusPlus, outputs: usize| -> Vec<i32> {
            (0..outputs).map(|_| below(rng, 1 << 24) as i32 - (1 << 23)).collect()
        };
        let layers = widths
            .windows(2)
            .map(|pair| {
                let shift = 5 + below(rng, 4) as u8;
                (weights(rng, pair[0], pair[1]), bias(rng, pair[1]), shift)
            })
            .collect();
        let last = widths[widths.len() - 1];
        let heads = (0..heads)
            .map(|_| {
                let multipliers = (0..outputs).map(|_| 1 + below(rng, 400) as u16).collect();
                (
                    weights(rng, last, outputs),
                    bias(rng, outputs),
                    multipliers,
                    12 + below(rng, 5) as u8,
                )
            })
            .collect();
        let exponents = (0..widths[0]).map(|_| 8 + below(rng, 4) as i8).collect();
        Numbers { exponents, layers, heads }
    }

    /// The parameters by integers of 64 bits, and floats of 64 bits for the inputs.
    fn parameters(&self, inputs: &[f32]) -> Vec<Vec<i64>> {
        let mut x: Vec<i64> = inputs
            .iter()
            .zip(&self.exponents)
            .map(|(&a, &exponent)| {
                let scaled = (f64::from(a) * f64::from(exponent).exp2()).round();
                let scaled = if a.is_nan() { 0.0 } else { scaled.clamp(-16383.0, 16383.0) };
                16384 + scaled as i64
            })
            .collect();
        let sums = |weight: &[Vec<i8>], bias: &[i32], x: &[i64]| -> Vec<i64> {
            let of = |output: usize| {
                let products =
                    weight.iter().zip(x).map(|(column, x)| i64::from(column[output]) * x);
                i64::from(bias[output]) + products.sum::<i64>()
            };
            (0..bias.len()).map(of).collect()
        };
        for (weight, bias, shift) in &self.layers {
            let of = |sum: i64| (sum >> shift).clamp(0, 32767);
            x = sums(weight, bias, &x).into_iter().map(of).collect();
        }
        self.heads
            .iter()
            .map(|(weight, bias, multiplier, shift)| {
                let sums = sums(weight, bias, &x).into_iter().zip(multiplier);
                sums.map(|(sum, &multiplier)| (sum * i64::from(multiplier)) >> shift).collect()
            })
            .collect()
    }
}

fn array<T: Copy, const N: usize>(values: &[T]) -> [T; N] {
    std::array::from_fn(|i| values[i])
}

fn dense<const IN: usize, const OUT: usize>(
    numbers: &Numbers,
    layer: usize,
) -> IntegerDense<IN, OUT> {
    let (weight, bias, shift) = &numbers.layers[layer];
    IntegerDense::new(std::array::from_fn(|i| array(&weight[i])), array(bias), *shift)
}

fn heads<const H: usize, const B: usize, const P: usize>(
    numbers: &Numbers,
) -> IntegerHeads<H, B, P> {
    IntegerHeads::new(std::array::from_fn(|head| {
        let (weight, bias, multiplier, shift) = &numbers.heads[head];
        let weight = std::array::from_fn(|i| array(&weight[i]));
        IntegerHead::new(weight, array(bias), array(multiplier), *shift)
    }))
}

type Two<const I: usize, const G: usize, const H: usize, const B: usize, const P: usize> =
    IntegerNetwork<(IntegerDense<I, G>, IntegerDense<G, H>), I, H, B, P>;

fn two<const I: usize, const G: usize, const H: usize, const B: usize, const P: usize>(
    rng: &mut Xoshiro128PlusPlus,
) -> (Numbers, Two<I, G, H, B, P>) {
    let numbers = Numbers::random(rng, &[I, G, H], B, P);
    let layers = (dense(&numbers, 0), dense(&numbers, 1));
    let network = IntegerNetwork::new(array(&numbers.exponents), layers, heads(&numbers));
    (numbers, network)
}

/// Readings near the data, at every edge, and far beyond it.
fn odd(rng: &mut Xoshiro128PlusPlus) -> f32 {
    match below(rng, 16) {
        0 => 1e30,
        1 => -1e30,
        2 => f32::NAN,
        3 => f32::INFINITY,
        4 => f32::NEG_INFINITY,
        5 => 0.0,
        6 => -0.0,
        7 => 64.0,
        8 => -64.0,
        9 => f32::MIN_POSITIVE / 2.0,
        _ => (below(rng, 1 << 24) as f32 / (1 << 23) as f32 - 1.0) * 8.0,
    }
}

fn is_exact<const I: usize, const G: usize, const H: usize, const B: usize, const P: usize>() {
    let mut rng = rng((I * 31 + G * 7 + H * 3 + B + P) as u64);
    for _ in 0..20 {
        let (numbers, network) = two::<I, G, H, B, P>(&mut rng);
        for _ in 0..if cfg!(miri) { 1 } else { 40 } {
            let inputs: [f32; I] = std::array::from_fn(|_| odd(&mut rng));
            let found = network.condition(&inputs, &());
            let found = found.map(|head| head.map(|it| i64::from(it.bits())).to_vec()).to_vec();
            assert_eq!(found, numbers.parameters(&inputs), "{inputs:?}");
        }
    }
}

#[test]
fn parameters_are_those_of_exact_integers() {
    is_exact::<1, 1, 1, 1, 1>();
    is_exact::<1, 4, 8, 1, 2>();
    is_exact::<2, 3, 5, 2, 2>();
    is_exact::<3, 7, 6, 3, 1>();
    is_exact::<5, 12, 17, 5, 2>();
    is_exact::<8, 32, 33, 8, 2>();
    is_exact::<16, 65, 9, 7, 1>();
}

/// All activations and weights at their bounds: nothing wraps.
#[test]
fn sums_at_every_bound_do_not_wrap() {
    const WIDE: usize = 510; // 510 * 127 * 32767 is just below 2^31
    for (weight, sign) in [(127, 1), (-127, -1)] {
        let layer = IntegerDense::<WIDE, 1>::new([[weight]; WIDE], [0], 16);
        let head = IntegerHead::new([[127]], [0], [32767], 16);
        let network = IntegerNetwork::new([0; WIDE], layer, IntegerHeads::new([head]));
        let [[t]] = network.condition(&[1e30 * sign as f32; WIDE], &());
        let sum = if weight > 0 { (510_i64 * 127 * 32767) >> 16 } else { 0 };
        assert_eq!(i64::from(t.bits()), (sum.min(32767) * 127 * 32767) >> 16);
    }
}

#[test]
#[should_panic(expected = "a sum of this layer may not fit 32 bits")]
fn a_layer_whose_sums_could_overflow_is_refused() {
    let _ = IntegerDense::<600, 1>::new([[127]; 600], [0], 0);
}

#[test]
#[should_panic(expected = "a sum or an output of this head may not fit 32 bits")]
fn a_head_whose_outputs_could_overflow_is_refused() {
    let _ = IntegerHead::<1, 1>::new([[127]], [0], [32767], 5);
}

type Affine2 = Coupling<Two<2, 9, 12, 3, 2>, Affine<Fixed>>;
type Back2 = Coupling<Two<3, 8, 5, 2, 2>, Affine<Fixed>>;

fn affine(rng: &mut Xoshiro128PlusPlus) -> Couplet<Affine2, Back2, 2, 3> {
    let bound = Affine::new(Fixed::from_bits(2 << 16));
    Couplet::new(Coupling::new(two(rng).1, bound), Coupling::new(two(rng).1, bound))
}

fn near<const N: usize>(rng: &mut Xoshiro128PlusPlus) -> [f32; N] {
    std::array::from_fn(|_| (below(rng, 1 << 24) as f32 / (1 << 23) as f32 - 1.0) * 3.0)
}

/// For the same half that conditions, a coupling's inverse undoes it to 1e-6 relative to what it
/// adds and multiplies by, and log_det is exactly negated.
fn round_trip<C: CouplingLayer<f32, 2, 3>>(coupling: &C, tolerance: f32) {
    let mut rng = rng(5);
    for _ in 0..2000 {
        let (a, b) = (near::<2>(&mut rng), near::<3>(&mut rng));
        let mut there = b;
        let log_det = coupling.forward_mut(&a, &mut there, &());
        let mut back = there;
        let minus = coupling.inverse_mut(&a, &mut back, &());
        assert!((minus + log_det).abs() <= if tolerance > 1e-6 { 1e-4 } else { 0.0 });
        let scale = there.iter().chain(&b).fold(1.0_f32, |scale, b| scale.max(b.abs()));
        for (back, b) in back.iter().zip(&b) {
            // A scale of at most e^2 comes back with the rounding of what it was multiplied by.
            assert!((back - b).abs() <= tolerance * scale * 7.4, "{back} instead of {b}");
        }
    }
}

#[test]
fn a_coupling_comes_back_for_the_same_half() {
    let mut rng = rng(4);
    round_trip::<Affine2>(&affine(&mut rng).first, 1e-6);
    let network = two::<2, 6, 7, 3, 1>(&mut rng).1;
    round_trip(&Coupling::new(network, Additive), 1e-6);
    round_trip(&Coupling::new(Clamped::new(network, 1.5), Additive), 1e-6);
    let network = two::<2, 6, 7, 15, 1>(&mut rng).1;
    round_trip(&Coupling::new(network, Spline::<f32, 2>::new(4.0, 7.0 / 9.0)), 1e-4);
}

/// log_det is the sum of the slopes' logarithms, by differences of the map of b at a fixed a.
#[test]
fn log_det_is_that_of_the_map() {
    let mut rng = rng(9);
    let coupling = affine(&mut rng).first;
    for _ in 0..500 {
        let (a, b) = (near::<2>(&mut rng), near::<3>(&mut rng));
        let map = |step: f32| {
            let mut b = b.map(|b| b + step);
            let log_det = coupling.forward_mut(&a, &mut b, &());
            (b, log_det)
        };
        let (high, low) = (map(4.0), map(-4.0));
        let slopes = high.0.iter().zip(&low.0).map(|(high, low)| f64::from(high - low) / 8.0);
        let log_det: f64 = slopes.map(f64::ln).sum();
        // t may be hundreds, beside which a difference loses digits
        assert!((log_det - f64::from(high.1)).abs() < 3e-3, "{log_det} and {}", high.1);
    }
}

#[test]
fn log_prob_is_finite_or_negative_infinity() {
    let mut rng = rng(6);
    let layers = [affine(&mut rng), affine(&mut rng)];
    let flow = Flow::new(Standardize::new([0.0; 5], [1.0; 5]), layers, StandardNormal);
    for _ in 0..3000 {
        let x: [f32; 5] = std::array::from_fn(|_| odd(&mut rng));
        let log_prob = flow.log_prob(&x.into());
        assert!(log_prob.is_finite() || log_prob == f32::NEG_INFINITY, "{log_prob} of {x:?}");
        if x.iter().any(|x| !x.is_finite()) {
            assert_eq!(log_prob, f32::NEG_INFINITY, "{x:?}");
        }
    }
}

/// A context is an input like others.
#[test]
fn a_context_is_an_input() {
    let mut rng = rng(7);
    let (_, network) = two::<5, 6, 8, 1, 1>(&mut rng);
    for _ in 0..100 {
        let inputs: [f32; 5] = near(&mut rng);
        let plain: [[Fixed; 1]; 1] = network.condition(&inputs, &());
        let (a, c) = ([inputs[0], inputs[1], inputs[2]], SVector::from([inputs[3], inputs[4]]));
        let given: [[Fixed; 1]; 1] = network.condition(&a, &c);
        assert_eq!(plain, given);
    }
}

/// The way through a whole flow and back: a rounding may take an input over a step.
#[test]
fn most_points_come_back_through_a_flow() {
    let mut rng = rng(8);
    let layer: Couplet<_, _, 2, 3> = affine(&mut rng);
    let mut errors: Vec<f32> = (0..2000)
        .map(|_| {
            let x = SVector::from(near::<5>(&mut rng));
            let (z, _) = layer.forward(&x, &());
            let scale = z.abs().max().max(1.0);
            (layer.inverse(&z, &()).0 - x).abs().max() / scale
        })
        .collect();
    errors.sort_by(f32::total_cmp);
    assert!(errors[errors.len() * 99 / 100] < 1e-5, "{}", errors[errors.len() * 99 / 100]);
}

#[test]
fn an_integer_network_travels() {
    let mut rng = rng(3);
    let layer = affine(&mut rng);
    let mut buffer = [0; 4096];
    let bytes = postcard::to_slice(&layer, &mut buffer).unwrap();
    let back: Couplet<Affine2, Back2, 2, 3> = postcard::from_bytes(bytes).unwrap();
    assert_eq!(layer, back);
    // A multiplier that makes outputs overflow, a bound of 0, another tag.
    assert!(postcard::from_bytes::<Couplet<Affine2, Back2, 2, 3>>(&bytes[1..]).is_err());
    let mut buffer = [0; 16];
    let bound = postcard::to_slice(&Affine::new(Fixed::from_bits(0)), &mut buffer).unwrap();
    assert!(postcard::from_bytes::<Affine<Fixed>>(bound).is_err());
    let bound = postcard::to_slice(&Affine::new(2.0_f32), &mut buffer).unwrap();
    assert!(postcard::from_bytes::<Affine<Fixed>>(bound).is_err());
}

//! Compares dense layers, triangles and marginals of many shapes, clamped inputs and Student's t
//! with their sums written out, bit by bit; tests/on_target.rs runs it.

#![no_std]
#![no_main]

use core::{array::from_fn, hint::black_box};
use couplet::{
    Base, Bijection, Clamped, Coupling, CouplingLayer, Dense, Marginal, Real, RealNvp, Relu,
    StudentT, Triangle, Trunk, bounded,
};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;
use rt::entry;
use semihosting::{println, process};

/// Between -1 and 1.
fn draw(rng: &mut Xoshiro128PlusPlus) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0
}

fn random<const IN: usize, const OUT: usize>(rng: &mut Xoshiro128PlusPlus) -> Dense<f32, IN, OUT> {
    Dense::new(from_fn(|_| from_fn(|_| draw(rng))), from_fn(|_| draw(rng)))
}

fn layer<const IN: usize, const OUT: usize>(rng: &mut Xoshiro128PlusPlus) -> usize {
    let dense: Dense<f32, IN, OUT> = random(rng);
    let x: [f32; IN] = from_fn(|_| draw(rng));
    let y = black_box(&dense).apply(black_box(&x));
    let weight = dense.weight();
    for (row, y) in y.iter().enumerate() {
        let mut sum = dense.bias[row];
        for (w, x) in weight.row(row).iter().zip(x) {
            sum += black_box(w * x);
        }
        assert_eq!(y.to_bits(), sum.to_bits(), "{IN} to {OUT}, row {row}");
    }
    OUT
}

/// Two heads, which a coupling may evaluate together.
fn heads<const H: usize, const B: usize>(rng: &mut Xoshiro128PlusPlus) -> usize {
    let coupling: RealNvp<Trunk<Dense<f32, 1, H>, Relu>, f32, H, B> =
        Coupling::affine(Trunk::new(random(rng), Relu), random(rng), random(rng), 2.0);
    let (a, b) = ([draw(rng)], from_fn(|_| draw(rng)));
    let mut mapped: [f32; B] = b;
    let log_det = black_box(&coupling).forward_mut(black_box(&a), &mut mapped, &());
    let h = coupling.conditioner.trunk.apply(&a);
    let [r, t] = coupling.conditioner.heads.layers().map(|head| head.apply(&h));
    let mut sum = 0.0;
    for row in 0..B {
        let s = bounded(r[row], 2.0);
        let expected = black_box(b[row] * s.exp()) + t[row];
        assert_eq!(mapped[row].to_bits(), expected.to_bits(), "heads {H} to {B}, row {row}");
        sum += s;
    }
    assert_eq!(log_det.to_bits(), sum.to_bits(), "heads {H} to {B}, log_det");
    2 * B
}

/// A triangle, in both directions.
fn triangle<const D: usize, const E: usize>(rng: &mut Xoshiro128PlusPlus) -> usize {
    let (diagonal, weight) = (from_fn(|_| draw(rng) + 1.5), from_fn(|_| draw(rng)));
    let triangle: Triangle<f32, D, E> = Triangle::new(diagonal, weight, 0.5);
    let x: [f32; D] = from_fn(|_| draw(rng));
    let product = |i: usize, j: usize, x: f32| black_box(weight[i * (i - 1) / 2 + j] * x);
    let (z, _) = black_box(&triangle).forward(&x.into(), &());
    for i in 0..D {
        let first = black_box(diagonal[i] * x[i]);
        let sum = (0..i).fold(first, |sum, j| sum + product(i, j, x[j]));
        assert_eq!(z[i].to_bits(), sum.to_bits(), "triangle of {D}, row {i}");
    }
    let (data, _) = black_box(&triangle).inverse(&x.into(), &());
    for i in 0..D {
        let rest = (0..i).fold(x[i], |rest, j| rest - product(i, j, data[j])) / diagonal[i];
        assert_eq!(data[i].to_bits(), rest.to_bits(), "inverse of a triangle of {D}, row {i}");
    }
    2 * D
}

/// Splines of B bins, E = 3 (B + 1), in both directions. Slopes as large as these take the product
/// of many features out of what it may be, so that there is more than one ln.
fn marginal<const D: usize, const E: usize>(rng: &mut Xoshiro128PlusPlus) -> usize {
    let mut knots: [[f32; E]; D] = [[0.0; E]; D];
    for knots in &mut knots {
        let (knots, _) = knots.as_chunks_mut::<3>();
        let (mut x, mut y) = (-2.0, -2.0);
        for knot in &mut *knots {
            *knot = [x, y, 5000.0 * (draw(rng) + 1.001)];
            (x, y) = (x + draw(rng) + 1.1, y + draw(rng) + 1.1);
        }
    }
    let marginal: Marginal<f32, D, E> = Marginal::new(knots);
    let x: [f32; D] = from_fn(|_| 4.0 * draw(rng));
    let (z, log_det) = black_box(&marginal).forward(&x.into(), &());
    let (mut product, mut sum) = (1.0_f32, 0.0);
    let mut take = |slope| {
        product *= slope;
        if !(5.421_011e-20..=1.844_674_4e19).contains(&product) {
            sum += Real::ln(product);
            product = 1.0;
        }
    };
    for i in 0..D {
        let (knots, _) = knots[i].as_chunks();
        let bin = knots.windows(2).find(|bin| bin[0][0] <= x[i] && x[i] < bin[1][0]);
        let (expected, slope) = bin.map_or((x[i], 1.0), |bin| in_bin(bin[0], bin[1], x[i]));
        assert_eq!(z[i].to_bits(), expected.to_bits(), "marginal of {D}, feature {i}");
        take(slope);
    }
    let expected: f32 = sum + Real::ln(product);
    assert_eq!(log_det.to_bits(), expected.to_bits(), "marginal of {D}, log_det");
    let (data, _) = black_box(&marginal).inverse(&x.into(), &());
    for i in 0..D {
        let (knots, _) = knots[i].as_chunks();
        let bin = knots.windows(2).find(|bin| bin[0][1] <= x[i] && x[i] < bin[1][1]);
        let expected = bin.map_or(x[i], |bin| back_in_bin(bin[0], bin[1], x[i]));
        assert_eq!(data[i].to_bits(), expected.to_bits(), "inverse of a marginal of {D}, {i}");
    }
    2 * D + 1
}

/// z and the slope in a bin.
fn in_bin([x0, y0, d0]: [f32; 3], [x1, y1, d1]: [f32; 3], x: f32) -> (f32, f32) {
    let times = |a: f32, b: f32| black_box(a * b);
    let (w, h, t, v) = (x1 - x0, y1 - y0, x - x0, x1 - x);
    let (l, r) = (times(d0, w), times(d1, w));
    let n = times(t, times(h, t) + times(l, v));
    let c = h / (n + times(v, times(h, v) + times(r, t)));
    let k = times(t, times(r, t) + times(h, v)) + times(v, times(h, t) + times(l, v));
    (y0 + times(n, c), times(times(times(c, c), w), k))
}

/// x in a bin.
fn back_in_bin([x0, y0, d0]: [f32; 3], [x1, y1, d1]: [f32; 3], y: f32) -> f32 {
    let times = |a: f32, b: f32| black_box(a * b);
    let (w, h, g, u) = (x1 - x0, y1 - y0, y - y0, y1 - y);
    let a = times(times(d0, w), u) - times(times(d1, w), g);
    let (qg, qu) = (times(h + h, g), times(h + h, u));
    let s = a.abs() + Real::sqrt(times(a, a) + times(qg, qu));
    if a >= 0.0 { x0 + times(w, qg) / (s + qg) } else { x1 - times(w, qu) / (s + qu) }
}

/// A coupling that sees its inputs clamped, and the same coupling on inputs that are.
fn clamped<const A: usize>(rng: &mut Xoshiro128PlusPlus) -> usize {
    let coupling: RealNvp<Trunk<Dense<f32, A, 6>, Relu>, f32, 6, 3> =
        Coupling::affine(Trunk::new(random(rng), Relu), random(rng), random(rng), 2.0);
    let seen = Coupling::new(Clamped::new(coupling.conditioner, 0.5), coupling.transform);
    for far in [0.4, 1.0, 8.0] {
        let a: [f32; A] = from_fn(|_| far * draw(rng));
        let b: [f32; 3] = from_fn(|_| draw(rng));
        let (mut mapped, mut expected) = (b, b);
        let log_det = black_box(&seen).forward_mut(black_box(&a), &mut mapped, &());
        let expected_log_det =
            coupling.forward_mut(&a.map(|a| a.clamp(-0.5, 0.5)), &mut expected, &());
        assert_eq!(mapped.map(f32::to_bits), expected.map(f32::to_bits), "{A} inputs to {far}");
        assert_eq!(log_det.to_bits(), expected_log_det.to_bits(), "{A} inputs to {far}");
    }
    9
}

/// The features of Student's t, with small and large z.
fn student<const D: usize>(rng: &mut Xoshiro128PlusPlus) -> usize {
    let freedom: [f32; D] = from_fn(|i| 1.0 + (4.0 * draw(rng)).exp() * (i + 1) as f32);
    let z: [f32; D] = from_fn(|i| draw(rng) * (i as f32 - 4.0).exp());
    let mut sum = 0.0;
    for (&z, &nu) in z.iter().zip(&freedom) {
        let q = black_box(z * z) / nu;
        let u = 1.0 + q;
        let ln = Real::ln(u) + (q - (u - 1.0)) / u;
        sum += black_box((nu + 1.0) * 0.5 * ln);
    }
    let log_prob = black_box(&StudentT::new(freedom, -3.0)).log_prob(black_box(&z));
    assert_eq!(log_prob.to_bits(), (-3.0 - sum).to_bits(), "Student's t of {D}");
    1
}

#[entry]
fn main() -> ! {
    let rng = &mut Xoshiro128PlusPlus::from_seed([7; 16]);
    let mut rows = 0;
    macro_rules! every {
        ($($inputs:literal)*) => { $(
            rows += layer::<$inputs, 1>(rng) + layer::<$inputs, 2>(rng) + layer::<$inputs, 3>(rng) + layer::<$inputs, 4>(rng);
            rows += layer::<$inputs, 7>(rng) + layer::<$inputs, 8>(rng) + layer::<$inputs, 15>(rng) + layer::<$inputs, 29>(rng);
            rows += layer::<$inputs, 32>(rng) + layer::<$inputs, 48>(rng);
            rows += heads::<$inputs, 1>(rng) + heads::<$inputs, 2>(rng) + heads::<$inputs, 3>(rng) + heads::<$inputs, 5>(rng);
        )* };
    }
    every!(1 2 3 4 5 6 7 8 11 16 33);
    rows += triangle::<1, 0>(rng) + triangle::<2, 1>(rng) + triangle::<3, 3>(rng);
    rows += triangle::<4, 6>(rng) + triangle::<5, 10>(rng) + triangle::<6, 15>(rng);
    rows += triangle::<8, 28>(rng) + triangle::<9, 36>(rng) + triangle::<11, 55>(rng);
    rows += triangle::<13, 78>(rng) + triangle::<30, 435>(rng);
    for _ in 0..50 {
        rows += marginal::<1, 6>(rng) + marginal::<2, 27>(rng) + marginal::<9, 15>(rng);
    }
    rows += clamped::<1>(rng) + clamped::<2>(rng) + clamped::<8>(rng) + clamped::<15>(rng);
    for _ in 0..50 {
        rows += student::<1>(rng) + student::<4>(rng) + student::<11>(rng);
    }
    println!("{rows} rows");
    process::exit(0)
}

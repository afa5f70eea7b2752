//! Compares dense layers of many shapes with their sums written out, bit by bit; tests/on_target.rs
//! runs it.

#![no_std]
#![no_main]

use core::{array::from_fn, hint::black_box};
use couplet::{Coupling, CouplingLayer, Dense, Real, RealNvp, Relu, Trunk, bounded};
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
    println!("{rows} rows");
    process::exit(0)
}

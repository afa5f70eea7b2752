use super::{Arithmetic, plain, vectors};
use couplet::Real;

/// A number that dense layers compute with: f64 by plain loops, f32 in vector registers too.
///
/// The other methods are the vectors' part of this file's functions. They return false, and do
/// nothing, where the type or the processor has no vectors.
pub trait Products: Real {
    /// self * b + c, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// See [`forward`].
    fn forward<const N: usize>(
        _: Arithmetic,
        _: [&[Self]; 2],
        _: &[[Self; N]],
        _: &mut [[Self; N]],
        _: bool,
    ) -> bool {
        false
    }

    /// See [`transpose`].
    fn transpose<const N: usize>(_: &[[Self; N]], _: &mut [Self]) {}

    /// See [`backward_weight`].
    fn backward_weight<const N: usize>(
        _: &[[Self; N]],
        _: &[[Self; N]],
        _: [&mut [Self]; 2],
        _: &[Self],
    ) -> bool {
        false
    }

    /// See [`backward_input`].
    fn backward_input<const P: usize, const N: usize>(
        _: [(&[Self], &[[Self; N]]); P],
        _: &mut [[Self; N]],
        _: bool,
        _: Option<&[[Self; N]]>,
    ) -> bool {
        false
    }
}

/// y = W x + b, or max(W x + b, 0) with `relu`, W \[outputs, inputs\] row by row.
///
/// Each sum starts at the bias and runs in input order.
pub fn forward<T: Products, const N: usize>(
    arithmetic: Arithmetic,
    [weight, bias]: [&[T]; 2],
    x: &[[T; N]],
    y: &mut [[T; N]],
    relu: bool,
) {
    if T::forward(arithmetic, [weight, bias], x, y, relu) {
        return;
    }
    match arithmetic {
        Arithmetic::Device => plain::forward(weight, bias, x, y, |sum, w, x| sum + w * x),
        Arithmetic::Fused => plain::forward(weight, bias, x, y, |sum, w, x| w.mul_add(x, sum)),
    }
    if relu {
        plain::rectify(y);
    }
}

/// Writes the transpose of x, each point's inputs side by side: what [`backward_weight`] reads.
///
/// It writes nothing where `backward_weight` needs no transpose.
pub fn transpose<T: Products, const N: usize>(
    arithmetic: Arithmetic,
    outputs: usize,
    x: &[[T; N]],
    transposed: &mut [T],
) {
    if arithmetic == Arithmetic::Fused && !plain::is_narrow(x.len(), outputs) {
        T::transpose(x, transposed);
    }
}

/// db += sum(dy) and dW += sum(dy x^T); the sums run over the points of a block.
pub fn backward_weight<T: Products, const N: usize>(
    arithmetic: Arithmetic,
    x: &[[T; N]],
    dy: &[[T; N]],
    [dw, db]: [&mut [T]; 2],
    transposed: &[T],
) {
    match arithmetic {
        Arithmetic::Device => plain::backward_weight(x, dy, [dw, db], |sum, a, b| sum + a * b),
        Arithmetic::Fused if T::backward_weight(x, dy, [&mut *dw, &mut *db], transposed) => {}
        Arithmetic::Fused => {
            plain::backward_weight(x, dy, [dw, db], |sum, a, b| a.mul_add(b, sum));
        }
    }
}

/// dx = sum(W^T dy) over some layers (W, dy) that share x; with `add` the old dx is added.
///
/// dx is 0 where `gate` is not positive. With x = relu(u) as the gate, dx is the derivative by u.
pub fn backward_input<T: Products, const P: usize, const N: usize>(
    arithmetic: Arithmetic,
    layers: [(&[T], &[[T; N]]); P],
    dx: &mut [[T; N]],
    add: bool,
    gate: Option<&[[T; N]]>,
) {
    if arithmetic == Arithmetic::Fused && T::backward_input(layers, dx, add, gate) {
        return;
    }
    if !add {
        dx.fill([T::ZERO; N]);
    }
    for (weight, dy) in layers {
        match arithmetic {
            Arithmetic::Device => plain::backward_input(weight, dy, dx, |sum, a, b| sum + a * b),
            Arithmetic::Fused => {
                plain::backward_input(weight, dy, dx, |sum, a, b| a.mul_add(b, sum));
            }
        }
    }
    if let Some(gate) = gate {
        plain::close(gate, dx);
    }
}

impl Products for f64 {
    fn mul_add(self, b: f64, c: f64) -> f64 {
        self.mul_add(b, c)
    }
}

impl Products for f32 {
    fn mul_add(self, b: f32, c: f32) -> f32 {
        self.mul_add(b, c)
    }

    fn forward<const N: usize>(
        arithmetic: Arithmetic,
        layer: [&[f32]; 2],
        x: &[[f32; N]],
        y: &mut [[f32; N]],
        relu: bool,
    ) -> bool {
        vectors::forward(arithmetic, layer, x, y, relu)
    }

    fn transpose<const N: usize>(x: &[[f32; N]], transposed: &mut [f32]) {
        vectors::transpose(x, transposed);
    }

    fn backward_weight<const N: usize>(
        x: &[[f32; N]],
        dy: &[[f32; N]],
        derivatives: [&mut [f32]; 2],
        transposed: &[f32],
    ) -> bool {
        vectors::backward_weight(x, dy, derivatives, transposed)
    }

    fn backward_input<const P: usize, const N: usize>(
        layers: [(&[f32], &[[f32; N]]); P],
        dx: &mut [[f32; N]],
        add: bool,
        gate: Option<&[[f32; N]]>,
    ) -> bool {
        vectors::backward_input(layers, dx, add, gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernel::PANEL;

    const SHAPES: [(usize, usize); 10] = [
        (1, 1),
        (1, 64),
        (64, 1),
        (3, 5),
        (5, 6),
        (64, 64),
        (33, 17),
        (21, 100),
        (100, 22),
        (100, 100),
    ];

    /// Over all shapes of tiles and tails: vectors change no bit, so that a model does not depend
    /// on the processor.
    #[test]
    fn vectors_give_the_bits_of_the_plain_loops() {
        for (inputs, outputs) in SHAPES {
            for arithmetic in [Arithmetic::Device, Arithmetic::Fused] {
                compare::<8>(inputs, outputs, arithmetic);
                compare::<56>(inputs, outputs, arithmetic);
                compare::<48>(inputs, outputs, arithmetic);
                compare::<64>(inputs, outputs, arithmetic);
            }
        }
    }

    fn compare<const N: usize>(inputs: usize, outputs: usize, arithmetic: Arithmetic) {
        let case = format!("{inputs} x {outputs}, {N} points, {arithmetic:?}");
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let p: Vec<f32> = (0..(inputs + 1) * outputs).map(|_| random()).collect();
        let (weight, bias) = p.split_at(inputs * outputs);
        let mut block = |rows| -> Vec<[f32; N]> {
            (0..rows).map(|_| std::array::from_fn(|_| random())).collect()
        };
        let (x, dy, dx) = (block(inputs), block(outputs), block(inputs));
        let fused = |sum: f32, a: f32, b: f32| a.mul_add(b, sum);

        let (mut y, mut y_plain) = (dy.clone(), dy.clone());
        if !vectors::forward(arithmetic, [weight, bias], &x, &mut y, false) {
            println!("SKIPPED: this processor has no vectors with fused multiply-add");
            return;
        }
        let mut y_relu = y.clone();
        assert!(vectors::forward(arithmetic, [weight, bias], &x, &mut y_relu, true));
        plain::forward(weight, bias, &x, &mut y_plain, |sum, w, x| {
            if arithmetic.is_fused() { fused(sum, w, x) } else { sum + w * x }
        });
        assert_eq!(y, y_plain, "forward, {case}");
        plain::rectify(&mut y_plain);
        assert_eq!(y_relu, y_plain, "relu, {case}");

        let mut transposed = vec![f32::NAN; inputs.next_multiple_of(PANEL) * N];
        vectors::transpose(&x, &mut transposed);
        let (mut dp, mut dp_plain) = (p.clone(), p.clone());
        let (dw, db) = dp.split_at_mut(inputs * outputs);
        assert!(vectors::backward_weight(&x, &dy, [dw, db], &transposed));
        let (dw, db) = dp_plain.split_at_mut(inputs * outputs);
        plain::backward_weight(&x, &dy, [dw, db], fused);
        assert_eq!(dp, dp_plain, "by the weight, {case}");

        let (mut dx_vectors, mut dx_plain) = (dx.clone(), dx.clone());
        assert!(vectors::backward_input([(weight, &dy[..])], &mut dx_vectors, true, None));
        plain::backward_input(weight, &dy, &mut dx_plain, fused);
        assert_eq!(dx_vectors, dx_plain, "by the input, {case}");

        let (mut gated, mut gated_plain) = (x.clone(), vec![[0.0; N]; inputs]);
        let two = [(weight, &dy[..]), (weight, &y[..])];
        assert!(vectors::backward_input(two, &mut gated, false, Some(&dx)));
        for (weight, dy) in two {
            plain::backward_input(weight, dy, &mut gated_plain, fused);
        }
        plain::close(&dx, &mut gated_plain);
        assert_eq!(gated, gated_plain, "by the input of two layers, gated, {case}");
    }
}

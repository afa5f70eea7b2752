use crate::model::Number;
use anyhow::{Result, ensure};

/// The largest activation, as on the device.
pub const MOST_ACTIVATION: i64 = (1 << 15) - 1;

/// The input that stands for 0.
pub const ZERO_INPUT: i64 = 1 << 14;

/// The most that a head's shift may be.
pub const MOST_HEAD_SHIFT: u8 = 16;

/// A conditioner in integers, as the device has it: see [`couplet::IntegerNetwork`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegerNetwork {
    /// Each input is rounded to a multiple of 2^-exponent.
    pub exponents: Vec<i8>,
    /// The trunk.
    pub layers: Vec<IntegerDense>,
    /// The heads, in the transform's order.
    pub heads: Vec<IntegerHead>,
}

/// W x + b in integers, and a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegerDense {
    /// W \[outputs, inputs\], row by row, from -127 to 127.
    pub weight: Vec<i8>,
    /// b \[outputs\].
    pub bias: Vec<i32>,
    /// The sums are divided by 2^shift.
    pub shift: u8,
}

/// A head: (W h + b) multiplier / 2^shift, in units of 2^-16.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegerHead {
    /// The sums, and the shift.
    pub dense: IntegerDense,
    /// One for each output, below 2^15.
    pub multiplier: Vec<u16>,
}

impl IntegerNetwork {
    /// The parameters of N points, of all inputs, in units of 2^-16: the device's bits when T is f32.
    pub fn forward<T: Number, const N: usize>(&self, a: &[[T; N]], fixed: &mut [Vec<[i32; N]>]) {
        let quantized =
            |(a, &exponent): (&[T; N], &i8)| a.map(|a| i32::from(a.quantized(exponent)));
        let mut x: Vec<[i32; N]> = a.iter().zip(&self.exponents).map(quantized).collect();
        for layer in &self.layers {
            let activation = |sum: i32| (sum >> layer.shift).clamp(0, MOST_ACTIVATION as i32);
            let sums = layer.sums(&x);
            x = sums.into_iter().map(|sums| sums.map(activation)).collect();
        }
        for (IntegerHead { dense, multiplier }, fixed) in self.heads.iter().zip(fixed) {
            let outputs = dense.sums(&x).into_iter().zip(multiplier);
            let scaled = outputs.map(|(sums, &multiplier)| {
                sums.map(|sum| couplet::scaled(sum, multiplier, dense.shift))
            });
            fixed.iter_mut().zip(scaled).for_each(|(fixed, scaled)| *fixed = scaled);
        }
    }
}

impl IntegerDense {
    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.weight.len() / self.outputs()
    }

    /// W x + b of N points. No sum overflows: [`IntegerDense::check`].
    fn sums<const N: usize>(&self, x: &[[i32; N]]) -> Vec<[i32; N]> {
        let rows = self.weight.chunks_exact(self.inputs()).zip(&self.bias);
        let sum = |(row, &bias): (&[i8], &i32)| {
            let mut sums = [bias; N];
            for (&weight, x) in row.iter().zip(x) {
                sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += i32::from(weight) * x);
            }
            sums
        };
        rows.map(sum).collect()
    }

    /// What the size of an output's sum cannot exceed.
    fn largest(&self, output: usize) -> u64 {
        let row = &self.weight[output * self.inputs()..][..self.inputs()];
        let sizes: u64 = row.iter().map(|weight| u64::from(weight.unsigned_abs())).sum();
        sizes * MOST_ACTIVATION as u64 + u64::from(self.bias[output].unsigned_abs())
    }

    /// Whether all sums fit 32 bits.
    pub fn fits(&self) -> bool {
        (0..self.outputs()).all(|output| self.largest(output) <= i32::MAX as u64)
    }

    /// Refuses what the device would.
    ///
    /// # Errors
    ///
    /// What is wrong with the tensors of that name.
    pub fn check(&self, name: &str) -> Result<()> {
        ensure!(
            self.shift < 32,
            "tensor {name}.shift: a shift of {}; at most 31 is possible",
            self.shift
        );
        ensure!(self.fits(), "tensor {name}.weight: its sums do not fit 32 bits");
        Ok(())
    }
}

impl IntegerHead {
    /// Refuses what the device would.
    ///
    /// # Errors
    ///
    /// What is wrong with the tensors of that name.
    pub fn check(&self, name: &str) -> Result<()> {
        self.dense.check(name)?;
        let shift = self.dense.shift;
        ensure!(
            shift <= MOST_HEAD_SHIFT,
            "tensor {name}.shift: a shift of {shift}; at most {MOST_HEAD_SHIFT} is possible"
        );
        for (output, &multiplier) in self.multiplier.iter().enumerate() {
            let most = (self.dense.largest(output) * u64::from(multiplier)) >> shift;
            ensure!(
                multiplier < 1 << 15 && most < i32::MAX as u64,
                "tensor {name}.multiplier: output {output} may leave what 32 bits hold"
            );
        }
        Ok(())
    }
}

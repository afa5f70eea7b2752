//! The numbers of a model as arrays and macros of C.

use super::{arrays::Arrays, number::number};
use crate::{
    convert::{answers::sharp_answers, constants::Derived},
    model::{
        Activation, Context, Coupling, Dense, Description, Distribution, Layer, Model, Spline,
        Transform,
    },
};
use anyhow::Result;
use couplet::{Real, pack_dense};
use std::fmt::Write;

/// The numbers of one model.
pub struct Data<'a> {
    arrays: Arrays<'a>,
    model: &'a Model,
    derived: &'a [Derived],
}

impl<'a> Data<'a> {
    /// The numbers of a model that is called `name`.
    pub fn new(model: &'a Model, name: &'a str, derived: &'a [Derived]) -> Self {
        Data { arrays: Arrays { text: String::new(), name }, model, derived }
    }

    /// All constants.
    pub fn constants(mut self) -> Result<String> {
        let Model { flow, parameters: p, .. } = self.model;
        self.arrays.vector("MEAN", "The mean of each feature.", &flow.standardize.mean)?;
        self.arrays.vector(
            "STD",
            "The standard deviation of each feature.",
            &flow.standardize.std,
        )?;
        let Context { mean, std, least, most } = &flow.context;
        if !flow.context.is_empty() {
            self.arrays.vector("CONTEXT_MEAN", "The mean of each number of a context.", mean)?;
            self.arrays.vector("CONTEXT_STD", "The standard deviation of each.", std)?;
            self.arrays.vector("CONTEXT_LEAST", "The least that training saw of each.", least)?;
            self.arrays.vector("CONTEXT_MOST", "The most that training saw of each.", most)?;
        }
        let sum = flow.standardize.sum_ln_std();
        self.arrays.macro_of("SUM_LN_STD", "The sum of their logarithms.", number(sum))?;
        for layer in &flow.layers {
            match layer {
                Layer::Marginal(marginal) => {
                    self.derived(
                        "marginal.knots",
                        "KNOTS",
                        "x, y and slope of each knot of each feature.",
                    )?;
                    self.arrays.macro_of(
                        "KNOTS_EACH",
                        "The knots of a feature.",
                        marginal.spline.knots(),
                    )?;
                }
                Layer::Triangle(triangle) => {
                    self.derived("triangle.diagonal", "DIAGONAL", "The diagonal of the triangle.")?;
                    self.derived("triangle.weight", "BELOW", "What is below it, row by row.")?;
                    let log_det = number(triangle.log_det(p));
                    self.arrays.macro_of("TRIANGLE_LOG_DET", "Its log_det.", log_det)?;
                }
                Layer::Scale(scale) => {
                    let log_scale = &p[scale.log_scale.clone()];
                    let factors = |sign: f32| -> Vec<f32> {
                        log_scale.iter().map(|s| Real::exp(sign * s)).collect()
                    };
                    self.arrays.vector(
                        "FACTORS",
                        "What ends the flow: a factor of each feature.",
                        &factors(1.0),
                    )?;
                    self.arrays.vector(
                        "INVERSE_FACTORS",
                        "The factors of the inverse.",
                        &factors(-1.0),
                    )?;
                    let sum = log_scale.iter().fold(0.0, |sum, s| sum + s);
                    self.arrays.macro_of("SCALE_LOG_DET", "Their log_det.", number(sum))?;
                }
                Layer::Permutation(_) | Layer::Coupling(_) => {}
            }
        }
        if flow.description.couplets > 0 {
            self.couplets()?;
        }
        self.base()?;
        self.answers()?;
        Ok(self.arrays.text)
    }

    fn couplets(&mut self) -> Result<()> {
        let Model { flow, .. } = self.model;
        let Description {
            split: [a, b], couplets, transform, input_bound, activation, hidden, ..
        } = &flow.description;
        self.arrays.macro_of(
            "COUPLETS",
            "Couplets: two couplings, the second with the halves' roles swapped.",
            couplets,
        )?;
        self.arrays.macro_of("A", "The features of the first half.", a)?;
        self.arrays.macro_of("B", "The features of the second half.", b)?;
        if flow.description.permute {
            let rows = flow.permutations().map(|permutation| {
                let row: Vec<String> = permutation.index.iter().map(u16::to_string).collect();
                (String::new(), row)
            });
            let rows: Vec<_> = rows.collect();
            let d = flow.description.dimension();
            self.arrays.table(
                "uint16_t",
                "PERMUTATIONS",
                &[couplets, &d],
                "Where each feature comes from, before each couplet.",
                &rows,
            )?;
        }
        if let Some(bound) = input_bound {
            self.arrays.macro_of(
                "INPUT_BOUND",
                "The bound of what conditioners see.",
                number(*bound),
            )?;
        }
        match transform {
            Transform::Additive(_) => {}
            Transform::Affine(affine) => {
                self.arrays.macro_of(
                    "LOG_SCALE_BOUND",
                    "The bound of log-scales.",
                    number(affine.bound),
                )?;
            }
            Transform::Spline(spline @ Spline { bins, bound, .. }) => {
                self.arrays.macro_of("BINS", "The bins of a spline.", bins)?;
                self.arrays.comment("Bins, bound and c of each spline.")?;
                let (bound, c) = (number(*bound), number(spline.c() as f32));
                let name = self.arrays.name;
                writeln!(
                    self.arrays.text,
                    "static const couplet_bend {name}_SPLINE = {{{name}_BINS, {bound}, {c}}};"
                )?;
            }
        }
        self.arrays.macro_of("LAYERS", "The dense layers of a coupling.", hidden.len() + 1)?;
        let activate = match activation {
            Activation::Relu => "NULL",
            Activation::Tanh => "couplet_activate_tanh",
            Activation::Silu => "couplet_activate_silu",
        };
        self.arrays.macro_of(
            "ACTIVATION",
            "What follows each but the last; NULL is max(y, 0).",
            activate,
        )?;
        let widest = flow.couplings().flat_map(widths).max().unwrap_or(1);
        self.arrays.macro_of("WIDTH", "The largest width.", widest)?;
        for (swapped, side) in ["FIRST", "SECOND"].into_iter().enumerate() {
            let couplings: Vec<&Coupling> = flow.couplings().skip(swapped).step_by(2).collect();
            let widths: Vec<String> = widths(couplings[0]).iter().map(usize::to_string).collect();
            let [from, to] = if swapped == 1 { ["b", "a"] } else { ["a", "b"] };
            let doc = format!("The widths of those that map {to}, given {from}.");
            self.arrays.array(
                "uint16_t",
                &format!("{side}_WIDTHS"),
                &[&widths.len()],
                &doc,
                &widths,
            )?;
            let rows: Vec<(String, Vec<f32>)> = couplings
                .iter()
                .map(|coupling| (coupling.name.clone(), weights(coupling, &self.model.parameters)))
                .collect();
            let length = rows[0].1.len();
            let rows: Vec<(String, Vec<String>)> = rows
                .into_iter()
                .map(|(name, row)| (name, row.into_iter().map(number).collect()))
                .collect();
            let doc = "Weights in the order of use, and biases, of each layer.";
            self.arrays.table("float", side, &[couplets, &length], doc, &rows)?;
        }
        Ok(())
    }

    fn base(&mut self) -> Result<()> {
        let Model { flow, parameters: p, .. } = self.model;
        match &flow.base {
            Distribution::Normal | Distribution::Logistic => {}
            Distribution::Student(student) => {
                self.derived("base.freedom", "FREEDOM", "The degrees of freedom of each latent.")?;
                let normalizer = number(student.normalizer(p));
                self.arrays.macro_of(
                    "NORMALIZER",
                    "What normalizes the base, in nats.",
                    normalizer,
                )?;
            }
            Distribution::Mixture(mixture) => {
                self.arrays.macro_of(
                    "COMPONENTS",
                    "The components of the mixture.",
                    mixture.count(),
                )?;
                self.derived("base.upto", "UPTO", "The sums of their weights.")?;
                let log_norm = mixture.constants(p).log_norm;
                self.arrays.vector(
                    "LOG_NORM",
                    "What weighs and normalizes each, in nats.",
                    &log_norm,
                )?;
                self.derived("base.mean", "MEANS", "The mean of each.")?;
                self.derived("base.scale", "SCALES", "The scales of each.")?;
                if mixture.factor.is_some() {
                    self.derived("base.factor", "WEIGHTS", "What is below the diagonal of each.")?;
                }
            }
        }
        Ok(())
    }

    fn answers(&mut self) -> Result<()> {
        let answers = sharp_answers(self.model);
        let width = self.model.flow.description.width();
        let rows: Vec<(String, Vec<String>)> = answers
            .iter()
            .map(|(x, log_prob)| {
                let bits = x.iter().chain([log_prob]).map(|x| format!("{:#010x}u", x.to_bits()));
                (format!("log_prob {log_prob:?}"), bits.collect())
            })
            .collect();
        self.arrays.macro_of("ANSWERS", "The known answers.", answers.len())?;
        self.arrays.table(
            "uint32_t",
            "KNOWN_ANSWERS",
            &[&answers.len(), &(width + 1)],
            "The bits of a reading and of its log_prob.",
            &rows,
        )
    }

    /// What the device has in place of a tensor.
    fn derived(&mut self, constant: &str, word: &str, doc: &str) -> Result<()> {
        let derived = self.derived.iter().find(|derived| derived.name == constant);
        self.arrays.vector(word, doc, derived.map_or(&[], |derived| &derived.values))
    }
}

/// The widths of a coupling's layers, inputs first; the heads are one layer.
fn widths(coupling: &Coupling) -> Vec<usize> {
    let layers = &coupling.network.trunk.layers;
    let heads = coupling.network.heads.iter().map(|head| head.outputs).sum();
    let hidden = layers.iter().map(|layer| layer.outputs);
    [coupling.network.trunk.layers[0].inputs].into_iter().chain(hidden).chain([heads]).collect()
}

/// Weights and biases of a coupling's layers as the device reads them.
fn weights(coupling: &Coupling, p: &[f32]) -> Vec<f32> {
    let trunk = coupling.network.trunk.layers.iter().map(std::slice::from_ref);
    let mut weights = Vec::new();
    for heads in trunk.chain([&coupling.network.heads[..]]) {
        let weight = |head: &Dense, input: usize, output: usize| {
            p[head.weight.start + output * head.inputs + input]
        };
        let columns: Vec<f32> = (0..heads[0].inputs)
            .flat_map(|input| {
                heads.iter().flat_map(move |head| {
                    (0..head.outputs).map(move |output| weight(head, input, output))
                })
            })
            .collect();
        let mut packed = columns.clone();
        pack_dense(&columns, heads.iter().map(|head| head.outputs).sum(), &mut packed);
        weights.extend(packed);
        weights.extend(heads.iter().flat_map(|head| &p[head.bias.clone()]));
    }
    weights
}

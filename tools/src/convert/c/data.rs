//! The numbers of a model as arrays and macros of C.

use super::number::number;
use crate::{
    convert::{answers::sharp_answers, constants::Derived, heading::in_one_line},
    model::{
        Activation, Context, Coupling, Dense, Description, Distribution, Layer, Model, Spline,
        Transform,
    },
};
use anyhow::Result;
use couplet::{Real, pack_dense};
use std::fmt::{Display, Write};

/// How long a line of numbers may be.
const WIDTH: usize = 98;

/// The numbers of one model.
pub struct Data<'a> {
    text: String,
    model: &'a Model,
    name: &'a str,
    derived: &'a [Derived],
}

impl<'a> Data<'a> {
    /// The numbers of a model that is called `name`.
    pub fn new(model: &'a Model, name: &'a str, derived: &'a [Derived]) -> Self {
        Data { text: String::new(), model, name, derived }
    }

    /// The number of features, and a name for the place of each.
    pub fn features(mut self) -> Result<String> {
        let name = self.name;
        let features = &self.model.flow.description.features;
        writeln!(self.text, "#define {name}_FEATURES {}", features.len())?;
        writeln!(self.text, "\n/* The place of each feature. */\nenum {{")?;
        let mut taken: Vec<String> = Vec::new();
        for (i, feature) in features.iter().enumerate() {
            let word = identifier(feature);
            let word = if taken.contains(&word) { format!("{word}_{i}") } else { word };
            let comment = in_comment(feature);
            let comma = if i + 1 < features.len() { "," } else { "" };
            writeln!(self.text, "    {name}_FEATURE_{word} = {i}{comma} /* {comment} */")?;
            taken.push(word);
        }
        writeln!(self.text, "}};")?;
        let inputs = self.model.flow.description.context_inputs();
        if !inputs.is_empty() {
            writeln!(
                self.text,
                "\n/* The numbers of a context, in this order. A level is 1 or 0:"
            )?;
            for (i, input) in inputs.iter().enumerate() {
                writeln!(self.text, "   {i}: {}", in_comment(input))?;
            }
            writeln!(self.text, "   */\n#define {name}_CONTEXTS {}", inputs.len())?;
        }
        Ok(self.text)
    }

    /// All constants.
    pub fn constants(mut self) -> Result<String> {
        let Model { flow, parameters: p, .. } = self.model;
        self.vector("MEAN", "The mean of each feature.", &flow.standardize.mean)?;
        self.vector("STD", "The standard deviation of each feature.", &flow.standardize.std)?;
        let Context { mean, std, least, most } = &flow.context;
        if !flow.context.is_empty() {
            self.vector("CONTEXT_MEAN", "The mean of each number of a context.", mean)?;
            self.vector("CONTEXT_STD", "The standard deviation of each.", std)?;
            self.vector("CONTEXT_LEAST", "The least that training saw of each.", least)?;
            self.vector("CONTEXT_MOST", "The most that training saw of each.", most)?;
        }
        let sum = flow.standardize.sum_ln_std();
        self.macro_of("SUM_LN_STD", "The sum of their logarithms.", number(sum))?;
        for layer in &flow.layers {
            match layer {
                Layer::Marginal(marginal) => {
                    self.derived(
                        "marginal.knots",
                        "KNOTS",
                        "x, y and slope of each knot of each feature.",
                    )?;
                    self.macro_of(
                        "KNOTS_EACH",
                        "The knots of a feature.",
                        marginal.spline.knots(),
                    )?;
                }
                Layer::Triangle(triangle) => {
                    self.derived("triangle.diagonal", "DIAGONAL", "The diagonal of the triangle.")?;
                    self.derived("triangle.weight", "BELOW", "What is below it, row by row.")?;
                    let log_det = number(triangle.log_det(p));
                    self.macro_of("TRIANGLE_LOG_DET", "Its log_det.", log_det)?;
                }
                Layer::Scale(scale) => {
                    let log_scale = &p[scale.log_scale.clone()];
                    let factors = |sign: f32| -> Vec<f32> {
                        log_scale.iter().map(|s| Real::exp(sign * s)).collect()
                    };
                    self.vector(
                        "FACTORS",
                        "What ends the flow: a factor of each feature.",
                        &factors(1.0),
                    )?;
                    self.vector("INVERSE_FACTORS", "The factors of the inverse.", &factors(-1.0))?;
                    let sum = log_scale.iter().fold(0.0, |sum, s| sum + s);
                    self.macro_of("SCALE_LOG_DET", "Their log_det.", number(sum))?;
                }
                Layer::Permutation(_) | Layer::Coupling(_) => {}
            }
        }
        if flow.description.couplets > 0 {
            self.couplets()?;
        }
        self.base()?;
        self.answers()?;
        Ok(self.text)
    }

    fn couplets(&mut self) -> Result<()> {
        let Model { flow, .. } = self.model;
        let Description {
            split: [a, b], couplets, transform, input_bound, activation, hidden, ..
        } = &flow.description;
        self.macro_of(
            "COUPLETS",
            "Couplets: two couplings, the second with the halves' roles swapped.",
            couplets,
        )?;
        self.macro_of("A", "The features of the first half.", a)?;
        self.macro_of("B", "The features of the second half.", b)?;
        if flow.description.permute {
            let rows = flow.permutations().map(|permutation| {
                let row: Vec<String> = permutation.index.iter().map(u16::to_string).collect();
                (String::new(), row)
            });
            let rows: Vec<_> = rows.collect();
            let d = flow.description.dimension();
            self.table(
                "uint16_t",
                "PERMUTATIONS",
                &[couplets, &d],
                "Where each feature comes from, before each couplet.",
                &rows,
            )?;
        }
        if let Some(bound) = input_bound {
            self.macro_of("INPUT_BOUND", "The bound of what conditioners see.", number(*bound))?;
        }
        match transform {
            Transform::Additive(_) => {}
            Transform::Affine(affine) => {
                self.macro_of("LOG_SCALE_BOUND", "The bound of log-scales.", number(affine.bound))?;
            }
            Transform::Spline(spline @ Spline { bins, bound, .. }) => {
                self.macro_of("BINS", "The bins of a spline.", bins)?;
                self.comment("Bins, bound and c of each spline.")?;
                let (bound, c) = (number(*bound), number(spline.c() as f32));
                let name = self.name;
                writeln!(
                    self.text,
                    "static const couplet_bend {name}_SPLINE = {{{name}_BINS, {bound}, {c}}};"
                )?;
            }
        }
        self.macro_of("LAYERS", "The dense layers of a coupling.", hidden.len() + 1)?;
        let activate = match activation {
            Activation::Relu => "NULL",
            Activation::Tanh => "couplet_activate_tanh",
            Activation::Silu => "couplet_activate_silu",
        };
        self.macro_of(
            "ACTIVATION",
            "What follows each but the last; NULL is max(y, 0).",
            activate,
        )?;
        let widest = flow.couplings().flat_map(widths).max().unwrap_or(1);
        self.macro_of("WIDTH", "The largest width.", widest)?;
        for (swapped, side) in ["FIRST", "SECOND"].into_iter().enumerate() {
            let couplings: Vec<&Coupling> = flow.couplings().skip(swapped).step_by(2).collect();
            let widths: Vec<String> = widths(couplings[0]).iter().map(usize::to_string).collect();
            let [from, to] = if swapped == 1 { ["b", "a"] } else { ["a", "b"] };
            let doc = format!("The widths of those that map {to}, given {from}.");
            self.array("uint16_t", &format!("{side}_WIDTHS"), &[&widths.len()], &doc, &widths)?;
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
            self.table("float", side, &[couplets, &length], doc, &rows)?;
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
                self.macro_of("NORMALIZER", "What normalizes the base, in nats.", normalizer)?;
            }
            Distribution::Mixture(mixture) => {
                self.macro_of("COMPONENTS", "The components of the mixture.", mixture.count())?;
                self.derived("base.upto", "UPTO", "The sums of their weights.")?;
                let log_norm = mixture.constants(p).log_norm;
                self.vector("LOG_NORM", "What weighs and normalizes each, in nats.", &log_norm)?;
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
        self.macro_of("ANSWERS", "The known answers.", answers.len())?;
        self.table(
            "uint32_t",
            "KNOWN_ANSWERS",
            &[&answers.len(), &(width + 1)],
            "The bits of a reading and of its log_prob.",
            &rows,
        )
    }

    fn comment(&mut self, doc: &str) -> Result<()> {
        writeln!(self.text, "\n/* {doc} */")?;
        Ok(())
    }

    fn macro_of(&mut self, word: &str, doc: &str, value: impl Display) -> Result<()> {
        self.comment(doc)?;
        let value = value.to_string();
        let value = if value.starts_with('-') { format!("({value})") } else { value };
        writeln!(self.text, "#define {}_{word} {value}", self.name)?;
        Ok(())
    }

    fn vector(&mut self, word: &str, doc: &str, values: &[f32]) -> Result<()> {
        let numbers: Vec<String> = values.iter().copied().map(number).collect();
        self.array("float", word, &[&values.len()], doc, &numbers)
    }

    /// What the device has in place of a tensor.
    fn derived(&mut self, constant: &str, word: &str, doc: &str) -> Result<()> {
        let derived = self.derived.iter().find(|derived| derived.name == constant);
        self.vector(word, doc, derived.map_or(&[], |derived| &derived.values))
    }

    fn array(
        &mut self,
        kind: &str,
        word: &str,
        sizes: &[&usize],
        doc: &str,
        values: &[String],
    ) -> Result<()> {
        self.table(kind, word, sizes, doc, &[(String::new(), values.to_vec())])
    }

    /// An array of one or two dimensions, each row below its name.
    fn table(
        &mut self,
        kind: &str,
        word: &str,
        sizes: &[&usize],
        doc: &str,
        rows: &[(String, Vec<String>)],
    ) -> Result<()> {
        self.comment(doc)?;
        let sizes: String = sizes.iter().map(|size| format!("[{}]", (**size).max(1))).collect();
        let nested = sizes.matches('[').count() > 1;
        writeln!(self.text, "static const {kind} {}_{word}{sizes} = {{", self.name)?;
        for (row, (name, values)) in rows.iter().enumerate() {
            let comment = if name.is_empty() { String::new() } else { format!(" /* {name} */") };
            if nested {
                writeln!(self.text, "    {{{comment}")?;
            }
            let indent = if nested { "        " } else { "    " };
            let none = ["0".to_string()];
            lines(&mut self.text, indent, if values.is_empty() { &none } else { values })?;
            if nested {
                writeln!(self.text, "    }}{}", if row + 1 < rows.len() { "," } else { "" })?;
            }
        }
        writeln!(self.text, "}};")?;
        Ok(())
    }
}

/// Values with commas between them, as many in a line as fit.
pub(super) fn lines(text: &mut String, indent: &str, values: &[String]) -> Result<()> {
    let mut line = indent.to_string();
    for (i, value) in values.iter().enumerate() {
        if line.len() + value.len() + 2 > WIDTH {
            writeln!(text, "{}", line.trim_end())?;
            line = indent.to_string();
        }
        line += value;
        line += if i + 1 < values.len() { ", " } else { "" };
    }
    writeln!(text, "{line}")?;
    Ok(())
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

/// A feature's name as the end of an identifier: `TEMP_C`.
fn identifier(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// A feature's name inside a comment, which it cannot end.
fn in_comment(name: &str) -> String {
    in_one_line(name).replace("*/", "* /").replace("/*", "/ *").replace('?', "\\?")
}

//! A model as Rust source: const arrays that firmware embeds. A pure function from a model to text.

use crate::{
    convert::{
        Origin, alarm, answers,
        constants::{self, Derived},
        context,
        heading::{self, in_one_line},
        windows,
    },
    device::cost::Cost,
    model::{
        Activation, Context, Coupling, Description, Distribution, FeatureMap, Flow, IntegerDense,
        IntegerHead, IntegerNetwork, Layer, Marginal, Model, Transform, Triangle,
    },
    signal::Windows,
};
use anyhow::{Result, ensure};
use couplet::EXPORT_FORMAT;
use std::fmt::Write;

/// Arrays of more bytes are clippy's `large_const_arrays`.
const CLIPPY_LARGE: usize = 16_384;

/// The source text of a model; the same model and origin give the same bytes.
///
/// # Errors
///
/// A name that is no constant's name; a weight that is not finite, or that makes a number which the
/// device cannot have (its tensor and index).
pub fn export(model: &Model, origin: &Origin) -> Result<String> {
    let name = &origin.name;
    ensure!(
        heading::is_constant_name(name) && type_name(name) != "Self",
        "`{name}` cannot name a Rust static: use capital letters, digits and _, as in MOONS"
    );
    let flow = &model.flow;
    let derived = constants::derived(model)?;

    let mut text = String::new();
    header(&mut text, flow, origin)?;
    let mut source = Source { text, model, name, derived };
    source.tensors()?;
    source.types()?;
    source.model()?;
    if let Some(calibration) = &model.calibration {
        alarm::write(&mut source.text, model, calibration, name)?;
    }
    if let Some(signal) = Windows::noted(&flow.description.notes)? {
        windows::write(&mut source.text, name, &signal, &flow.description.features)?;
    }
    Ok(source.text)
}

/// `WHITE_WINE` as a type's name: `WhiteWine`.
fn type_name(name: &str) -> String {
    let capitalize = |word: &str| word[..1].to_string() + &word[1..].to_lowercase();
    name.split('_').filter(|word| !word.is_empty()).map(capitalize).collect()
}

fn header(text: &mut String, flow: &Flow, origin: &Origin) -> Result<()> {
    heading::write(text, flow, origin)?;
    writeln!(text)?;
    writeln!(text, "#[rustfmt::skip]")?;
    writeln!(text, "const _: () = assert!(")?;
    writeln!(text, "    couplet::EXPORT_FORMAT == {EXPORT_FORMAT},")?;
    writeln!(
        text,
        "    \"this file is for another version of couplet: write it again with `couplet export`\""
    )?;
    writeln!(text, ");")?;
    Ok(())
}

/// The bits of numbers, with commas between them.
pub(super) fn bits(values: &[f32]) -> String {
    let bits: Vec<String> = values.iter().map(|x| format!("{:#010x}", x.to_bits())).collect();
    bits.join(", ")
}

/// A feature's name in a doc comment, where `[C]` would be a link and `<C>` a tag.
pub(super) fn in_markdown(name: &str) -> String {
    format!("`{}`", in_one_line(name).replace('`', "'"))
}

/// The name of a tensor's constant, as `MOONS_COUPLETS_0_FIRST_SHIFT_BIAS`.
fn constant_name(name: &str, tensor: &str) -> String {
    format!("{name}_{}", tensor.replace('.', "_").to_uppercase())
}

struct Source<'a> {
    text: String,
    model: &'a Model,
    name: &'a str,
    derived: Vec<Derived>,
}

impl Source<'_> {
    /// A constant of numbers, one line for each row of `rows`.
    fn constant<T: std::fmt::Debug>(
        &mut self,
        tensor: &str,
        doc: &str,
        kind: &str,
        rows: &[Vec<T>],
        nested: bool,
    ) -> Result<()> {
        let constant = constant_name(self.name, tensor);
        let columns = rows.first().map_or(0, Vec::len);
        self.heading(doc, rows.len() * columns * size_of::<T>())?;
        if nested {
            writeln!(self.text, "const {constant}: [[{kind}; {columns}]; {}] = [", rows.len())?;
            for row in rows {
                writeln!(self.text, "    {row:?},")?;
            }
            writeln!(self.text, "];")?;
        } else {
            writeln!(self.text, "const {constant}: [{kind}; {columns}] = {:?};", rows[0])?;
        }
        Ok(())
    }

    /// What precedes a constant of so many bytes.
    fn heading(&mut self, doc: &str, bytes: usize) -> Result<()> {
        // clippy would have a static of it, which a constant expression cannot read by value
        let large = if bytes > CLIPPY_LARGE { ", clippy::large_const_arrays" } else { "" };
        writeln!(self.text, "\n/// {doc}")?;
        writeln!(self.text, "#[rustfmt::skip]")?;
        writeln!(
            self.text,
            "#[allow(clippy::approx_constant, clippy::excessive_precision, clippy::unreadable_literal{large})]"
        )?;
        Ok(())
    }

    fn number(&mut self, name: &str, doc: &str, value: f32) -> Result<()> {
        self.heading(doc, size_of::<f32>())?;
        writeln!(self.text, "const {}: f32 = {value:?};", constant_name(self.name, name))?;
        Ok(())
    }

    fn vector(&mut self, tensor: &str, doc: &str, values: &[f32]) -> Result<()> {
        self.constant(tensor, doc, "f32", &[values.to_vec()], false)
    }

    /// All constants, in the order of the model file.
    fn tensors(&mut self) -> Result<()> {
        let flow = &self.model.flow;
        self.vector("standardize.mean", "The mean of each feature.", &flow.standardize.mean)?;
        self.vector(
            "standardize.std",
            "The standard deviation of each feature.",
            &flow.standardize.std,
        )?;
        let Context { mean, std, least, most } = &flow.context;
        if !flow.context.is_empty() {
            self.vector("context.mean", "The mean of each input of the context.", mean)?;
            self.vector("context.std", "The standard deviation of each.", std)?;
            self.vector("context.least", "The least that training saw of each.", least)?;
            self.vector("context.most", "The most that training saw of each.", most)?;
        }
        for permutation in flow.permutations() {
            let index = std::slice::from_ref(&permutation.index);
            let doc = "Where each feature comes from.";
            self.constant(&permutation.name, doc, "u16", index, false)?;
        }
        if let Some(bound) = flow.description.input_bound {
            self.number("input_bound", "The bound of what conditioners see.", bound)?;
        }
        let derived = std::mem::take(&mut self.derived);
        for tensor in flow.layout.tensors() {
            if let Some(derived) = derived.iter().find(|derived| derived.from == tensor.range) {
                let Derived { name, doc, values, columns, .. } = derived;
                let lines = values.chunks(columns.unwrap_or(values.len()));
                let lines: Vec<Vec<f32>> = lines.map(<[f32]>::to_vec).collect();
                self.constant(name, doc, "f32", &lines, columns.is_some())?;
                continue;
            }
            let values = &self.model.parameters[tensor.range.clone()];
            match tensor.shape[..] {
                [outputs, inputs] => {
                    let columns: Vec<Vec<f32>> = (0..inputs)
                        .map(|i| (0..outputs).map(|o| values[o * inputs + i]).collect())
                        .collect();
                    let doc = format!(
                        "`{}`, in {inputs}, out {outputs}: one line for each input.",
                        tensor.name
                    );
                    self.constant(&tensor.name, &doc, "f32", &columns, true)?;
                }
                _ => {
                    self.vector(&tensor.name, &format!("`{}`.", tensor.name), values)?;
                }
            }
        }
        for coupling in flow.couplings() {
            self.integers(coupling)?;
        }
        for layer in &flow.layers {
            if let Layer::Triangle(triangle) = layer {
                let log_det = triangle.log_det(&self.model.parameters);
                self.number("triangle.log_det", "The sum of `triangle.log_scale`.", log_det)?;
            }
        }
        if let Distribution::Student(student) = &flow.base {
            let normalizer = student.normalizer(&self.model.parameters);
            self.number("base.normalizer", "What normalizes the base, in nats.", normalizer)?;
        }
        if let Distribution::Mixture(mixture) = &flow.base {
            let log_norm = mixture.constants(&self.model.parameters).log_norm;
            let doc = "What weighs and normalizes each component, in nats.";
            self.vector("base.log_norm", doc, &log_norm)?;
        }
        Ok(())
    }

    /// The constants of a coupling's conditioner, if it is one of integers.
    fn integers(&mut self, coupling: &Coupling) -> Result<()> {
        let Some(IntegerNetwork { exponents, layers, heads }) = &coupling.network.integer else {
            return Ok(());
        };
        let name = &coupling.name;
        let doc = "Inputs are rounded to multiples of 2^-exponent.";
        let exponents = std::slice::from_ref(exponents);
        self.constant(&format!("{name}.input.exponent"), doc, "i8", exponents, false)?;
        for (l, layer) in layers.iter().enumerate() {
            self.integer_dense(&format!("{name}.trunk.{l}"), layer)?;
        }
        for (head, IntegerHead { dense, multiplier }) in
            coupling.transform.heads().iter().zip(heads)
        {
            let name = format!("{name}.{}", head.name);
            self.integer_dense(&name, dense)?;
            let (tensor, multiplier) =
                (format!("{name}.multiplier"), std::slice::from_ref(multiplier));
            self.constant(&tensor, &format!("`{tensor}`."), "u16", multiplier, false)?;
        }
        Ok(())
    }

    fn integer_dense(&mut self, name: &str, dense: &IntegerDense) -> Result<()> {
        let (inputs, outputs) = (dense.inputs(), dense.outputs());
        let column = |i| (0..outputs).map(|o| dense.weight[o * inputs + i]).collect();
        let columns: Vec<Vec<i8>> = (0..inputs).map(column).collect();
        let weight = format!("{name}.weight");
        let doc = format!("`{weight}`, in {inputs}, out {outputs}: one line for each input.");
        self.constant(&weight, &doc, "i8", &columns, true)?;
        let bias = format!("{name}.bias");
        let biases = std::slice::from_ref(&dense.bias);
        self.constant(&bias, &format!("`{bias}`."), "i32", biases, false)
    }

    fn types(&mut self) -> Result<()> {
        let Description {
            split: [a, b],
            couplets,
            marginal,
            triangle,
            scale,
            permute,
            features,
            ..
        } = &self.model.flow.description;
        let (name, d) = (type_name(self.name), features.len());
        let base = match &self.model.flow.base {
            Distribution::Normal => "StandardNormal".into(),
            Distribution::Logistic => "StandardLogistic".into(),
            Distribution::Student(_) => format!("StudentT<f32, {d}>"),
            Distribution::Mixture(mixture) => {
                let weights = if mixture.factor.is_some() { d * (d - 1) / 2 } else { 0 };
                format!("Mixture<f32, {d}, {}, {weights}>", mixture.count())
            }
        };
        for (side, coupling) in ["First", "Second"].into_iter().zip(self.model.flow.couplings()) {
            let coupling = coupling_type(coupling);
            writeln!(self.text, "\n#[rustfmt::skip]")?;
            writeln!(self.text, "type {name}{side} = {coupling};")?;
        }
        let couplet = format!("couplet::Couplet<{name}First, {name}Second, {a}, {b}>");
        let couplet =
            if *permute { format!("(couplet::Permutation<{d}>, {couplet})") } else { couplet };
        let layers = if *couplets == 0 { "()".into() } else { format!("[{couplet}; {couplets}]") };
        let layers = if *scale { format!("({layers}, couplet::Scale<f32, {d}>)") } else { layers };
        let layers = if *triangle {
            format!("(couplet::Triangle<f32, {d}, {}>, {layers})", d * (d - 1) / 2)
        } else {
            layers
        };
        let layers = marginal.map_or(layers.clone(), |spline| {
            format!("(couplet::Marginal<f32, {d}, {}>, {layers})", 3 * spline.knots())
        });
        writeln!(
            self.text,
            "\n/// A density over {d} features: {}{}.",
            features.iter().map(|name| in_markdown(name)).collect::<Vec<_>>().join(", "),
            match self.model.flow.context.len() {
                0 => String::new(),
                c => format!("; given {c} numbers of context, see `{}_CONTEXT`", self.name),
            }
        )?;
        writeln!(self.text, "#[rustfmt::skip]")?;
        let Cost { known_answers, .. } = Cost::of(&self.model.flow);
        writeln!(
            self.text,
            "pub type {name} = couplet::Model<{d}, {layers}, couplet::{base}, {known_answers}{}>;",
            match self.model.flow.context.len() {
                0 => String::new(),
                c => format!(", couplet::Context<f32, {c}>"),
            }
        )?;
        context::write(&mut self.text, &self.model.flow.description, self.name)
    }

    fn model(&mut self) -> Result<()> {
        let Model { flow, .. } = self.model;
        let (name, static_name) = (type_name(self.name), self.name);
        let text = &mut self.text;
        writeln!(
            text,
            "\n/// The density; {} and `self_test` are its methods.",
            match flow.context.is_empty() {
                true => "`log_prob`, `forward`, `inverse`, `sample`",
                false => "`log_prob_given`, `forward_given`, `inverse_given`, `sample_given`",
            }
        )?;
        writeln!(text, "#[rustfmt::skip]\n#[allow(clippy::unreadable_literal)]")?;
        writeln!(text, "pub static {static_name}: {name} = couplet::Model::new(")?;
        match (flow.context.len(), flow.description.input_bound) {
            (0, _) => writeln!(text, "    couplet::Flow::new(")?,
            (_, bound) => {
                let constant = format!("{static_name}_CONTEXT");
                let bound =
                    bound.map_or("None".into(), |_| format!("Some({static_name}_INPUT_BOUND)"));
                writeln!(text, "    couplet::Flow::conditional(")?;
                writeln!(
                    text,
                    "        couplet::Context::new({constant}_MEAN, {constant}_STD, {constant}_LEAST, {constant}_MOST, {bound}),"
                )?;
            }
        }
        writeln!(
            text,
            "        couplet::Standardize::new({static_name}_STANDARDIZE_MEAN, {static_name}_STANDARDIZE_STD),"
        )?;
        let scale = flow.layers.iter().any(|layer| matches!(layer, Layer::Scale(_)));
        if flow.description.marginal.is_some() {
            let constant = constant_name(static_name, Marginal::NAME);
            writeln!(text, "        (couplet::Marginal::new({constant}_KNOTS),")?;
        }
        if flow.description.triangle {
            let constant = constant_name(static_name, Triangle::NAME);
            writeln!(
                text,
                "        (couplet::Triangle::new({constant}_DIAGONAL, {constant}_WEIGHT, {constant}_LOG_DET),"
            )?;
        }
        let [open, close] = if flow.description.couplets == 0 { ["(", "),"] } else { ["[", "],"] };
        writeln!(text, "        {}{open}", if scale { "(" } else { "" })?;
        let permuted = flow.permutations().next().is_some();
        let mut first = true;
        for layer in &flow.layers {
            let constant = constant_name(static_name, layer.name());
            match layer {
                Layer::Marginal(_) | Layer::Triangle(_) => {} // above
                Layer::Permutation(_) => writeln!(
                    text,
                    "            (couplet::Permutation::new({constant}).unwrap(), couplet::Couplet::new("
                )?,
                Layer::Coupling(coupling) => {
                    if first && !permuted {
                        writeln!(text, "            couplet::Couplet::new(")?;
                    }
                    write_coupling(text, coupling, &constant, static_name)?;
                    if !first {
                        writeln!(text, "            {}", if permuted { "))," } else { ")," })?;
                    }
                    first = !first;
                }
                Layer::Scale(_) => {
                    writeln!(text, "        {close}")?;
                    writeln!(text, "        couplet::Scale::new({constant}_LOG_SCALE)),")?;
                }
            }
        }
        if !scale {
            writeln!(text, "        {close}")?;
        }
        if flow.description.triangle {
            writeln!(text, "        ),")?;
        }
        if flow.description.marginal.is_some() {
            writeln!(text, "        ),")?;
        }
        match flow.base {
            Distribution::Normal => writeln!(text, "        couplet::StandardNormal,")?,
            Distribution::Logistic => writeln!(text, "        couplet::StandardLogistic,")?,
            Distribution::Student(_) => writeln!(
                text,
                "        couplet::StudentT::new({static_name}_BASE_FREEDOM, {static_name}_BASE_NORMALIZER),"
            )?,
            Distribution::Mixture(ref mixture) => {
                let base = format!("{static_name}_BASE");
                let factor = match mixture.factor {
                    Some(_) => format!("{base}_FACTOR"),
                    None => format!("[[]; {}]", mixture.count()),
                };
                writeln!(
                    text,
                    "        couplet::Mixture::new({base}_UPTO, {base}_LOG_NORM, {base}_MEAN, {base}_SCALE, {factor}),"
                )?;
            }
        }
        writeln!(text, "    ),")?;
        writeln!(text, "    [")?;
        for (x, log_prob) in answers::known_answers(self.model) {
            let (x, context) = x.split_at(flow.description.dimension());
            let (given, context) = match context {
                [] => ("new", String::new()),
                context => ("given", format!(" [{}],", bits(context))),
            };
            writeln!(
                text,
                "        couplet::KnownAnswer::{given}([{}],{context} {:#010x}), // log_prob {log_prob:?}",
                bits(x),
                log_prob.to_bits()
            )?;
        }
        writeln!(text, "    ],")?;
        writeln!(text, ");")?;
        writeln!(text, "\n#[rustfmt::skip]\n#[allow(clippy::unreadable_literal)]")?;
        writeln!(
            text,
            "const _: () = assert!(core::mem::size_of::<{name}>() == {});",
            Cost::of(flow).flash
        )?;
        Ok(())
    }
}

/// The type of a coupling.
fn coupling_type(coupling: &Coupling) -> String {
    let dense = |inputs: usize, outputs: usize| format!("couplet::Dense<f32, {inputs}, {outputs}>");
    let trunk = &coupling.network.trunk;
    let layers: Vec<String> =
        trunk.layers.iter().map(|layer| dense(layer.inputs, layer.outputs)).collect();
    let activation = activation_type(trunk.activation);
    let trunk = format!("couplet::Trunk<{}, couplet::{activation}>", nest(&layers));
    let heads = &coupling.network.heads;
    let (inputs, outputs) = (heads[0].inputs, heads[0].outputs);
    let heads = format!("couplet::Heads<f32, {inputs}, {outputs}, {}>", heads.len());
    let network = match &coupling.network.integer {
        Some(integer) => integer_type(coupling, integer),
        None => format!("couplet::Network<{trunk}, {heads}>"),
    };
    let conditioner = match coupling.network.input_bound {
        Some(_) => format!("couplet::Clamped<{network}, f32>"),
        None => network,
    };
    let [transform, _] = source(coupling);
    format!("couplet::Coupling<{conditioner}, couplet::{transform}>")
}

/// The type of a conditioner of integers.
fn integer_type(coupling: &Coupling, integer: &IntegerNetwork) -> String {
    let dense = |layer: &IntegerDense| {
        format!("couplet::IntegerDense<{}, {}>", layer.inputs(), layer.outputs())
    };
    let layers: Vec<String> = integer.layers.iter().map(dense).collect();
    let heads = &coupling.network.heads;
    let (inputs, hidden) = (coupling.network.inputs(), heads[0].inputs);
    let (outputs, count) = (heads[0].outputs, heads.len());
    format!("couplet::IntegerNetwork<{}, {inputs}, {hidden}, {outputs}, {count}>", nest(&layers))
}

/// The type of a coupling's transform, and the expression that makes it.
fn source(coupling: &Coupling) -> [String; 2] {
    match coupling.transform {
        Transform::Affine(affine) if coupling.network.integer.is_some() => {
            let bound = affine.fixed_bound().bits();
            let bound = format!("Affine::new(couplet::Fixed::from_bits({bound}))");
            ["Affine<couplet::Fixed>".into(), bound]
        }
        transform => transform.source(),
    }
}

/// The expression that makes a conditioner of integers.
fn write_integers(
    text: &mut String,
    coupling: &Coupling,
    integer: &IntegerNetwork,
    prefix: &str,
) -> Result<()> {
    let layer = |(l, layer): (usize, &IntegerDense)| {
        let name = format!("{prefix}_TRUNK_{l}");
        format!("couplet::IntegerDense::new({name}_WEIGHT, {name}_BIAS, {})", layer.shift)
    };
    let layers: Vec<String> = integer.layers.iter().enumerate().map(layer).collect();
    writeln!(text, "couplet::IntegerNetwork::new(")?;
    writeln!(text, "                        {prefix}_INPUT_EXPONENT,")?;
    writeln!(text, "                        {},", nest(&layers))?;
    writeln!(text, "                        couplet::IntegerHeads::new([")?;
    for (head, IntegerHead { dense, .. }) in coupling.transform.heads().iter().zip(&integer.heads) {
        let name = format!("{prefix}_{}", head.name.to_uppercase());
        let shift = dense.shift;
        writeln!(
            text,
            "                            couplet::IntegerHead::new({name}_WEIGHT, {name}_BIAS, {name}_MULTIPLIER, {shift}),"
        )?;
    }
    writeln!(text, "                        ]),")?;
    Ok(())
}

/// The expression that makes a coupling of its constants.
fn write_coupling(
    text: &mut String,
    coupling: &Coupling,
    prefix: &str,
    static_name: &str,
) -> Result<()> {
    let dense =
        |name: String| format!("couplet::Dense::new({prefix}_{name}_WEIGHT, {prefix}_{name}_BIAS)");
    let trunk = &coupling.network.trunk;
    let layers: Vec<String> =
        (0..trunk.layers.len()).map(|l| dense(format!("TRUNK_{l}"))).collect();
    let activation = activation_type(trunk.activation);
    let [_, transform] = source(coupling);
    writeln!(text, "                couplet::Coupling::new(")?;
    let bound = coupling.network.input_bound.map(|_| format!(", {static_name}_INPUT_BOUND)"));
    let clamped = if bound.is_some() { "couplet::Clamped::new(" } else { "" };
    write!(text, "                    {clamped}")?;
    if let Some(integer) = &coupling.network.integer {
        write_integers(text, coupling, integer, prefix)?;
        writeln!(text, "                    ){},", bound.unwrap_or_default())?;
        writeln!(text, "                    couplet::{transform},")?;
        writeln!(text, "                ),")?;
        return Ok(());
    }
    writeln!(text, "couplet::Network::new(")?;
    let trunk = format!("couplet::Trunk::new({}, couplet::{activation})", nest(&layers));
    writeln!(text, "                        {trunk},")?;
    writeln!(text, "                        couplet::Heads::new([")?;
    for head in coupling.transform.heads() {
        writeln!(text, "                            {},", dense(head.name.to_uppercase()))?;
    }
    writeln!(text, "                        ]),")?;
    writeln!(text, "                    ){},", bound.unwrap_or_default())?;
    writeln!(text, "                    couplet::{transform},")?;
    writeln!(text, "                ),")?;
    Ok(())
}

/// `a`, `(a, b)`, `(a, (b, c))`, ...
fn nest(layers: &[String]) -> String {
    match layers {
        [] => String::new(),
        [last] => last.clone(),
        [first, rest @ ..] => format!("({first}, {})", nest(rest)),
    }
}

fn activation_type(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "Relu",
        Activation::Tanh => "Tanh",
        Activation::Silu => "Silu",
    }
}

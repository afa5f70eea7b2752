use crate::{
    cli::{
        args::InfoArgs,
        calibration,
        say::{print_json, print_list, say},
        windows::in_words,
        words::word,
    },
    device::{clock::Clock, cost::Cost, estimate::Estimate, target::Target},
    model::{
        Base, Context, ContextColumn, Description, FeatureMap, Flow, Layer, MixtureShape, Model,
        Spline, Transform,
    },
    signal::Windows,
};
use anyhow::Result;
use serde_json::{Map, Value, json};

/// The width of a layer's name.
const LAYER: usize = 26;

/// The width of a cost's or a note's name.
const NAME: usize = 22;

/// `couplet info`.
pub fn info(args: &InfoArgs) -> Result<()> {
    let model = Model::read(&args.model)?;
    let flow = &model.flow;
    let description = &flow.description;
    if args.json {
        return print_json(&object(&model, args)?);
    }
    // A core that nothing is known of is an error before anything is printed.
    let estimate =
        args.target.map(|target| anyhow::Ok((target, Estimate::of(description, target)?)));
    let estimate = estimate.transpose()?;
    let features = description.features.join(", ");
    say!(
        "{} over {} features: {features}",
        flow.description.transform.flow(),
        description.dimension()
    )?;
    print_list(LAYER, &context(flow))?;
    print_list(LAYER, &layers(flow))?;
    print_list(NAME, &costs(flow, args.target.is_some()))?;
    if let Some((target, estimate)) = estimate {
        say!(
            "estimated for a {}, at opt-level 3, instructions within {} %, code within {} %, stack \
             with some to spare:",
            target.name,
            Estimate::INSTRUCTIONS_PERCENT,
            Estimate::CODE_PERCENT
        )?;
        print_list(NAME, &estimates(&estimate, target, args.clock))?;
        advise(description, target, &estimate)?;
    }
    let mut notes = description.notes.entries()?;
    notes.remove("calibration");
    let runs = runs(&notes);
    let windows = Windows::noted(&description.notes)?;
    let notes = notes.into_iter().map(|(key, note)| match (&*key, &windows) {
        ("window", Some(windows)) => [key, in_words(windows)],
        _ => [key, in_one_line(note).to_string()],
    });
    print_list(NAME, &notes.collect::<Vec<_>>())?;
    print_list(NAME, &runs)?;
    model.calibration.iter().try_for_each(calibration::tell)
}

/// The runs of the training, each with what it tried and the held-out nats that it led to.
fn runs(notes: &Map<String, Value>) -> Vec<[String; 2]> {
    let runs = notes.get("training").and_then(|training| training.get("runs"));
    let described = |(run, number): (&Value, usize)| {
        let tried = &run["tried"];
        let is = |key: &str| tried[key].as_bool() == Some(true);
        let number_of = |key: &str| tried[key].as_u64().unwrap_or(0);
        let mut words = vec![format!("{} steps", number_of("steps"))];
        match number_of("narrower") {
            0 | 1 => (),
            part => words.push(format!("1/{part} of the width")),
        }
        words.extend(is("whitened").then(|| "triangle".into()));
        words.extend((!is("noise")).then(|| "no noise".into()));
        match number_of("permutation") {
            0 => (),
            draw => words.push(format!("permutations, draw {}", draw + 1)),
        }
        words.extend(tried["from"].as_u64().map(|from| format!("going on from run {from}")));
        let nats = run["held_out_nats"].as_f64().map_or("no".into(), |nats| format!("{nats:.4}"));
        [format!("  run {number}"), format!("{nats} nats: {}", words.join(", "))]
    };
    runs.and_then(Value::as_array).into_iter().flatten().zip(1..).map(described).collect()
}

/// A note, with numbers in place of the runs and their looks at held-out rows, and without the
/// sketch of rows.
fn in_one_line(mut note: Value) -> Value {
    if let Some(sketch) = note.get_mut("row_sketch") {
        *sketch = json!("kept");
    }
    for lists in ["runs", "looks"] {
        if let Some(list) = note.get_mut(lists) {
            *list = json!(list.as_array().map_or(0, Vec::len));
        }
    }
    note
}

/// Says what a normal base would save on a core where the logarithms of Student's t are long.
fn advise(description: &Description, target: Target, estimate: &Estimate) -> Result<()> {
    if target.has_floating_point || description.base != Base::Student {
        return Ok(());
    }
    let normal = Description { base: Base::Normal, ..description.clone() };
    let less = Estimate::of(&normal, target)?.log_prob;
    say!(
        "Student's t base takes {:.0} of these instructions for a log_prob: train with --base normal \
         to save them",
        estimate.log_prob - less
    )
}

/// All that is printed, as JSON.
fn object(model: &Model, args: &InfoArgs) -> Result<Value> {
    let description = &model.flow.description;
    let estimate = args.target.map(|target| Estimate::of(description, target)).transpose()?;
    Ok(json!({
        "flow": description.transform.flow(),
        "description": description,
        "cost": Cost::of(&model.flow),
        "core": args.target.map(|target| target.word),
        "estimate": estimate,
    }))
}

/// The columns of the context, each with what training saw of it.
fn context(flow: &Flow) -> Vec<[String; 2]> {
    let Context { least, most, .. } = &flow.context;
    let mut ranges = least.iter().zip(most);
    let mut listed = Vec::new();
    for ContextColumn { name, levels } in &flow.description.context {
        let range = ranges.next();
        let seen = match (levels, range) {
            (Some(levels), _) => format!("one of {}", levels.join(", ")),
            (None, Some((least, most))) if *least > f32::MIN => format!("from {least} to {most}"),
            _ => "a number".into(),
        };
        levels.iter().for_each(|levels| (1..levels.len()).for_each(|_| _ = ranges.next()));
        listed.push([format!("  given {name}"), seen]);
    }
    listed
}

/// The layers in forward order, each with what it does.
fn layers(flow: &Flow) -> Vec<[String; 2]> {
    let mut layers = Vec::new();
    let mut add = |name: &str, what: String| layers.push([format!("  {name}"), what]);
    add("standardize", "x <- (x - mean) / std".into());
    for layer in &flow.layers {
        add(layer.name(), described(layer));
    }
    add("base", base(&flow.description));
    layers
}

/// A base, in one line.
fn base(description: &Description) -> String {
    match (description.base, description.mixture) {
        (base @ (Base::Normal | Base::Logistic), _) => format!("standard {}", word(base)),
        (Base::Student, _) => "Student's t, nu for each feature".into(),
        (Base::Mixture, mixture) => mixture.map_or_else(String::new, |mixture| {
            let MixtureShape { components, covariance } = mixture;
            format!("mixture of {components} Gaussians, covariance {}", word(covariance))
        }),
    }
}

/// What a layer does, in one line.
fn described(layer: &Layer) -> String {
    match layer {
        Layer::Marginal(marginal) => {
            let Spline { bins, bound, .. } = marginal.spline;
            format!("each x by its spline of {bins} bins within {bound}")
        }
        Layer::Triangle(_) => "x_i <- exp(s_i) x_i + sum over j < i of W_ij x_j".into(),
        Layer::Permutation(permutation) => format!("x <- x{:?}", permutation.index),
        Layer::Coupling(coupling) => {
            let trunk = &coupling.network.trunk;
            let hidden: String =
                trunk.layers.iter().map(|layer| format!(" -> {}", layer.outputs)).collect();
            let (inputs, outputs) = (coupling.conditions(), coupling.transformed());
            let transform = match coupling.transform {
                Transform::Spline(Spline { bins, bound, .. }) => {
                    format!("spline of {bins} bins within {bound}")
                }
                other => other.name().into(),
            };
            let given = match coupling.network.inputs() - inputs {
                0 => String::new(),
                c => format!(" + {c}"),
            };
            let activation = word(trunk.activation);
            let bound = coupling.network.input_bound;
            let bound = bound.map_or(String::new(), |b| format!(", inputs within {b}"));
            format!("{transform}, {inputs}{given}{hidden} -> {outputs} ({activation}{bound})")
        }
        Layer::Scale(_) => "x <- x exp(theta)".into(),
    }
}

/// What the model costs on every device; without the stack of its arrays if an estimate follows.
fn costs(flow: &Flow, estimated: bool) -> Vec<[String; 2]> {
    let cost = Cost::of(flow);
    let stack = format!("{} bytes of working arrays in log_prob; frames come on top", cost.stack);
    let mut costs = vec![
        ["parameters".into(), cost.parameters.to_string()],
        ["flash".into(), format!("{} bytes for the exported static", cost.flash)],
    ];
    if !estimated {
        costs.push(["stack".into(), stack]);
    }
    costs.push(["multiply-accumulates".into(), format!("{} for one log_prob", cost.macs)]);
    costs
}

/// The estimated cost on a core.
fn estimates(estimate: &Estimate, target: Target, clock: Option<Clock>) -> Vec<[String; 2]> {
    let Estimate { log_prob_code, code, log_prob_stack, sample_stack, log_prob, sample, .. } =
        estimate;
    let mut estimates = Vec::new();
    let mut add = |name: &str, what: String| estimates.push([format!("  {name}"), what]);
    add("code", format!("{log_prob_code:.0} bytes for log_prob, {code:.0} for all maps"));
    add("stack", format!("{log_prob_stack:.0} bytes in log_prob, {sample_stack:.0} in sample"));
    add("instructions", format!("{log_prob:.0} for one log_prob, {sample:.0} for one sample"));
    if let Some(Clock(hertz)) = clock {
        let cycles = target.cycles_per_instruction;
        let microseconds = |instructions: f64| instructions * cycles / hertz * 1e6;
        let [log_prob, sample] = [*log_prob, *sample].map(microseconds);
        add("time", format!("{log_prob:.0} us for one log_prob, {sample:.0} us for one sample,"));
        let assumed = "an estimate, without waiting for flash";
        add("", format!("if an instruction takes {cycles} cycles: {assumed}"));
    }
    estimates
}

//! What is on the stack where it is deepest: functions that call each other, and the arrays in
//! their frames.
//!
//! Arrays are known from the shape. Frames are not: which functions there are is up to the
//! compiler, which puts a function that is called once, or that is short, into the one that calls
//! it.

use super::{
    conditioner::{Conditioner, Layer},
    terms::Terms,
};
use crate::{
    device::cost::Cost,
    device::target::Target,
    model::{Activation, Base, Coupling, Description, FeatureMap, Spline, Transform},
};

/// Functions, each called by the one before.
#[derive(Clone, Default)]
pub struct Path {
    /// Bytes of the arrays in their frames.
    pub arrays: usize,
    /// The functions, and what else makes frames larger.
    pub frames: Terms,
}

/// About how many bytes a frame has without its arrays: enough to tell which of two paths is
/// deeper.
const ROUGH_BYTES: [(&str, f64); 14] = [
    ("pair of layers", 70.0),
    ("pair of layers, odd width", 12.0),
    ("layer by itself", 80.0),
    ("heads", 70.0),
    ("heads, feature", 16.0),
    ("heads, many features", 28.0),
    ("heads of an odd width", 32.0),
    ("blocks of 8 rows", 120.0),
    ("blocks of fewer rows", 16.0),
    ("column by itself", 36.0),
    ("activation", 48.0),
    ("rows", 60.0),
    ("rows with an activation", 0.0),
    ("splines", 140.0),
];

impl Path {
    /// A function.
    fn of(name: &'static str) -> Self {
        Path::default().with(name, 1)
    }

    /// Adds `count` of a named term to the frames.
    fn with(mut self, name: &'static str, count: usize) -> Self {
        self.frames.add(name, count);
        self
    }

    /// Puts an array into a frame.
    fn array(mut self, bytes: usize) -> Self {
        self.arrays += bytes;
        self
    }

    /// Goes on with the functions of the other path.
    fn calling(mut self, other: Path) -> Self {
        self.arrays += other.arrays;
        self.frames.add_all(&other.frames);
        self
    }

    /// The deeper of two paths.
    fn or(self, other: Path) -> Self {
        if self.rough_bytes() >= other.rough_bytes() { self } else { other }
    }

    fn rough_bytes(&self) -> f64 {
        let frames = ROUGH_BYTES.iter().map(|(name, bytes)| self.frames.count(name) * bytes);
        self.arrays as f64 + frames.sum::<f64>()
    }
}

/// The deepest path, from the map that a program calls down to a kernel.
pub fn deepest(description: &Description, target: Target) -> Path {
    let d = description.dimension();
    let is_additive = description.transform == Transform::NICE;
    let program = Path::of("program")
        .array(4 * d)
        .with("feature", d)
        .with("feature of an additive flow", if is_additive { d } else { 0 })
        .with("more than eight features", usize::from(d > 8))
        .with("more than two couplets", usize::from(description.couplets > 2))
        .with("permutation", usize::from(description.permute))
        .with("logistic", usize::from(description.base == Base::Logistic))
        .with("student", usize::from(description.base == Base::Student))
        .with("mixture", usize::from(description.base == Base::Mixture))
        .with("marginal", usize::from(description.marginal.is_some()))
        .with("triangle", usize::from(description.triangle));
    let functions = Functions {
        target,
        activation: description.activation,
        halves: if description.split[0] == description.split[1] { 1 } else { 2 },
    };
    let flow = Cost::flow(description);
    let couplings = flow.couplings().take(2).map(|coupling| functions.coupling(coupling));
    program.calling(couplings.reduce(Path::or).unwrap_or_default())
}

/// The splines of a half, with the sums of widths and of heights.
fn splines(bins: usize) -> Path {
    Path::of("splines").array(8 * bins)
}

/// What decides which functions the compiler makes.
struct Functions {
    target: Target,
    activation: Activation,
    /// How many sizes of halves a model has, so how many copies of what depends on them.
    halves: usize,
}

impl Functions {
    /// A coupling and the deepest of what it calls.
    fn coupling(&self, coupling: &Coupling) -> Path {
        let Conditioner { trunk, heads, features, clamped } = &Conditioner::of(coupling);
        let arrays = 4 * (heads.inputs + clamped);
        let below = match trunk.as_slice() {
            [layer] => self.layer(layer, 2), // which `forward` and `inverse` call
            layers => self.trunk(layers, false),
        };
        match coupling.transform {
            Transform::Affine(_) => {
                let has_layer = matches!(trunk.as_slice(), [layer] if !self.is_function(layer, 2));
                Path::of("affine coupling")
                    .array(arrays)
                    .with("clamp", usize::from(*clamped > 0))
                    .with("layer in a coupling", usize::from(has_layer))
                    .calling(below.or(self.affine_heads(heads, *features)))
            }
            Transform::Spline(Spline { bins, .. }) => Path::of("spline coupling")
                .array(arrays + 4 * heads.outputs)
                .with("clamp", usize::from(*clamped > 0))
                .calling(below.or(self.kernel(heads, Activation::Relu)).or(splines(bins))),
            // Of a transform that was never measured no estimate knows the name.
            transform => Path::of(transform.name())
                .array(arrays + 4 * features)
                .with("clamp", usize::from(*clamped > 0))
                .calling(below.or(self.kernel(heads, Activation::Relu))),
        }
    }

    /// Both heads and what follows them. Of more than eight features there are two copies; of
    /// fewer a loop is written out, which saves more registers.
    fn affine_heads(&self, heads: &Layer, features: usize) -> Path {
        let (copies, written_out, many) =
            if features > 8 { (2, 0, 1) } else { (1, features.min(5), 0) };
        Path::of("heads")
            .array(copies * 8 * features)
            .with("heads, feature", written_out)
            .with("heads, many features", many)
            .with("heads of an odd width", heads.inputs % 2)
            .calling(self.kernel(heads, Activation::Relu))
    }

    /// The first of some layers, and the others as another trunk in it.
    fn trunk(&self, layers: &[Layer], is_in_a_trunk: bool) -> Path {
        let [first, others @ ..] = layers else { return Path::default() };
        let below = match others {
            [last] => self.layer(last, if is_in_a_trunk { 1 } else { self.halves }),
            _ => self.trunk(others, true),
        };
        Path::of("pair of layers")
            .array(4 * first.outputs)
            .with("pair of layers, odd width", first.outputs % 2)
            .calling(self.kernel(first, self.activation).or(below))
    }

    /// A layer that this many functions call.
    fn layer(&self, layer: &Layer, callers: usize) -> Path {
        let kernel = self.kernel(layer, self.activation);
        if self.is_function(layer, callers) {
            Path::of("layer by itself").calling(kernel)
        } else {
            kernel
        }
    }

    /// Whether the compiler makes a layer a function, instead of a part of those that call it.
    fn is_function(&self, layer: &Layer, callers: usize) -> bool {
        let activation = usize::from(self.activation != Activation::Relu);
        let calls = if self.target.has_floating_point {
            let Layer { inputs, outputs } = *layer;
            let blocks = outputs % 8 / 4 + outputs % 4 / 2 + outputs % 2 + inputs % 2;
            usize::from(layer.has_blocks_of_eight()) * (1 + blocks + activation)
        } else {
            1 + activation
        };
        callers > 1 && calls > 1
    }

    /// The deepest kernel of a layer.
    fn kernel(&self, layer: &Layer, activation: Activation) -> Path {
        let has_activation = activation != Activation::Relu;
        if !self.target.has_floating_point {
            let rows = Path::of("rows");
            return if has_activation { rows.with("rows with an activation", 1) } else { rows };
        }
        Path::of(if layer.has_blocks_of_eight() {
            "blocks of 8 rows"
        } else if has_activation {
            "activation"
        } else if layer.inputs % 2 == 1 {
            "column by itself"
        } else {
            "blocks of fewer rows"
        })
    }
}

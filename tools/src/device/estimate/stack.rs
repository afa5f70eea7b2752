//! What is on the stack where it is deepest: functions that call each other, and the arrays in
//! their frames.

use super::terms::{Layer, Terms, layers};
use crate::{
    device::cost::Cost,
    device::target::Target,
    model::{Activation, Coupling, Description, Transform},
};

/// Functions, one called by the other.
#[derive(Clone, Default)]
pub struct Calls {
    /// Bytes of the arrays in their frames.
    pub arrays: usize,
    /// The functions, and what else makes frames larger.
    pub frames: Terms,
}

/// About how many bytes a frame has without its arrays: enough to tell which of two paths is
/// deeper.
const ABOUT: [(&str, f64); 13] = [
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
];

impl Calls {
    fn of(name: &str) -> Self {
        Calls::default().with(name, 1)
    }

    fn with(mut self, name: &str, count: usize) -> Self {
        *self.frames.entry(name.into()).or_default() += count as f64;
        self
    }

    fn array(mut self, bytes: usize) -> Self {
        self.arrays += bytes;
        self
    }

    fn calling(mut self, other: Calls) -> Self {
        self.arrays += other.arrays;
        other
            .frames
            .into_iter()
            .for_each(|(name, count)| *self.frames.entry(name).or_default() += count);
        self
    }

    fn about(&self) -> f64 {
        let frame =
            |(name, bytes): &(&str, f64)| self.frames.get(*name).map_or(0.0, |count| count * bytes);
        self.arrays as f64 + ABOUT.iter().map(frame).sum::<f64>()
    }

    fn or(self, other: Calls) -> Self {
        if self.about() >= other.about() { self } else { other }
    }
}

/// From the map that a program calls down to a kernel.
pub fn deepest(description: &Description, target: Target) -> Calls {
    let d = description.dimension();
    let program = Calls::of("program")
        .array(4 * d)
        .with("feature", d)
        .with(
            "feature of an additive flow",
            if description.transform == Transform::NICE { d } else { 0 },
        )
        .with("more than eight features", usize::from(d > 8))
        .with("more than two couplets", usize::from(description.couplets > 2))
        .with("permutation", usize::from(description.permute))
        .with("logistic", usize::from(description.base == crate::model::Base::Logistic));
    let frames = Frames {
        target,
        activation: description.activation,
        halves: if description.split[0] == description.split[1] { 1 } else { 2 },
    };
    let flow = Cost::flow(description);
    let couplings =
        flow.couplings().take(2).map(|coupling| frames.coupling(coupling, &layers(coupling)));
    program.calling(couplings.reduce(Calls::or).unwrap_or_default())
}

/// What decides which functions there are.
struct Frames {
    target: Target,
    activation: Activation,
    /// How many kinds of coupling a model has.
    halves: usize,
}

impl Frames {
    fn coupling(&self, coupling: &Coupling, layers: &[Layer]) -> Calls {
        let [trunk @ .., head] = layers else { return Calls::default() };
        let outputs = coupling.transformed();
        let hidden = 4 * head.inputs;
        let below = match trunk {
            [layer] => self.layer(layer, 2), // which `forward` and `inverse` call
            _ => self.pair(trunk, false),
        };
        match coupling.transform {
            Transform::Additive(_) => Calls::of("additive coupling")
                .array(hidden + 4 * outputs)
                .calling(below.or(self.kernel(head, Activation::Relu))),
            Transform::Affine(_) => {
                let is_within = matches!(trunk, [layer] if !self.is_function(layer, 2));
                // Of more features there are two copies; of fewer a loop is written out, which
                // saves more registers.
                let (copies, features, many) =
                    if outputs > 8 { (2, 0, 1) } else { (1, outputs.min(5), 0) };
                let heads = Calls::of("heads")
                    .array(copies * 8 * outputs)
                    .with("heads, feature", features)
                    .with("heads, many features", many)
                    .with("heads of an odd width", head.inputs % 2)
                    .calling(self.kernel(head, Activation::Relu));
                Calls::of("affine coupling")
                    .array(hidden)
                    .with("layer in a coupling", usize::from(is_within))
                    .calling(below.or(heads))
            }
        }
    }

    /// A layer, and the rest of the trunk.
    fn pair(&self, layers: &[Layer], is_within_one: bool) -> Calls {
        let [first, rest @ ..] = layers else { return Calls::default() };
        let below = match rest {
            [last] => self.layer(last, if is_within_one { 1 } else { self.halves }),
            _ => self.pair(rest, true),
        };
        Calls::of("pair of layers")
            .array(4 * first.outputs)
            .with("pair of layers, odd width", first.outputs % 2)
            .calling(self.kernel(first, self.activation).or(below))
    }

    /// A layer that so many functions call.
    fn layer(&self, layer: &Layer, callers: usize) -> Calls {
        let kernel = self.kernel(layer, self.activation);
        if self.is_function(layer, callers) {
            Calls::of("layer by itself").calling(kernel)
        } else {
            kernel
        }
    }

    /// Whether the compiler makes it a function, instead of a part of those that call it.
    fn is_function(&self, layer: &Layer, callers: usize) -> bool {
        let activation = usize::from(self.activation != Activation::Relu);
        let calls = if self.target.has_floating_point() {
            let blocks =
                [layer.outputs % 8 / 4, layer.outputs % 4 / 2, layer.outputs % 2, layer.inputs % 2];
            usize::from(layer.has_eights()) * (1 + blocks.iter().sum::<usize>() + activation)
        } else {
            1 + activation
        };
        callers > 1 && calls > 1
    }

    fn kernel(&self, layer: &Layer, activation: Activation) -> Calls {
        let has_activation = activation != Activation::Relu;
        Calls::of(match self.target.has_floating_point() {
            false if has_activation => return Calls::of("rows").with("rows with an activation", 1),
            false => "rows",
            true if layer.has_eights() => "blocks of 8 rows",
            true if has_activation => "activation",
            true if layer.inputs % 2 == 1 => "column by itself",
            true => "blocks of fewer rows",
        })
    }
}

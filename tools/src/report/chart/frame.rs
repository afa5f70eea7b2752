use super::{Axis, fitted, line, width};
use maud::{Markup, html};

/// The size of the numbers beside an axis.
const NUMBERS: f64 = 11.0;

/// The size of names.
const NAMES: f64 = 12.0;

/// The least distance of two numbers.
const APART: [f64; 2] = [56.0, 32.0];

/// The room on the right, for half of the last number along x.
const RIGHT: f64 = 20.0;

/// A rectangle of a picture with an axis along x and one along y. Lengths are in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// The numbers along x.
    pub x: Axis,
    /// The numbers along y.
    pub y: Axis,
}

impl Frame {
    /// A frame that leaves room for numbers and names in a picture of this size.
    pub fn within([width, height]: [f64; 2], x: Axis, y: Axis) -> Self {
        let left = 12.0 + Self::numbers(&y, height);
        Frame { left, top: 24.0, width: width - left - RIGHT, height: height - 64.0, x, y }
    }

    /// The width of the numbers beside an axis of this height.
    pub fn numbers(y: &Axis, height: f64) -> f64 {
        let ticks = y.ticks((height / APART[1]) as usize);
        ticks.iter().map(|(_, text)| NUMBERS * width(text)).fold(0.0, f64::max)
    }

    /// Where a point is.
    pub fn at(&self, x: f64, y: f64) -> [f64; 2] {
        [self.left + self.x.at(x) * self.width, self.top + (1.0 - self.y.at(y)) * self.height]
    }

    /// The right and the lower edge.
    pub fn ends(&self) -> [f64; 2] {
        [self.left + self.width, self.top + self.height]
    }

    /// The lines and numbers behind what is drawn, and the names of the axes: that of y stands above.
    pub fn draw(&self, x_name: &str, y_name: &str) -> Markup {
        let [right, bottom] = self.ends();
        html! {
            (self.numbered(true))
            text.name x="4" y="13" { (fitted(y_name, (right - 4.0) / NAMES)) }
            text.name.mid x=(tenth(self.left + self.width / 2.0)) y=(tenth(bottom + 33.0)) {
                (fitted(x_name, (self.width + 40.0) / NAMES))
            }
        }
    }

    /// The lines and numbers behind what is drawn; those of y only on request.
    pub fn numbered(&self, with_y: bool) -> Markup {
        let [right, bottom] = self.ends();
        let x = self.x.ticks((self.width / APART[0]) as usize);
        let y = self.y.ticks((self.height / APART[1]) as usize);
        let upright = x.iter().map(|(value, _)| self.at(*value, 0.0)[0]);
        let level = y.iter().map(|(value, _)| self.at(0.0, *value)[1]);
        let lines = upright.map(|x| line([[x, self.top], [x, bottom]]));
        let lines: String =
            lines.chain(level.map(|y| line([[self.left, y], [right, y]]))).collect();
        html! {
            path.grid d=(lines) {}
            path.axis d=(line([[self.left, self.top], [self.left, bottom], [right, bottom]])) {}
            @for (value, text) in &x {
                text.mid x=(tenth(self.at(*value, 0.0)[0])) y=(tenth(bottom + 15.0)) { (text) }
            }
            @if with_y {
                @for (value, text) in &y {
                    text.end x=(tenth(self.left - 5.0)) y=(tenth(self.at(0.0, *value)[1] + 4.0)) {
                        (text)
                    }
                }
            }
        }
    }

    /// A dashed line at a height, with a word above its right end; nothing where it lies outside.
    pub fn level(&self, value: f64, word: &str) -> Markup {
        let [right, _] = self.ends();
        let [_, y] = self.at(0.0, value);
        html! {
            @if self.y.contains(value) {
                path.second d=(line([[self.left, y], [right, y]])) {}
                text.end.word x=(tenth(right - 2.0)) y=(tenth(y - 4.0)) { (word) }
            }
        }
    }
}

/// A length in pixels, to a tenth.
fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

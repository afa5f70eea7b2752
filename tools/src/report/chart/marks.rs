//! Points in pixels as the data of SVG paths, to a tenth of a pixel.

use std::fmt::Write;

/// A line through points.
pub fn line(points: impl IntoIterator<Item = [f64; 2]>) -> String {
    let mut data = String::new();
    for [x, y] in points {
        let command = if data.is_empty() { 'M' } else { 'L' };
        push(&mut data, command, x, y);
    }
    data
}

/// A line through points that goes across before it goes up.
pub fn steps(points: impl IntoIterator<Item = [f64; 2]>) -> String {
    let mut data = String::new();
    let mut before = None;
    for [x, y] in points {
        if let Some(height) = before {
            push(&mut data, 'L', x, height);
        }
        let command = if data.is_empty() { 'M' } else { 'L' };
        push(&mut data, command, x, y);
        before = Some(y);
    }
    data
}

/// The area between a line and one that goes the other way.
pub fn area(line_there: &[[f64; 2]], line_back: &[[f64; 2]]) -> String {
    let points = line_there.iter().chain(line_back.iter().rev()).copied();
    line(points) + "Z"
}

/// A dot at each point: strokes of no length with round ends.
pub fn dots(points: impl IntoIterator<Item = [f64; 2]>) -> String {
    let mut data = String::new();
    for [x, y] in points {
        push(&mut data, 'M', x, y);
        data.push_str("h0");
    }
    data
}

fn push(data: &mut String, command: char, x: f64, y: f64) {
    // Writing to a string cannot fail.
    let _ = write!(data, "{command}{} {}", tenth(x), tenth(y));
}

/// A tenth of a pixel, which is written without digits that say nothing.
fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short() {
        assert_eq!(line([[0.0, 1.04], [2.55, -0.01]]), "M0 1L2.6 0");
        assert_eq!(steps([[0.0, 5.0], [2.0, 3.0]]), "M0 5L2 5L2 3");
        assert_eq!(dots([[1.0, 2.0], [3.0, 4.0]]), "M1 2h0M3 4h0");
        assert_eq!(area(&[[0.0, 0.0], [1.0, 0.0]], &[[0.0, 1.0], [1.0, 1.0]]), "M0 0L1 0L1 1L0 1Z");
    }
}

//! Pictures of data and densities in the plane, as PNG.
//!
//! The caller writes the files: everything here returns bytes, and the same input gives the same bytes.

mod axes;
mod canvas;
mod layout;

pub use axes::Axes;

use anyhow::ensure;
use std::fmt;

/// A density in the plane: its logarithm in nats for each of the points.
pub type LogProb<'a> = dyn Fn(&[[f32; 2]]) -> Vec<f32> + 'a;

/// What is drawn into one pair of axes.
#[derive(Clone, Copy)]
pub enum Panel<'a> {
    /// A dot for each point.
    Samples(&'a [[f32; 2]]),
    /// A heat map of exp(log_prob), called once with the centres of all pixels. What is not finite is drawn as zero density.
    Density(&'a LogProb<'a>),
}

impl fmt::Debug for Panel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Panel::Samples(points) => f.debug_tuple("Samples").field(points).finish(),
            Panel::Density(_) => f.debug_tuple("Density").finish_non_exhaustive(),
        }
    }
}

/// Panels side by side: one pair of axes, one colour scale.
#[derive(Clone, Debug)]
pub struct Strip<'a> {
    /// Stands upright on the left; may be empty.
    pub title: &'a str,
    /// The axes of all panels.
    pub axes: Axes,
    /// One for each column.
    pub panels: Vec<Panel<'a>>,
}

/// A picture of dots.
pub fn samples(title: &str, points: &[[f32; 2]], axes: Axes) -> anyhow::Result<Vec<u8>> {
    grid(&[title], &[Strip { title: "", axes, panels: vec![Panel::Samples(points)] }])
}

/// A heat map of exp(log_prob) with a colour bar.
pub fn density(title: &str, axes: Axes, log_prob: impl Fn(&[[f32; 2]]) -> Vec<f32>) -> anyhow::Result<Vec<u8>> {
    grid(&[title], &[Strip { title: "", axes, panels: vec![Panel::Density(&log_prob)] }])
}

/// Rows of panels under the titles of their columns, 1200 pixels wide, or 720 if there is one column only.
///
/// Each row with a density has a colour bar. Its scale ends where all but 2% of the row's probability is below it, so that
/// a needle-sharp peak does not leave the rest of the picture dark.
///
/// # Errors
///
/// If a row has not one panel for each column, or a `log_prob` not one value for each point.
pub fn grid(columns: &[&str], rows: &[Strip<'_>]) -> anyhow::Result<Vec<u8>> {
    ensure!(!columns.is_empty() && !rows.is_empty(), "a picture needs a row and a column");
    for Strip { title, panels, .. } in rows {
        ensure!(panels.len() == columns.len(), "row '{title}' has {} panels for {} columns", panels.len(), columns.len());
    }
    layout::draw(columns, rows)?.png()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Result;

    type Colour = [u8; 3];

    fn axes() -> Axes {
        Axes { x: -2.0..2.0, y: -1.0..1.0, labels: ["x".into(), "y".into()] }
    }

    /// Width, height, pixels.
    fn decode(png: &[u8]) -> (usize, usize, Vec<Colour>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        (info.width as usize, info.height as usize, bytes.as_chunks().0.to_vec())
    }

    /// The mean position of the pixels at which two pictures of one size differ, left of the colour bar.
    fn centre_of_difference(a: &[u8], b: &[u8]) -> [f32; 2] {
        let ((width, _, a), (_, _, b)) = (decode(a), decode(b));
        let differ: Vec<_> =
            (0..a.len()).filter(|&i| a[i] != b[i]).map(|i| [i % width, i / width]).filter(|p| p[0] < 590).collect();
        [0, 1].map(|axis| differ.iter().map(|p| p[axis]).sum::<usize>() as f32 / differ.len() as f32 + 0.5)
    }

    fn blob(points: &[[f32; 2]]) -> Vec<f32> {
        points.iter().map(|[x, y]| -0.5 * ((x - 1.0).powi(2) + (y - 0.5).powi(2)) / 0.01).collect()
    }

    #[test]
    fn pictures_are_pngs_of_the_promised_width_and_to_scale() {
        let (width, height, pixels) = decode(&samples("Title", &[[0.0, 0.0]], axes()).unwrap());
        assert_eq!((width, pixels.len()), (720, width * height));
        let (_, taller, _) = decode(&samples("Title", &[], Axes { y: -2.0..2.0, ..axes() }).unwrap());
        assert!((300..320).contains(&(taller - height)), "{taller} {height}");
        let strip = Strip { title: "", axes: axes(), panels: vec![Panel::Samples(&[]); 3] };
        assert_eq!(decode(&grid(&["a", "b", "c"], &[strip.clone(), strip]).unwrap()).0, 1200);
    }

    #[test]
    fn dots_are_where_the_points_are() {
        let empty = samples("", &[], axes()).unwrap();
        let [a, b, middle] = [[1.0, 0.5], [-1.0, -0.5], [0.0, 0.0]]
            .map(|point| centre_of_difference(&samples("", &[point, [9.0, 0.0], [f32::NAN, 0.0]], axes()).unwrap(), &empty));
        assert!((a[0] - b[0] - 2.0 * (b[1] - a[1])).abs() < 3.0 && a[0] - b[0] > 250.0, "not to scale: {a:?} {b:?}");
        for axis in [0, 1] {
            assert!((a[axis] + b[axis] - 2.0 * middle[axis]).abs() < 2.0, "{a:?} {b:?} {middle:?}");
        }
    }

    #[test]
    fn a_blob_is_where_the_density_is() {
        let zero = density("", axes(), |points| vec![f32::NEG_INFINITY; points.len()]).unwrap();
        let (width, _, pixels) = decode(&zero);
        let dark: Vec<usize> = (0..pixels.len())
            .filter(|i| i % width < 590 && pixels[*i] == colorous::MAGMA.eval_continuous(0.0).as_array())
            .collect();
        let (first, last) = (dark[0], dark[dark.len() - 1]);
        let at = |x: f32, y: f32| {
            let between = |t: f32, a: usize, b: usize| a as f32 + t * (b - a + 1) as f32;
            [between(x, first % width, last % width), between(y, first / width, last / width)]
        };
        let png = density("", axes(), blob).unwrap();
        let (centre, expected) = (centre_of_difference(&png, &zero), at(0.75, 0.25));
        assert!((centre[0] - expected[0]).abs() < 1.0 && (centre[1] - expected[1]).abs() < 1.0, "{centre:?} {expected:?}");
        let [x, y] = centre.map(|value| value as usize);
        assert!(decode(&png).2[y * width + x][0] > 240, "the peak is bright");
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let draw = || {
            let panels = vec![Panel::Samples(&[[0.5, 0.5]]), Panel::Density(&blob)];
            grid(&["points", "density"], &[Strip { title: "row", axes: axes(), panels }]).unwrap()
        };
        assert_eq!(draw(), draw());
    }

    #[test]
    fn what_is_not_finite_is_drawn_as_zero_density() {
        let with = |[left, right]: [f32; 2]| {
            let log_prob = move |points: &[[f32; 2]]| {
                let values = points.iter().zip(blob(points));
                values
                    .map(|([x, _], value)| {
                        if *x < 0.0 {
                            left
                        } else if *x > 1.5 {
                            right
                        } else {
                            value
                        }
                    })
                    .collect()
            };
            density("", axes(), log_prob).unwrap()
        };
        assert_eq!(with([f32::NAN, f32::INFINITY]), with([f32::NEG_INFINITY; 2]));
        let constant = |value: f32| density("", axes(), |points| vec![value; points.len()]).unwrap();
        assert_eq!(constant(f32::NAN), constant(f32::NEG_INFINITY));
        assert_ne!(constant(f32::NAN), constant(f32::MAX));
    }

    #[test]
    fn mistakes_are_errors() {
        let message = |result: Result<Vec<u8>>| result.unwrap_err().to_string();
        assert_eq!(message(grid(&[], &[])), "a picture needs a row and a column");
        let strip = Strip { title: "moons", axes: axes(), panels: vec![Panel::Samples(&[])] };
        assert_eq!(message(grid(&["a", "b"], &[strip])), "row 'moons' has 1 panels for 2 columns");
        assert!(message(density("", axes(), |_| vec![0.0])).starts_with("log_prob gave 1 values for "));
        let strip = Strip { title: "", axes: axes(), panels: vec![Panel::Samples(&[]); 30] };
        assert!(message(grid(&[""; 30], &[strip])).starts_with("30 panels side by side leave"));
    }
}

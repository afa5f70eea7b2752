use super::{Axes, Panel, Strip, picture};
use anyhow::ensure;
use std::ops::Range;

/// A picture with a dot for each point, as PNG.
///
/// # Errors
///
/// The axes have no extent.
pub fn samples(title: &str, points: &[[f32; 2]], axes: Axes) -> anyhow::Result<Vec<u8>> {
    grid(&[title], &[Strip { title: "", axes, panels: vec![Panel::Samples(points)] }])
}

/// A heat map of exp(log_prob) with a colour bar, as PNG.
///
/// # Errors
///
/// The axes have no extent, or `log_prob` does not return one value for each point.
pub fn density(
    title: &str,
    axes: Axes,
    log_prob: impl Fn(&[[f32; 2]]) -> Vec<f32>,
) -> anyhow::Result<Vec<u8>> {
    grid(&[title], &[Strip { title: "", axes, panels: vec![Panel::Density(&log_prob)] }])
}

/// Rows of panels under the titles of their columns, as PNG: 2400 pixels wide, or 1440 if there is
/// only one column. A page shows it half as wide.
///
/// Each row with a density has a colour bar. 98 % of the probability in the row lies below the end
/// of its scale, so that a sharp peak does not leave the picture dark. Where a density lies above
/// the end, the bar says so.
///
/// # Errors
///
/// A row does not have one panel for each column, its axes have no extent, or a `log_prob` does not
/// return one value for each point.
pub fn grid(columns: &[&str], rows: &[Strip<'_>]) -> anyhow::Result<Vec<u8>> {
    ensure!(!columns.is_empty() && !rows.is_empty(), "a picture needs a row and a column");
    for Strip { title, panels, axes } in rows {
        let extended = |range: &Range<f32>| {
            range.start < range.end && range.start.is_finite() && range.end.is_finite()
        };
        ensure!(
            extended(&axes.x) && extended(&axes.y),
            "row '{title}' has axes without an extent: {:?}, {:?}",
            axes.x,
            axes.y
        );
        ensure!(
            panels.len() == columns.len(),
            "row '{title}' has {} panels for {} columns",
            panels.len(),
            columns.len()
        );
    }
    picture::draw(columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes() -> Axes {
        Axes { x: -2.0..2.0, y: -1.0..1.0, labels: ["x".into(), "y".into()] }
    }

    /// The width, the height and the pixels of a picture.
    fn decode(png: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        (info.width as usize, info.height as usize, bytes.as_chunks().0.to_vec())
    }

    /// The mean position of the pixels at which two pictures of one size differ, left of the colour
    /// bar.
    fn centre_of_difference(a: &[u8], b: &[u8]) -> [f32; 2] {
        let ((width, _, a), (_, _, b)) = (decode(a), decode(b));
        let differ: Vec<_> = (0..a.len())
            .filter(|&i| a[i] != b[i])
            .map(|i| [i % width, i / width])
            .filter(|p| p[0] < 1140)
            .collect();
        [0, 1]
            .map(|axis| differ.iter().map(|p| p[axis]).sum::<usize>() as f32 / differ.len() as f32)
    }

    fn blob([a, b]: [f32; 2]) -> impl Fn(&[[f32; 2]]) -> Vec<f32> {
        move |points| {
            points.iter().map(|[x, y]| -50.0 * ((x - a).powi(2) + (y - b).powi(2))).collect()
        }
    }

    #[test]
    fn pictures_are_of_the_promised_width_and_to_scale() {
        let (width, height, pixels) = decode(&samples("Title", &[[0.0, 0.0]], axes()).unwrap());
        assert_eq!((width, pixels.len()), (1440, width * height));
        let (_, taller, _) =
            decode(&samples("Title", &[], Axes { y: -2.0..2.0, ..axes() }).unwrap());
        assert!((600..640).contains(&(taller - height)), "{taller} {height}");
        let strip = Strip { title: "", axes: axes(), panels: vec![Panel::Samples(&[]); 3] };
        assert_eq!(decode(&grid(&["a", "b", "c"], &[strip.clone(), strip]).unwrap()).0, 2400);
    }

    #[test]
    fn points_and_densities_are_where_they_belong() {
        let dot = |at| {
            samples("", &[at, [9.0, 0.0], [f32::NAN, 0.0], [f32::MAX, f32::INFINITY]], axes())
                .unwrap()
        };
        let density = |at| density("", axes(), blob(at)).unwrap();
        for draw in [&dot as &dyn Fn([f32; 2]) -> Vec<u8>, &density] {
            let [a, b, middle] = [[1.0, 0.5], [-1.0, -0.5], [0.0, 0.0]]
                .map(|at| centre_of_difference(&draw(at), &draw([9.0, 9.0])));
            assert!(
                (a[0] - b[0] - 2.0 * (b[1] - a[1])).abs() < 6.0 && a[0] - b[0] > 440.0,
                "not to scale: {a:?} {b:?}"
            );
            for axis in [0, 1] {
                assert!(
                    (a[axis] + b[axis] - 2.0 * middle[axis]).abs() < 4.0,
                    "{a:?} {b:?} {middle:?}"
                );
            }
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let blob = blob([0.0; 2]);
        let strip = Strip {
            title: "row",
            axes: axes(),
            panels: vec![Panel::Samples(&[[0.5, 0.5]]), Panel::Density(&blob)],
        };
        let draw = || grid(&["points", "density"], std::slice::from_ref(&strip)).unwrap();
        assert_eq!(draw(), draw());
    }

    #[test]
    fn what_is_not_finite_is_drawn_as_zero_density() {
        let with = |odd: f32| {
            let log_prob = |points: &[[f32; 2]]| {
                points
                    .iter()
                    .zip(blob([0.0; 2])(points))
                    .map(|([x, _], value)| if *x < 0.0 { odd } else { value })
                    .collect()
            };
            density("", axes(), log_prob).unwrap()
        };
        assert_eq!(with(f32::NAN), with(f32::NEG_INFINITY));
        assert_eq!(with(f32::INFINITY), with(f32::NEG_INFINITY));
        assert_ne!(with(f32::NAN), with(f32::MAX));
    }

    #[test]
    fn no_axes_and_no_text_panic() {
        let draw = |text: &str, range: Range<f32>, log: f32| {
            let axes = Axes { x: range.clone(), y: range, labels: [text.into(), text.into()] };
            let log_prob = move |points: &[[f32; 2]]| vec![log; points.len()];
            let panels = vec![Panel::Samples(&[[0.0; 2], [1e9, 1e-40]]), Panel::Density(&log_prob)];
            grid(&["", text], &[Strip { title: text, axes, panels }])
        };
        assert!(draw(&"a very long text ".repeat(5), f32::MIN..f32::MAX, f32::MAX).is_ok());
        for (range, log) in
            [(0.0..1e-40, 80.0), (-1e-15..1e-15, -40.0), (1e9..1.000_000_1e9, -100.0)]
        {
            assert!(draw("", range.clone(), log).is_ok(), "{range:?} {log}");
        }
        for range in [0.0..0.0, 1.0..-1.0, f32::NAN..1.0, 0.0..f32::INFINITY] {
            assert!(draw("", range, 0.0).unwrap_err().to_string().contains("without an extent"));
        }
    }

    #[test]
    fn mistakes_are_errors() {
        let message = |result: anyhow::Result<Vec<u8>>| result.unwrap_err().to_string();
        assert_eq!(message(grid(&[], &[])), "a picture needs a row and a column");
        let strip = |count| Strip {
            title: "moons",
            axes: axes(),
            panels: vec![Panel::Samples(&[]); count],
        };
        assert_eq!(
            message(grid(&["a", "b"], &[strip(1)])),
            "row 'moons' has 1 panels for 2 columns"
        );
        assert!(
            message(density("", axes(), |_| vec![0.0])).starts_with("log_prob gave 1 values for ")
        );
        assert!(message(grid(&[""; 30], &[strip(30)])).starts_with("30 panels side by side leave"));
    }
}

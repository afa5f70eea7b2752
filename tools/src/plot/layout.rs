//! Where everything goes.

use super::{
    Axes, LogProb, Panel, Strip,
    axes::ticks,
    canvas::{Canvas, Colour, Pen, Rect},
};
use anyhow::ensure;
use std::{ops::Range, sync::LazyLock};

const INK: Colour = [38, 38, 46];
const FAINT: Colour = [96, 96, 108];
const LINE: Colour = [184, 184, 192];
const GUIDE: Colour = [238, 238, 241];
const DOT: Colour = [72, 40, 120];

/// The picture's margin, and the distance between columns and between rows.
const GAP: usize = 20;
const TITLE: usize = 38;
const LABEL: usize = 28;
const TICK: usize = 5;
const TICK_LABEL: usize = 18;
/// The colour bar's own width, and that of the numbers beside it.
const BAR: [usize; 2] = [14, 40];
/// How much of the probability lies above the colour scale's end.
const CLIPPED: f64 = 0.02;

#[derive(Debug)]
struct Style {
    title: Pen,
    label: Pen,
    tick: Pen,
    /// Where the panels begin and how wide each is, all in pixels.
    left: usize,
    panel: usize,
}

/// The picture of rows that have as many panels as there are columns.
pub(super) fn draw(columns: &[&str], rows: &[Strip<'_>]) -> anyhow::Result<Canvas> {
    let width = if columns.len() == 1 { 720 } else { 1200 };
    let style = Style::new(width, columns.len(), rows)?;
    let top = GAP + if columns.iter().all(|title| title.is_empty()) { 0 } else { TITLE };
    let height = top + rows.iter().map(|row| style.height(&row.axes) + GAP).sum::<usize>();
    let mut canvas = Canvas::new(width, height);
    for (i, title) in columns.iter().enumerate() {
        let (middle, width) = (style.column(i) as f32 + 0.5 * style.panel as f32, (style.panel + GAP / 2) as f32);
        canvas.text((&style.title, title), width, [middle, GAP as f32], [0.5, 0.0], false);
    }
    let mut top = top;
    for row in rows {
        style.row(&mut canvas, row, top)?;
        top += style.height(&row.axes) + GAP;
    }
    Ok(canvas)
}

impl Style {
    fn new(width: usize, columns: usize, rows: &[Strip<'_>]) -> anyhow::Result<Self> {
        let (title, label, tick) = (Pen::new(24.0, INK)?, Pen::new(19.0, INK)?, Pen::new(17.0, FAINT)?);
        let widest = |Strip { axes, .. }: &Strip<'_>| {
            let texts = (2..10).flat_map(|count| ticks(&axes.y, count)).map(|(_, text)| tick.length(&text).ceil() as usize);
            texts.max().unwrap_or(0).min(width / 8)
        };
        let numbers = rows.iter().map(widest).max().unwrap_or(0) + 2 * TICK;
        let row_title = if rows.iter().all(|row| row.title.is_empty()) { 0 } else { TITLE };
        let y_label = if rows.iter().all(|row| row.axes.labels[1].is_empty()) { 0 } else { LABEL };
        let left = GAP + row_title + y_label + numbers;
        let right = if rows.iter().any(has_density) { GAP + BAR[0] + 2 * TICK + BAR[1] + LABEL } else { 0 } + GAP;
        let panel = width.saturating_sub(left + right + GAP * (columns - 1)) / columns;
        ensure!(panel >= 60, "{columns} panels side by side leave {panel} pixels for each");
        Ok(Style { title, label, tick, left, panel })
    }

    /// Where a column begins.
    fn column(&self, i: usize) -> usize {
        self.left + i * (self.panel + GAP)
    }

    fn panel_height(&self, axes: &Axes) -> usize {
        (self.panel as f32 * axes.aspect()).round() as usize
    }

    /// Of a row with its numbers and labels.
    fn height(&self, axes: &Axes) -> usize {
        self.panel_height(axes) + TICK + TICK_LABEL + if axes.labels[0].is_empty() { 0 } else { LABEL }
    }

    /// Draws a row of panels with its numbers and labels from `top` on.
    fn row(&self, canvas: &mut Canvas, row: &Strip<'_>, top: usize) -> anyhow::Result<()> {
        let (axes, height) = (&row.axes, self.panel_height(&row.axes));
        let place = |i| Rect { left: self.column(i), top, width: self.panel, height };
        let heat = row.panels.iter().map(|panel| match panel {
            Panel::Samples(_) => Ok(Vec::new()),
            Panel::Density(log_prob) => density(log_prob, axes, place(0)),
        });
        let heat = heat.collect::<anyhow::Result<Vec<_>>>()?;
        let end = scale_end(heat.concat());
        let [x_ticks, y_ticks] = self.ticks(axes, height);
        for (i, (panel, heat)) in row.panels.iter().zip(&heat).enumerate() {
            let place = place(i);
            match panel {
                Panel::Samples(points) => {
                    for (x, _) in &x_ticks {
                        canvas.fill(Rect { left: place.left + x, width: 1, ..place }, GUIDE);
                    }
                    for (y, _) in &y_ticks {
                        canvas.fill(Rect { top: place.top + y, height: 1, ..place }, GUIDE);
                    }
                    dots(canvas, points, axes, place);
                }
                Panel::Density(_) => canvas.image(place, |x, y| colour(heat[y * place.width + x] / end)),
            }
            canvas.frame(place, LINE);
            self.below(canvas, &x_ticks, &axes.labels[0], place);
        }
        self.beside(canvas, &y_ticks, row, place(0));
        if has_density(row) {
            self.colour_bar(canvas, end, place(row.panels.len() - 1));
        }
        Ok(())
    }

    /// The ticks of a panel: pixels from its left and from its top.
    fn ticks(&self, axes: &Axes, height: usize) -> [Vec<(usize, String)>; 2] {
        let fits = |ticks: &Vec<(f32, String)>| {
            ticks.iter().map(|(_, text)| 1.4 * self.tick.length(text)).sum::<f32>() < self.panel as f32
        };
        let counts = (2..=self.panel / 50).rev();
        let x = counts.map(|count| ticks(&axes.x, count)).find(fits).unwrap_or_default();
        let y = ticks(&axes.y, height / 50);
        [
            x.into_iter().map(|(value, text)| (pixel(position(value, &axes.x), self.panel), text)).collect(),
            y.into_iter().map(|(value, text)| (pixel(1.0 - position(value, &axes.y), height), text)).collect(),
        ]
    }

    /// The numbers and the label of x.
    fn below(&self, canvas: &mut Canvas, ticks: &[(usize, String)], label: &str, place: Rect) {
        let bottom = place.top + place.height;
        for (x, text) in ticks {
            let left = place.left + x;
            canvas.fill(Rect { left, top: bottom + 1, width: 1, height: TICK }, LINE);
            canvas.text(
                (&self.tick, text),
                place.width as f32,
                [left as f32 + 0.5, (bottom + 2 * TICK) as f32],
                [0.5, 0.0],
                false,
            );
        }
        let position = [place.middle()[0], (bottom + TICK + TICK_LABEL + LABEL) as f32];
        canvas.text((&self.label, label), place.width as f32, position, [0.5, 1.0], false);
    }

    /// The numbers and the label of y, and the row's title.
    fn beside(&self, canvas: &mut Canvas, ticks: &[(usize, String)], Strip { title, axes, .. }: &Strip<'_>, place: Rect) {
        let right = place.left - 1;
        for (y, text) in ticks {
            let top = place.top + y;
            canvas.fill(Rect { left: right - TICK, top, width: TICK, height: 1 }, LINE);
            let room = (self.left - GAP) as f32;
            canvas.text((&self.tick, text), room, [(right - 2 * TICK) as f32, top as f32 + 0.5], [1.0, 0.5], false);
        }
        let (middle, height) = (place.middle()[1], place.height as f32);
        let edge = GAP + if title.is_empty() { 0 } else { TITLE };
        canvas.text((&self.title, title), height, [GAP as f32, middle], [0.5, 0.0], true);
        canvas.text((&self.label, &axes.labels[1]), height, [edge as f32, middle], [0.5, 0.0], true);
    }

    /// The colours right of the last panel, from 0 to the density that has the last of them.
    fn colour_bar(&self, canvas: &mut Canvas, end: f32, panel: Rect) {
        let bar = Rect { left: panel.left + panel.width + GAP, width: BAR[0], ..panel };
        canvas.image(bar, |_, y| colour(1.0 - (y as f32 + 0.5) / bar.height as f32));
        canvas.frame(bar, LINE);
        let left = bar.left + bar.width + 1;
        let numbers = ticks(&(0.0..end), bar.height / 50);
        for (value, text) in &numbers {
            let top = bar.top + pixel(1.0 - value / end, bar.height);
            canvas.fill(Rect { left, top, width: TICK, height: 1 }, LINE);
            canvas.text((&self.tick, text), BAR[1] as f32, [(left + 2 * TICK) as f32, top as f32 + 0.5], [0.0, 0.5], false);
        }
        let widest = numbers.iter().map(|(_, text)| self.tick.length(text)).fold(0.0, f32::max).min(BAR[1] as f32);
        let right = (left + 2 * TICK + LABEL) as f32 + widest;
        canvas.text((&self.label, "density"), bar.height as f32, [right, bar.middle()[1]], [0.5, 1.0], true);
    }
}

/// 0 at the range's start, 1 at its end.
fn position(value: f32, range: &Range<f32>) -> f32 {
    (value - range.start) / (range.end - range.start)
}

/// The pixel at a relative position.
fn pixel(position: f32, length: usize) -> usize {
    ((position * length as f32) as usize).min(length - 1)
}

fn has_density(row: &Strip<'_>) -> bool {
    row.panels.iter().any(|panel| matches!(panel, Panel::Density(_)))
}

/// A dot for each point: the more, the smaller and the fainter.
fn dots(canvas: &mut Canvas, points: &[[f32; 2]], axes: &Axes, place: Rect) {
    let crowd = (1000.0 / points.len().max(1) as f32).powf(0.25);
    let radius = (0.0045 * place.width as f32 * crowd).clamp(0.7, 4.0);
    let cover = (0.6 * crowd).clamp(0.25, 0.8);
    for [x, y] in points {
        let x = place.left as f32 + position(*x, &axes.x) * place.width as f32;
        let y = place.top as f32 + (1.0 - position(*y, &axes.y)) * place.height as f32;
        canvas.disc([x, y], radius, DOT, cover, place);
    }
}

/// The densities at the centres of a panel's pixels, row by row from the top.
fn density(log_prob: &LogProb<'_>, axes: &Axes, Rect { width, height, .. }: Rect) -> anyhow::Result<Vec<f32>> {
    let along =
        |range: &Range<f32>, i: usize, count: usize| range.start + (i as f32 + 0.5) / count as f32 * (range.end - range.start);
    let row = |y: usize| (0..width).map(move |x| [along(&axes.x, x, width), along(&axes.y, height - 1 - y, height)]);
    let points: Vec<[f32; 2]> = (0..height).flat_map(row).collect();
    let log_probs = log_prob(&points);
    ensure!(log_probs.len() == points.len(), "log_prob gave {} values for {} points", log_probs.len(), points.len());
    let exp = |value: f32| if value.is_finite() { value.exp().min(f32::MAX) } else { 0.0 };
    Ok(log_probs.into_iter().map(exp).collect())
}

/// The density above which no more than [`CLIPPED`] of the probability lies.
fn scale_end(mut densities: Vec<f32>) -> f32 {
    densities.sort_unstable_by(|a, b| b.total_cmp(a));
    let sum = |densities: &[f32]| densities.iter().map(|&density| f64::from(density)).sum::<f64>();
    let mut above = CLIPPED * sum(&densities);
    let end = densities.into_iter().find(|&density| {
        above -= f64::from(density);
        above <= 0.0
    });
    end.filter(|&end| end > 0.0).unwrap_or(1.0)
}

/// The colour of a density relative to the scale's end.
fn colour(value: f32) -> Colour {
    static MAGMA: LazyLock<[Colour; 256]> =
        LazyLock::new(|| std::array::from_fn(|i| colorous::MAGMA.eval_rational(i, 256).as_array()));
    MAGMA[usize::from((255.0 * value).round() as u8)] // `as` saturates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_scale_ends_below_needles() {
        // half of the probability in a needle is a peak, one part in a hundred is not
        assert_eq!(scale_end([&[100.0][..], &[1.0; 100]].concat()), 100.0);
        assert_eq!(scale_end([&[100.0][..], &[1.0; 10_000]].concat()), 1.0);
        assert_eq!(scale_end(vec![3.0; 7]), 3.0);
        assert_eq!(scale_end(vec![0.0; 7]), 1.0);
        assert_eq!(scale_end(vec![f32::MAX; 7]), f32::MAX);
        assert_eq!(scale_end(vec![]), 1.0);
    }

    #[test]
    fn the_colours_run_from_dark_to_bright() {
        let light = |value| colour(value).map(u32::from).iter().sum::<u32>();
        assert!((0..10).all(|i| light(i as f32 / 10.0) < light((i + 1) as f32 / 10.0)));
        assert_eq!((colour(-1.0), colour(2.0)), (colour(0.0), colour(1.0)));
    }

    #[test]
    fn ticks_run_to_the_right_and_upwards() {
        let axes = Axes { x: 0.0..4.0, y: -1.0..1.0, labels: Default::default() };
        let strip = Strip { title: "", axes: axes.clone(), panels: vec![Panel::Samples(&[])] };
        let style = Style { panel: 200, ..Style::new(720, 1, &[strip]).unwrap() };
        let at =
            |ticks: &[(usize, String)]| ticks.iter().map(|(at, text)| format!("{at}: {text}")).collect::<Vec<_>>().join(", ");
        let [x, y] = style.ticks(&axes, 100);
        assert_eq!((at(&x), at(&y)), ("0: 0, 50: 1, 100: 2, 150: 3, 199: 4".into(), "99: −1, 50: 0, 0: 1".into()));
    }

    #[test]
    fn no_axes_panic() {
        for range in [0.0..0.0, 1.0..-1.0, f32::NAN..1.0, f32::MIN..f32::MAX, 0.0..1e-40, 1e9..1.000_000_1e9] {
            let axes = Axes { x: range.clone(), y: range, labels: Default::default() };
            let panels = vec![Panel::Samples(&[[0.0; 2]]), Panel::Density(&|points| points.iter().map(|[x, _]| *x).collect())];
            assert!(draw(&["", ""], &[Strip { title: "", axes, panels }]).is_ok());
        }
    }
}

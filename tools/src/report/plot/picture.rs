//! Lays a picture out and draws it with plotters. Lengths are in points, unless they are called
//! fine: those are in pixels.

use super::{
    Axes, Panel, Strip,
    axes::{number, numbers, span},
    heat::{Scale, colour, density},
};
use anyhow::{Context, Result, anyhow, ensure};
use plotters::{
    chart::MeshStyle,
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::{
        register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};
use std::ops::Range;

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Pixels for a point. A picture is as wide as its points on a page, and is sharp at twice that
/// size.
const FINE: i32 = 2;
/// Points of an inch, as browsers have them.
const POINTS_PER_INCH: f64 = 96.0;
const INK: RGBColor = RGBColor(38, 38, 46);
const FAINT: RGBColor = RGBColor(96, 96, 108);
const DOT: RGBColor = RGBColor(72, 40, 120);
// The colours of lines as thin as a pixel.
const LINE: RGBColor = RGBColor(113, 113, 129);
const GUIDE: RGBColor = RGBColor(221, 221, 227);

/// The margin of the picture, and the distance between columns and between rows.
const GAP: i32 = 20;
const TITLE: i32 = 38;
const LABEL: i32 = 28;
const TICK: i32 = 5;
const TICK_LABEL: i32 = 18;
/// The least distance between two numbers of the vertical axis.
const NUMBER: i32 = 36;
/// The width of the colour bar, and of the numbers beside it.
const BAR: [i32; 2] = [14, 50];
/// The heights of lines of text.
const TITLE_SIZE: f64 = 24.0;
const LABEL_SIZE: f64 = 19.0;
const TICK_SIZE: f64 = 17.0;
/// How far above their place plotters draws digits and capitals, relative to the size.
const RAISED: f64 = 0.216;
/// The smallest size that text is shrunk to before it is cut, relative to its proper size.
const SMALLEST: f64 = 0.7;

/// The horizontal geometry of a picture.
struct Geometry {
    /// Where the first panel begins.
    left: i32,
    /// The width of a panel.
    panel: i32,
}

/// Draws rows of panels as PNG. Each row has one panel for each column.
pub(super) fn draw(columns: &[&str], rows: &[Strip<'_>]) -> Result<Vec<u8>> {
    register_font("sans-serif", FontStyle::Normal, dejavu::sans_condensed::regular())
        .map_err(|_| anyhow!("cannot read the built-in font"))?;
    let width = if columns.len() == 1 { 720 } else { 1200 };
    let geometry = Geometry::new(width, columns.len() as i32, rows)?;
    let mut top = GAP + if columns.iter().all(|title| title.is_empty()) { 0 } else { TITLE };
    let height = top
        + rows
            .iter()
            .map(|row| geometry.height(&row.axes) + geometry.below(&row.axes) + GAP)
            .sum::<i32>();
    let mut pixels = vec![255; (3 * FINE * width) as usize * (FINE * height) as usize];
    let root =
        BitMapBackend::with_buffer(&mut pixels, ((FINE * width) as u32, (FINE * height) as u32))
            .into_drawing_area();
    for (i, title) in columns.iter().enumerate() {
        let centre = [geometry.column(i) + geometry.panel / 2, GAP + 8];
        write(&root, title, TITLE_SIZE, geometry.panel + GAP / 2, centre, false)?;
    }
    for row in rows {
        geometry.row(&root, row, top)?;
        top += geometry.height(&row.axes) + geometry.below(&row.axes) + GAP;
    }
    root.present()?;
    drop(root);
    png(&pixels, FINE * width, FINE * height)
}

impl Geometry {
    fn new(width: i32, columns: i32, rows: &[Strip<'_>]) -> Result<Self> {
        let numbers = rows
            .iter()
            .map(|row| longest(&row.axes.y))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .max()
            .unwrap_or(0);
        let row_title = if rows.iter().all(|row| row.title.is_empty()) { 0 } else { TITLE };
        let y_label = if rows.iter().all(|row| row.axes.labels[1].is_empty()) { 0 } else { LABEL };
        let left = GAP + row_title + y_label + numbers + 2 * TICK;
        let right =
            if rows.iter().any(has_density) { GAP + BAR[0] + 2 * TICK + BAR[1] + LABEL } else { 0 }
                + GAP;
        let panel = (width - left - right - GAP * (columns - 1)) / columns;
        ensure!(panel >= 60, "{columns} panels side by side leave {panel} pixels for each");
        Ok(Geometry { left, panel })
    }

    /// Where a column begins, from the left.
    fn column(&self, i: usize) -> i32 {
        self.left + i as i32 * (self.panel + GAP)
    }

    /// The height of a panel.
    fn height(&self, axes: &Axes) -> i32 {
        (f64::from(self.panel) * axes.aspect()).round() as i32
    }

    /// The height of the numbers and of the label of x, below a panel.
    fn below(&self, axes: &Axes) -> i32 {
        TICK + TICK_LABEL + if axes.labels[0].is_empty() { 0 } else { LABEL }
    }

    /// Draws a row of panels with its numbers and labels. It begins at `top`.
    fn row(&self, root: &Area<'_>, row: &Strip<'_>, top: i32) -> Result<()> {
        let (axes, height, below) = (&row.axes, self.height(&row.axes), self.below(&row.axes));
        let heat = row.panels.iter().map(|panel| match panel {
            Panel::Samples(_) => Ok(Vec::new()),
            Panel::Density(log_prob) => {
                density(log_prob, axes, (FINE * self.panel) as usize, (FINE * height) as usize)
            }
        });
        let heat = heat.collect::<Result<Vec<_>>>()?;
        let scale = Scale::of(heat.concat());
        let (x_count, y_count) = (self.panel * 2 / (3 * longest(&axes.x)?), height / NUMBER);
        let (x_count, y_count) = (x_count as usize, y_count as usize);
        for (i, (panel, heat)) in row.panels.iter().zip(&heat).enumerate() {
            let left = if i == 0 { self.left } else { 0 };
            let place = part(root, self.column(i) - left, top, left + self.panel, height + below);
            let mut chart = ChartBuilder::on(&place)
                .y_label_area_size(FINE * left)
                .x_label_area_size(FINE * below)
                .build_cartesian_2d(span(&axes.x), span(&axes.y))?;
            let (write_x, write_y) = (number(&axes.x), number(&axes.y));
            let mut mesh = chart.configure_mesh();
            mesh.x_labels(x_count)
                .y_labels(y_count)
                .x_label_formatter(&write_x)
                .y_label_formatter(&write_y);
            mesh.bold_line_style(GUIDE);
            finish(&mut mesh)?;
            match panel {
                Panel::Samples(points) => {
                    let crowd = (1000.0 / points.len().max(1) as f32).powf(0.25);
                    let radius =
                        (0.0045 * self.panel as f32 * crowd).clamp(0.7, 4.0) * FINE as f32 + 0.5;
                    let style = DOT.mix((0.6 * crowd).clamp(0.25, 0.8).into()).filled();
                    let inside =
                        points.iter().filter(|[x, y]| axes.x.contains(x) && axes.y.contains(y));
                    chart.draw_series(inside.map(|[x, y]| {
                        Circle::new((f64::from(*x), f64::from(*y)), radius.round() as i32, style)
                    }))?;
                }
                Panel::Density(_) => {
                    let heat = |x, y| heat[y * (FINE * self.panel) as usize + x] / scale.end;
                    image(&chart.plotting_area().strip_coord_spec(), heat)?;
                }
            }
            frame(&chart.plotting_area().strip_coord_spec())?;
            let centre = [self.column(i) + self.panel / 2, top + height + below - LABEL / 2];
            write(root, &axes.labels[0], LABEL_SIZE, self.panel, centre, false)?;
        }
        let edge = GAP + if row.title.is_empty() { 0 } else { TITLE };
        write(root, row.title, TITLE_SIZE, height, [GAP + 8, top + height / 2], true)?;
        write(root, &axes.labels[1], LABEL_SIZE, height, [edge + 6, top + height / 2], true)?;
        if has_density(row) {
            self.colour_bar(root, scale, self.column(row.panels.len()), top, height)
        } else {
            Ok(())
        }
    }

    /// Draws the colour bar right of the last panel, from density 0 to the end of the scale, and
    /// says where densities above the end have its colour.
    fn colour_bar(
        &self,
        root: &Area<'_>,
        Scale { end, is_clipped }: Scale,
        left: i32,
        top: i32,
        height: i32,
    ) -> Result<()> {
        let beside = 2 * TICK + longest(&(0.0..end))?.min(BAR[1]) + LABEL;
        let place = part(root, left, top, BAR[0] + beside, height);
        let mut chart = ChartBuilder::on(&place)
            .right_y_label_area_size(FINE * beside)
            .build_cartesian_2d(0.0..1.0, span(&(0.0..end)))?;
        let count = (height / NUMBER) as usize;
        let write_y = number(&(0.0..end));
        finish(
            chart
                .configure_mesh()
                .disable_mesh()
                .x_labels(0)
                .y_labels(count)
                .y_label_formatter(&write_y),
        )?;
        let bar = chart.plotting_area().strip_coord_spec();
        image(&bar, |_, y| 1.0 - (y as f32 + 0.5) / (FINE * height) as f32)?;
        frame(&bar)?;
        // Two digits: a label must be short.
        let largest = write_y(&format!("{end:.1e}").parse().unwrap_or(end.into()));
        let label =
            if is_clipped { format!("density, top \u{2265} {largest}") } else { "density".into() };
        write(
            root,
            &label,
            LABEL_SIZE,
            height,
            [left + BAR[0] + beside - LABEL / 2, top + height / 2],
            true,
        )
    }
}

/// Whether a row has a panel with a density.
fn has_density(row: &Strip<'_>) -> bool {
    row.panels.iter().any(|panel| matches!(panel, Panel::Density(_)))
}

/// The part of the picture that begins at (left, top).
fn part<'a>(root: &Area<'a>, left: i32, top: i32, width: i32, height: i32) -> Area<'a> {
    root.clone().shrink((FINE * left, FINE * top), (FINE * width, FINE * height))
}

/// Draws the numbers and lines of a mesh in the common style.
fn finish<'a>(
    mesh: &mut MeshStyle<'a, '_, RangedCoordf64, RangedCoordf64, BitMapBackend<'a>>,
) -> Result<()> {
    let size = f64::from(FINE) * TICK_SIZE;
    let mesh = mesh
        .axis_style(LINE)
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", size).into_font().color(&FAINT));
    Ok(mesh.set_all_tick_mark_size(FINE * TICK).y_label_offset((RAISED * size) as i32).draw()?)
}

/// Draws the border of an area.
fn frame(area: &Area<'_>) -> Result<()> {
    let (width, height) = area.dim_in_pixel();
    Ok(area.draw(&Rectangle::new([(0, 0), (width as i32 - 1, height as i32 - 1)], LINE))?)
}

/// Fills an area with the colours of values, from 0 to 1, at its pixels.
fn image(area: &Area<'_>, value: impl Fn(usize, usize) -> f32) -> Result<()> {
    let (width, height) = area.dim_in_pixel();
    let pixel = |i: u32| colour(value((i % width) as usize, (i / width) as usize));
    let pixels = (0..width * height).flat_map(pixel).collect();
    let image: BitMapElement<'_, _> =
        BitMapElement::with_owned_buffer((0, 0), (width, height), pixels)
            .context("cannot draw the density")?;
    Ok(area.draw(&image)?)
}

/// The length of a text in pixels.
fn length(text: &str, size: f64) -> Result<i32> {
    Ok((("sans-serif", f64::from(FINE) * size).into_font().box_size(text)?.0 as i32 + FINE - 1)
        / FINE)
}

/// The length of the longest number beside a panel, in pixels.
fn longest(range: &Range<f32>) -> Result<i32> {
    let lengths =
        (2..10).flat_map(|count| numbers(range, count)).map(|text| length(&text, TICK_SIZE));
    Ok(lengths.collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or(1).max(1))
}

/// Writes text centred at a point. Text longer than `most` is shrunk, and then cut.
fn write(
    root: &Area<'_>,
    text: &str,
    proper_size: f64,
    most: i32,
    [x, y]: [i32; 2],
    upright: bool,
) -> Result<()> {
    let fitting = f64::from(most) / f64::from(length(text, proper_size)?.max(1));
    let size = proper_size * fitting.clamp(SMALLEST, 1.0);
    let (mut shown, mut chars) = (text.to_string(), text.chars().count());
    while chars > 0 && length(&shown, size)? > most + 1 {
        chars -= 1;
        shown = shown.chars().take(chars).chain(['\u{2026}']).collect();
    }
    let fine_size = f64::from(FINE) * size;
    let level = ("sans-serif", fine_size).into_font();
    let font = if upright { level.transform(FontTransform::Rotate270) } else { level };
    let lower = (RAISED * fine_size) as i32;
    let place = if upright { (FINE * x + lower, FINE * y) } else { (FINE * x, FINE * y + lower) };
    Ok(root.draw_text(
        &shown,
        &font.color(&INK).pos(Pos::new(HPos::Center, VPos::Center)),
        place,
    )?)
}

/// Encodes a PNG, with the size in which a page shows it.
fn png(pixels: &[u8], width: i32, height: i32) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width.try_into()?, height.try_into()?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let per_metre = (f64::from(FINE) * POINTS_PER_INCH / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

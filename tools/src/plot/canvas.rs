//! Pixels, and what is drawn on them.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use anyhow::Context;

/// Red, green and blue, sRGB.
pub(super) type Colour = [u8; 3];

/// Where a text's position is on it, across and along its direction: 0 the start, 1/2 the middle, 1 the end.
pub(super) type Anchor = f32;

/// Pixels that are drawn over.
#[derive(Debug)]
pub(super) struct Canvas {
    width: usize,
    pixels: Vec<Colour>,
}

/// A whole number of pixels from the left and the top, and width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Rect {
    /// Its centre.
    pub fn middle(&self) -> [f32; 2] {
        [self.left as f32 + 0.5 * self.width as f32, self.top as f32 + 0.5 * self.height as f32]
    }
}

impl Canvas {
    /// White.
    pub fn new(width: usize, height: usize) -> Self {
        Canvas { width, pixels: vec![[255; 3]; width * height] }
    }

    fn height(&self) -> usize {
        self.pixels.len() / self.width
    }

    /// Mixes `cover` of the colour into a pixel, if it is on the canvas.
    fn blend(&mut self, x: i32, y: i32, colour: Colour, cover: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            for (below, above) in pixel.iter_mut().zip(colour) {
                *below = (f32::from(*below) + cover.min(1.0) * (f32::from(above) - f32::from(*below))).round() as u8;
            }
        }
    }

    /// Sets every pixel of a rectangle to its colour, row by row from the top.
    pub fn image(&mut self, rect: Rect, mut colour: impl FnMut(usize, usize) -> Colour) {
        let rows = self.pixels.chunks_exact_mut(self.width).skip(rect.top).take(rect.height);
        for (y, row) in rows.enumerate() {
            for (x, pixel) in row.iter_mut().skip(rect.left).take(rect.width).enumerate() {
                *pixel = colour(x, y);
            }
        }
    }

    /// One colour all over.
    pub fn fill(&mut self, rect: Rect, colour: Colour) {
        self.image(rect, |_, _| colour);
    }

    /// A line of one pixel around the rectangle.
    pub fn frame(&mut self, Rect { left, top, width, height }: Rect, colour: Colour) {
        for top in [top - 1, top + height] {
            self.fill(Rect { left: left - 1, top, width: width + 2, height: 1 }, colour);
        }
        for left in [left - 1, left + width] {
            self.fill(Rect { left, top, width: 1, height }, colour);
        }
    }

    /// A smooth-edged disc; its part outside the clipping rectangle is left out.
    pub fn disc(&mut self, [x, y]: [f32; 2], radius: f32, colour: Colour, cover: f32, clip: Rect) {
        let span = |centre: f32, from: usize, length: usize| {
            let (first, last) = ((centre - radius - 1.0).floor() as i32, (centre + radius + 1.0).ceil() as i32);
            first.max(from as i32)..last.min((from + length) as i32)
        };
        for row in span(y, clip.top, clip.height) {
            for column in span(x, clip.left, clip.width) {
                let distance = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                self.blend(column, row, colour, cover * (radius + 0.5 - distance).clamp(0.0, 1.0));
            }
        }
    }

    /// Text no longer than a number of pixels; `upright` text runs from the bottom to the top.
    pub fn text(
        &mut self,
        (pen, text): (&Pen, &str),
        length: f32,
        [x, y]: [f32; 2],
        [along, across]: [Anchor; 2],
        upright: bool,
    ) {
        let (pen, text) = pen.fit(text, length);
        let (length, height) = (pen.length(&text), pen.digit_height());
        // the baseline's start, on whole pixels so that all texts are equally sharp
        let (back, down) = (along * length, (1.0 - across) * height);
        let (x, y) = if upright { (x + down, y + back) } else { (x - back, y + down) };
        let (x, y) = (x.round() as i32, y.round() as i32);
        for (glyph, start) in pen.glyphs(&text) {
            let glyph = glyph.with_scale_and_position(pen.scale, point(start, 0.0));
            if let Some(outline) = pen.font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                outline.draw(|column, row, cover| {
                    let (right, below) = (bounds.min.x as i32 + column as i32, bounds.min.y as i32 + row as i32);
                    let (x, y) = if upright { (x + below, y - right - 1) } else { (x + right, y + below) };
                    self.blend(x, y, pen.colour, cover);
                });
            }
        }
    }

    /// The picture as a file.
    pub fn png(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width.try_into()?, self.height().try_into()?);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        let mut writer = encoder.write_header().context("cannot encode the picture")?;
        writer.write_image_data(self.pixels.as_flattened()).context("cannot encode the picture")?;
        writer.finish().context("cannot encode the picture")?;
        Ok(bytes)
    }
}

/// How small text becomes to fit, relative to its proper size, before it is cut.
const SMALLEST: f32 = 0.7;

/// What text is written with.
#[derive(Clone, Debug)]
pub(super) struct Pen {
    font: FontRef<'static>,
    scale: PxScale,
    colour: Colour,
}

impl Pen {
    /// `size` is the height of a line in pixels.
    pub fn new(size: f32, colour: Colour) -> anyhow::Result<Self> {
        let font = FontRef::try_from_slice(dejavu::sans_condensed::regular()).context("cannot read the built-in font")?;
        Ok(Pen { font, scale: PxScale::from(size), colour })
    }

    /// The text and a pen that writes it within the length: if need be a smaller pen, and if need be less of the text.
    pub fn fit(&self, text: &str, length: f32) -> (Self, String) {
        let shrink = (length / self.length(text).max(1.0)).clamp(SMALLEST, 1.0);
        let pen = Pen { scale: PxScale::from(self.scale.y * shrink), ..self.clone() };
        let cut = |chars: usize| text.chars().take(chars).chain(['\u{2026}']).collect::<String>();
        let shorter = || (0..text.chars().count()).rev().map(cut).find(|text| pen.length(text) <= length).unwrap_or_default();
        let text = if pen.length(text) <= length + 0.01 { text.into() } else { shorter() };
        (pen, text)
    }

    /// How long the text is in pixels.
    pub fn length(&self, text: &str) -> f32 {
        let font = self.font.as_scaled(self.scale);
        self.glyphs(text).last().map_or(0.0, |(glyph, advance)| advance + font.h_advance(glyph))
    }

    /// How high digits and capitals are in pixels.
    pub fn digit_height(&self) -> f32 {
        0.63 * self.scale.y
    }

    /// The glyphs and how far from the start each is.
    fn glyphs(&self, text: &str) -> impl Iterator<Item = (GlyphId, f32)> {
        let font = self.font.as_scaled(self.scale);
        let mut end = 0.0;
        let mut last = None;
        text.chars().map(move |char| {
            let id = font.glyph_id(char);
            let start = end + last.map_or(0.0, |last| font.kern(last, id));
            end = start + font.h_advance(id);
            last = Some(id);
            (id, start)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Colour = [0; 3];

    /// The columns and rows that are not white.
    fn extent(canvas: &Canvas) -> [usize; 4] {
        let inked: Vec<usize> = (0..canvas.pixels.len()).filter(|&i| canvas.pixels[i] != [255; 3]).collect();
        let (x, y) = (|i: &usize| i % canvas.width, |i: &usize| i / canvas.width);
        let ends = |at: &dyn Fn(&usize) -> usize| (inked.iter().map(at).min().unwrap(), inked.iter().map(at).max().unwrap());
        let ((left, right), (top, bottom)) = (ends(&x), ends(&y));
        [left, right, top, bottom]
    }

    #[test]
    fn text_is_where_its_anchor_says() {
        let pen = Pen::new(24.0, INK).unwrap();
        let length = pen.length("HH");
        for (upright, along, across) in
            [(false, 0.0, 0.0), (false, 0.5, 1.0), (true, 0.0, 1.0), (true, 0.5, 0.5), (true, 1.0, 0.0)]
        {
            let mut canvas = Canvas::new(100, 100);
            canvas.text((&pen, "HH"), 100.0, [50.0, 50.0], [along, across], upright);
            let (from, up) =
                (if upright { 50.0 - (1.0 - along) * length } else { 50.0 - along * length }, 50.0 - across * pen.digit_height());
            let [text_from, text_to, text_up, text_down] = match extent(&canvas) {
                [left, right, top, bottom] if upright => [top, bottom, left, right],
                horizontal => horizontal,
            };
            let expected = [from, from + length, up, up + pen.digit_height()];
            for (found, expected) in [text_from, text_to, text_up, text_down].into_iter().zip(expected) {
                assert!((found as f32 + 0.5 - expected).abs() < 3.5, "{upright} {along} {across}: {found} is not {expected}");
            }
        }
    }

    #[test]
    fn text_shrinks_and_is_cut_to_its_length() {
        let pen = Pen::new(24.0, INK).unwrap();
        let length = pen.length("some words");
        for (room, expected) in [(1.0, "some words"), (0.8, "some words"), (0.5, "some \u{2026}"), (0.2, "s\u{2026}"), (0.0, "")]
        {
            let (pen, text) = pen.fit("some words", room * length);
            assert!(text == expected && pen.length(&text) <= room * length + 0.01, "{room}: {text}");
        }
        assert_eq!(pen.fit("", 0.0).1, "");
    }

    #[test]
    fn discs_stay_within_their_clip_and_the_canvas() {
        let mut canvas = Canvas::new(20, 20);
        canvas.disc([6.0, 6.0], 8.0, INK, 1.0, Rect { left: 3, top: 4, width: 5, height: 30 });
        assert_eq!(extent(&canvas), [3, 7, 4, 13]);
        for [x, y] in [[1e30, -1e30], [f32::INFINITY, 0.0], [f32::NAN, 0.0]] {
            canvas.disc([x, y], 8.0, INK, 1.0, Rect { left: 0, top: 0, width: 20, height: 20 });
        }
        assert_eq!(extent(&canvas), [3, 7, 4, 13]);
    }
}

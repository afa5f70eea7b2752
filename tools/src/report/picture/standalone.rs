//! A picture as a file of its own, in light colours.

use super::Picture;
use crate::report::chart::{STYLE, resolved};
use anyhow::{Context, Result};
use maud::{PreEscaped, html};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};
use std::sync::Arc;

/// Pixels of a PNG for a pixel of the picture.
const FINE: f32 = 3.0;

/// Characters from here on are not in the built-in font.
const BEYOND: char = '\u{2e80}';

/// The picture as SVG.
pub fn svg(picture: &Picture) -> String {
    let [width, height] = picture.size;
    let style = resolved(STYLE);
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox=(format!("0 0 {width} {height}"))
            width=(width) height=(height) {
            title { (picture.title) }
            desc { (picture.alt) }
            style { (PreEscaped(&style)) }
            rect width=(width) height=(height) fill="#ffffff" {}
            (picture.drawn)
        }
    };
    format!("{}\n", svg.into_string())
}

/// The picture as PNG, three times as large. The same picture has the same bytes; but where a name
/// has characters that the built-in font lacks, the system's fonts draw them.
///
/// # Errors
///
/// None that is known of.
pub fn png(picture: &Picture) -> Result<Vec<u8>> {
    let svg = svg(picture);
    let mut options = Options { font_family: "DejaVu Sans".into(), ..Options::default() };
    let fonts = Arc::make_mut(&mut options.fontdb);
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    if svg.chars().any(|c| c >= BEYOND) {
        fonts.load_system_fonts();
    }
    let tree = Tree::from_str(&svg, &options).context("cannot draw the picture")?;
    let [width, height] = picture.size.map(|length| (length as f32 * FINE).ceil() as u32);
    let mut pixels = Pixmap::new(width, height).context("the picture has no extent")?;
    resvg::render(&tree, Transform::from_scale(FINE, FINE), &mut pixels.as_mut());
    pixels.encode_png().context("cannot encode the picture")
}

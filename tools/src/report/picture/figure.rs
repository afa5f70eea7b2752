use maud::{Markup, html};

/// A picture: SVG whose colours a style sheet names.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it shows, in few words.
    pub title: String,
    /// What there is to see, in sentences, for those who do not see it.
    pub alt: String,
    /// Its width and height in pixels.
    pub size: [f64; 2],
    /// What is drawn.
    pub drawn: Markup,
}

impl Picture {
    /// The usual size. A phone shows text of this width at about its own size.
    pub const SIZE: [f64; 2] = [400.0, 270.0];

    /// The picture as an element of a page, where the element with the anchor `described_by` says what
    /// there is to see.
    pub fn element(&self, described_by: &str) -> Markup {
        let [width, height] = self.size;
        html! {
            svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox=(format!("0 0 {width} {height}"))
                width=(width) height=(height) aria-describedby=(described_by) {
                title { (self.title) }
                (self.drawn)
            }
        }
    }
}

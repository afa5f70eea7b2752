//! The colours of pages and charts, in light and dark.

/// A colour by its name in style sheets, as `var(--NAME)`.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    /// Its name.
    pub name: &'static str,
    /// On white.
    pub light: &'static str,
    /// On black.
    pub dark: &'static str,
}

const fn tone(name: &'static str, light: &'static str, dark: &'static str) -> Tone {
    Tone { name, light, dark }
}

/// All colours. Text has a contrast of 4.5 or more with what is behind it, lines that carry meaning
/// one of 3.
pub const PALETTE: [Tone; 8] = [
    tone("paper", "#ffffff", "#11151a"),
    tone("panel", "#f5f7f9", "#1a2028"),
    tone("ink", "#1d2228", "#e8edf2"),
    tone("faint", "#545d68", "#a8b2bd"),
    tone("grid", "#dce1e6", "#2c3540"),
    tone("axis", "#7b858f", "#7f8b98"),
    tone("first", "#0b5cad", "#7cbcff"),
    tone("second", "#b3261e", "#ff9f94"),
];

/// The style of the parts of charts. Whatever has a meaning differs by shape, dash or label too.
pub const STYLE: &str = "\
text{font-family:system-ui,'DejaVu Sans',sans-serif;font-size:11px;fill:var(--faint)}
.name{font-size:12px;fill:var(--ink)}
.word{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.end{text-anchor:end}
.mid{text-anchor:middle}
.grid{fill:none;stroke:var(--grid);stroke-width:1}
.axis{fill:none;stroke:var(--axis);stroke-width:1}
.first{fill:none;stroke:var(--first);stroke-width:1.75;stroke-linejoin:round}
.thin{fill:none;stroke:var(--first);stroke-width:.8;stroke-linejoin:round}
.second{fill:none;stroke:var(--second);stroke-width:1.75;stroke-dasharray:6 3}
.solid{fill:none;stroke:var(--second);stroke-width:1.75;stroke-linejoin:round}
.dash{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-dasharray:3 3}
.dots{fill:none;stroke:var(--first);stroke-width:2.4;stroke-linecap:round;stroke-opacity:.55}
.bar{fill:var(--first)}
.soft{fill:var(--first);fill-opacity:.16}
.layer{fill:var(--first);fill-opacity:.13;fill-rule:evenodd}
.mark{fill:var(--second)}
.ring{fill:var(--paper);stroke:var(--second);stroke-width:2}
";

/// A style sheet with the light colours themselves, for a picture that stands alone.
pub fn resolved(style: &str) -> String {
    PALETTE.iter().fold(style.to_string(), |style, tone| {
        style.replace(&format!("var(--{})", tone.name), tone.light)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance, as WCAG 2 defines it.
    fn luminance(colour: &str) -> f64 {
        let channel = |i: usize| {
            let value = u8::from_str_radix(&colour[1 + 2 * i..3 + 2 * i], 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let [a, b] = [luminance(a), luminance(b)];
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_lines_have_contrast() {
        assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
        let tone = |name: &str| PALETTE.into_iter().find(|tone| tone.name == name).unwrap();
        for behind in ["paper", "panel"].map(tone) {
            for (name, least) in
                [("ink", 7.0), ("faint", 4.5), ("first", 4.5), ("second", 4.5), ("axis", 3.0)]
            {
                let Tone { light, dark, .. } = tone(name);
                let found = [contrast(light, behind.light), contrast(dark, behind.dark)];
                assert!(found.iter().all(|it| *it >= least), "{name} {}: {found:?}", behind.name);
            }
        }
    }

    #[test]
    fn a_picture_that_stands_alone_has_all_its_colours() {
        assert!(STYLE.contains("var(") && !resolved(STYLE).contains("var("));
    }
}

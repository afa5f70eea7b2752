use super::Picture;
use crate::{
    evaluate::findings::{FEW_NATS, Findings, Shuffled},
    report::chart::{fitted, line, minus},
};
use maud::html;

/// The most bars.
const MOST: usize = 60;

/// The height of a bar with its gap.
const HEIGHT: f64 = 18.0;

/// Where bars begin, and where the longest ends.
const BARS: [f64; 2] = [150.0, 345.0];

/// What each feature tells about the others and the context, as bars; those that tell least come
/// first.
pub fn draw(found: &Findings) -> Option<Picture> {
    let (shuffles, kind) = found.features.as_ref().zip(found.rows)?;
    let features = &shuffles.features;
    let mut shown: Vec<&Shuffled> = features.iter().collect();
    shown.sort_by(|a, b| a.nats.total_cmp(&b.nats));
    shown.truncate(MOST);
    let most = shown.iter().map(|it| it.nats).fold(FEW_NATS, f64::max);
    let [left, right] = BARS;
    let end = |nats: f64| left + (right - left) * (nats.max(0.0) / most);
    let top = |i: usize| 22.0 + HEIGHT * i as f64;
    let bar = |(i, it): (usize, &&Shuffled)| {
        let [x, y] = [end(it.nats).max(left + 1.0), top(i)];
        line([[left, y], [x, y], [x, y + HEIGHT - 6.0], [left, y + HEIGHT - 6.0]]) + "Z"
    };
    let bars: String = shown.iter().enumerate().map(bar).collect();
    let few = features.iter().filter(|it| it.nats < FEW_NATS).count();
    let part = match features.len() - shown.len() {
        0 => String::new(),
        more => format!(" The {more} that tell more are not drawn."),
    };
    Some(Picture {
        title: format!("What each feature tells about {}", found.card.others()),
        alt: format!(
            "Bars: how many nats {} {kind} lose in the mean, if the readings of one feature are \
             shuffled among them. {few} of {} features lose less than {FEW_NATS}.{part}",
            shuffles.rows,
            features.len()
        ),
        size: [Picture::SIZE[0], top(shown.len()) + 4.0],
        drawn: html! {
            text.name x="4" y="13" { "nats lost, if the feature is shuffled" }
            path.bar d=(bars) {}
            @for (i, it) in shown.iter().enumerate() {
                @let y = top(i) + 10.0;
                text.end x=(left - 6.0) y=(y) { (fitted(&it.feature, (left - 10.0) / 11.0)) }
                text x=((end(it.nats) + 6.0).round()) y=(y) { (minus(&format!("{:.2}", it.nats))) }
            }
        },
    })
}

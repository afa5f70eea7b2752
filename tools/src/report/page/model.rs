use super::{alarm, card, cost, parts::Section, rows};
use crate::evaluate::findings::Findings;

/// All sections of one model that have content, in the order of the page. Anchors in them begin with
/// `prefix`.
pub fn sections(found: &Findings, prefix: &str) -> Vec<Section> {
    let all = [
        alarm::promise(found),
        card::doubts(found),
        rows::density(found, prefix),
        rows::log_probs(found, prefix),
        alarm::p_values(found, prefix),
        alarm::detection(found, prefix),
        alarm::timeline(found, prefix),
        rows::features(found, prefix),
        cost::cores(found),
        cost::beside(found),
        card::card(found, prefix),
        card::missing(found),
    ];
    all.into_iter().filter(|section| !section.content.0.is_empty()).collect()
}

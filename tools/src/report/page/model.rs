use super::{alarm, card, cost, parts::Section, rows};
use crate::evaluate::findings::Findings;

/// All sections of one model that have content, in the order of the page.
pub fn sections(found: &Findings) -> Vec<Section> {
    let all = [
        alarm::promise(found),
        card::doubts(found),
        rows::density(found),
        rows::log_probs(found),
        alarm::p_values(found),
        alarm::detection(found),
        alarm::timeline(found),
        rows::features(found),
        cost::cores(found),
        cost::beside(found),
        card::card(found),
        card::missing(found),
    ];
    all.into_iter().filter(|section| !section.content.0.is_empty()).collect()
}

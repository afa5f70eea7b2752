//! The looks at the held-out rows, few enough for the notes of a model.

use super::Look;

/// The looks of a run that are kept, beside the best.
const KEPT: usize = 16;

/// Looks at even distances, the first, the best and the last among them. Those that found a row
/// impossible are left out. Nats are rounded to four digits, as they are printed.
pub fn thinned(looks: &[Look]) -> Vec<Look> {
    let finite: Vec<Look> = looks.iter().copied().filter(|(_, nats)| nats.is_finite()).collect();
    let best = (0..finite.len()).min_by(|&a, &b| finite[a].1.total_cmp(&finite[b].1));
    let last = finite.len().saturating_sub(1);
    let is_even = |i: usize| i * KEPT / last.max(1) != (i + 1) * KEPT / last.max(1);
    let kept = (0..finite.len()).filter(|&i| i == 0 || i == last || Some(i) == best || is_even(i));
    kept.map(|i| (finite[i].0, (finite[i].1 * 1e4).round() / 1e4)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_best_and_last_are_kept() {
        let mut looks: Vec<Look> = (0..=50).map(|i| (i * 10, 2.0 - i as f64 * 1e-3)).collect();
        looks[31].1 = 1.000_049;
        looks[7].1 = f64::INFINITY;
        let kept = thinned(&looks);
        assert!(kept.len() <= KEPT + 3 && kept.len() >= KEPT, "{kept:?}");
        assert!(kept.contains(&(310, 1.0)) && !kept.iter().any(|look| look.0 == 70));
        assert_eq!((kept[0], kept[kept.len() - 1].0), ((0, 2.0), 500));
        assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[1].0 - pair[0].0 <= 50));
        assert_eq!(thinned(&[]), []);
        assert_eq!(thinned(&[(0, 1.5)]), [(0, 1.5)]);
    }
}

/// How many words a list shows.
const SHOWN: usize = 6;

/// The first words of a list, separated by commas, and how many more there are.
pub fn first_of(words: &[String]) -> String {
    let shown = words[..words.len().min(SHOWN)].join(", ");
    match words.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

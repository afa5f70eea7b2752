use crate::evaluate::alarms::Alarms;
use serde::Serialize;

/// How soon the detector is in alarm where anomalies begin.
#[derive(Clone, Debug, Serialize)]
pub struct Delays {
    /// Stretches of anomalies in which no alarm was held from before.
    pub stretches: usize,
    /// Those of them that were found.
    pub found: usize,
    /// The median delay of those that were found, in readings.
    pub median: Option<usize>,
    /// The longest.
    pub longest: Option<usize>,
    /// For each delay that occurred, in ascending order: the delay, and how many stretches were found
    /// by then.
    pub curve: Vec<(usize, usize)>,
}

impl Delays {
    /// Of the alarms on labelled rows; `None` where no stretch of anomalies began.
    pub fn of(alarms: &Alarms) -> Option<Self> {
        let mut found: Vec<usize> = alarms.delays.iter().flatten().copied().collect();
        found.sort_unstable();
        let mut curve = Vec::new();
        let mut by_then = 0;
        for equal in found.chunk_by(|a, b| a == b) {
            by_then += equal.len();
            curve.push((equal[0], by_then));
        }
        (!alarms.delays.is_empty()).then(|| Delays {
            stretches: alarms.delays.len(),
            found: found.len(),
            median: alarms.median_delay(),
            longest: found.last().copied(),
            curve,
        })
    }
}

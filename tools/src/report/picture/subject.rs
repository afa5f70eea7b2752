use super::{Picture, delay, features, log_probs, p_values, pair, plane, roc, timeline, training};
use crate::evaluate::findings::Findings;

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The looks at the held-out rows during training.
    Training,
    /// Data against samples, two features at a time.
    Pairs,
    /// The log_prob over the plane, with the alarm contour.
    Plane,
    /// A histogram of log_probs with the threshold.
    LogProbs,
    /// The p-values of normal rows against uniform ones.
    PValues,
    /// Detection against false alarms.
    Roc,
    /// How soon anomalies are found.
    Delay,
    /// The log_probs row by row, with alarms.
    Timeline,
    /// What each feature tells about the others.
    Features,
}

impl Subject {
    /// What the picture takes, in words.
    pub fn takes(self) -> &'static str {
        match self {
            Subject::Training => "a model file that keeps the looks at the held-out rows",
            Subject::Plane => "a model of two features",
            Subject::Pairs => "rows",
            Subject::LogProbs | Subject::Timeline => "test rows that are possible for the model",
            Subject::PValues => "a calibrated model and test rows",
            Subject::Roc => "test rows with labels of anomalies",
            Subject::Delay => {
                "a calibrated model, and labelled test rows with anomalies that it finds, not all at once"
            }
            Subject::Features => "rows, more than there are features",
        }
    }

    /// The pictures of this subject; none where the findings do not have it.
    pub fn draw(self, found: &Findings) -> Vec<Picture> {
        match self {
            Subject::Training => training::draw(found).into_iter().collect(),
            Subject::Pairs => pair::draw(found),
            Subject::Plane => plane::draw(found).into_iter().collect(),
            Subject::LogProbs => log_probs::draw(found).into_iter().collect(),
            Subject::PValues => p_values::draw(found).into_iter().collect(),
            Subject::Roc => roc::draw(found).into_iter().collect(),
            Subject::Delay => delay::draw(found).into_iter().collect(),
            Subject::Timeline => timeline::draw(found).into_iter().collect(),
            Subject::Features => features::draw(found).into_iter().collect(),
        }
    }
}

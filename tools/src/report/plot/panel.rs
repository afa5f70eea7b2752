use super::Axes;
use std::fmt;

/// A density in the plane: returns the log-density of each point in nats.
pub type LogProb<'a> = dyn Fn(&[[f32; 2]]) -> Vec<f32> + 'a;

/// What one panel of a picture shows.
#[derive(Clone, Copy)]
pub enum Panel<'a> {
    /// A dot for each point.
    Samples(&'a [[f32; 2]]),
    /// A heat map of exp(log_prob). The function is called once, with the centres of all pixels. A
    /// value that is not finite is drawn as zero density.
    Density(&'a LogProb<'a>),
}

impl fmt::Debug for Panel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Panel::Samples(points) => f.debug_tuple("Samples").field(points).finish(),
            Panel::Density(_) => f.debug_tuple("Density").finish_non_exhaustive(),
        }
    }
}

/// Panels side by side, with the same axes and the same scale of colours.
#[derive(Clone, Debug)]
pub struct Strip<'a> {
    /// The title, which stands upright on the left; may be empty.
    pub title: &'a str,
    /// The axes of all panels.
    pub axes: Axes,
    /// The panels, one for each column.
    pub panels: Vec<Panel<'a>>,
}

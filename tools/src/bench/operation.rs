//! Readings of a simulated machine at a load and a temperature, with known density: what a context is
//! worth.

use super::Fold;
use crate::{
    data::operation::{CONTEXT, Draw, READINGS},
    model::ContextColumn,
};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// Rows to train on, and normal rows of the test.
const ROWS: usize = 10_000;

/// What the test rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Normal rows, and their true density: how near is the model?
    Density,
    /// Normal rows, and rows in the context of another row, kind 1: which are they?
    Swapped,
    /// Normal rows, and normal rows at rare operating points, kind 1: how often is the alarm false
    /// there?
    Rare,
}

/// Draws of the rows: with a few hundred rows at rare operating points, one draw differs from the
/// next by more than trainings on it do.
const DRAWS: u64 = 3;

/// The rows of each draw. Contexts are a context, or with `joint` features like others.
pub fn splits(question: Question, joint: bool) -> Vec<Fold> {
    (0..DRAWS).map(|draw| split(question, joint, 2026 + draw)).collect()
}

fn split(question: Question, joint: bool, seed: u64) -> Fold {
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed);
    let training = Draw::many(ROWS, &mut rng);
    let normal = Draw::many(ROWS, &mut rng);
    let others: Vec<Draw> = match question {
        Question::Density => Vec::new(),
        Question::Swapped => {
            let next = normal.iter().cycle().skip(1);
            normal.iter().zip(next).map(|(draw, other)| draw.in_context_of(other)).collect()
        }
        Question::Rare => Draw::rare(ROWS, &mut rng),
    };
    let rows = |draws: &[Draw]| -> Vec<f32> {
        draws.iter().flat_map(|draw| draw.x.into_iter().chain(draw.context)).collect()
    };
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
    let (features, context) = match joint {
        true => (names(&[&READINGS[..], &CONTEXT].concat()), Vec::new()),
        false => (names(&READINGS), CONTEXT.map(ContextColumn::number).to_vec()),
    };
    Fold {
        features,
        context,
        training: rows(&training),
        test: rows(&[&normal[..], &others].concat()),
        log_prob: (question == Question::Density)
            .then(|| normal.iter().map(Draw::log_prob).collect()),
        kinds: match question {
            Question::Density => Vec::new(),
            _ => [vec![0; ROWS], vec![1; ROWS]].concat(),
        },
        log_volume: 0.0,
    }
}

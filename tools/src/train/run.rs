use super::{
    Options, Progress,
    adam::{Adam, Rates},
    attempt::Attempt,
    batches::Batches,
    clusters, init,
    noise::Noise,
    permutations,
    rows::Rows,
    shards::Shards,
    start::start,
};
use crate::model::{Distribution, Flow, Model};
use aligned_vec::{AVec, avec};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The number of validations in a whole run.
pub const VALIDATIONS: usize = 50;

/// One run of the optimiser between two steps.
///
/// The same rows, attempt and options give the same bits, whatever the number of threads, and
/// however often the run was stopped and resumed.
#[derive(Debug)]
pub struct Run {
    rows: Arc<Rows>,
    attempt: Attempt,
    options: Options,
    flow: Flow,
    /// The first weights.
    first: AVec<f32>,
    /// The part of the rows that become outliers.
    outliers: f64,
    /// The part of the difference of two rows that is added as noise.
    noise_part: f32,
    state: State,
    batch: Vec<f32>,
    /// The noise candidates of each row of the batch.
    candidates: Vec<usize>,
    shards: Shards,
}

/// All that steps change, which is what a checkpoint holds. The rest of a run follows from rows,
/// attempt and options, or is scratch that a step fills before it reads it.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    batches: Batches,
    noise: Xoshiro128PlusPlus,
    p: AVec<f32>,
    average: AVec<f32>,
    adam: Adam,
    best: Best,
    restart: Restart,
    progress: Progress,
    rolled_back: usize,
    /// Steps before the last restart.
    before: usize,
    looks: Vec<Look>,
}

/// A look at the held-out rows: all steps of the run so far, and the mean negative log-likelihood
/// in nats.
pub type Look = (usize, f64);

/// The best weights so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Best {
    /// The mean negative log-likelihood of the held-out rows in nats.
    pub nats: f64,
    /// The step.
    pub step: usize,
    /// The weight decay of these steps.
    pub weight_decay: f64,
    /// The weights.
    pub p: Vec<f32>,
}

/// The best validation so far since the last restart.
#[derive(Debug, Serialize, Deserialize)]
struct Restart {
    nats: f64,
    step: usize,
}

impl Run {
    /// The flow of an attempt, with its draw of the permutations.
    pub fn flow(rows: &Rows, attempt: &Attempt) -> Flow {
        Self::drawn(rows, attempt, &mut rows.rng.clone())
    }

    fn drawn(rows: &Rows, attempt: &Attempt, rng: &mut Xoshiro128PlusPlus) -> Flow {
        let description = attempt.description.clone();
        let drawn = if description.permute {
            let draws = (0..=attempt.permutation).map(|_| permutations(&description, rng));
            draws.last().unwrap_or_default()
        } else {
            Vec::new()
        };
        Flow::new(description, rows.standardize.clone(), rows.context.clone(), drawn)
    }

    /// Draws the first weights.
    pub fn new(rows: &Arc<Rows>, attempt: Attempt, options: &Options) -> Self {
        let (d, width) = (attempt.description.dimension(), attempt.description.width());
        let learned = rows.training.len() / width;
        let dependent = rows.dependent;
        let level =
            if attempt.noise { options.noise_for(rows.effective, d, dependent) } else { 0.0 };
        // The difference of two rows varies twice as much as a row.
        let noise_part = (level / std::f64::consts::SQRT_2) as f32;
        let mut rng = rows.rng.clone();
        let flow = Self::drawn(rows, &attempt, &mut rng);
        (0..attempt.salt).for_each(|_| rng = Xoshiro128PlusPlus::from_rng(&mut rng));
        let mut p = avec![0.0; flow.layout.len()];
        p.copy_from_slice(&init::parameters(&flow, options.zero_biases, &mut rng));
        match &attempt.from {
            Some(from) => p.copy_from_slice(from),
            None => {
                start(&flow, &rows.training, &rows.validation, &mut p);
                if let Distribution::Mixture(mixture) = &flow.base {
                    clusters::start(&flow, mixture, &rows.training, &mut p, options.seed);
                }
            }
        }

        let batch = options.batch.min(learned);
        let noise = Xoshiro128PlusPlus::from_rng(&mut rng);
        let mut shards = Shards::new(&flow, batch);
        let nats = shards.nats(&flow, &p, &rows.validation);
        let weight_decay = attempt.weight_decay.unwrap_or(Options::DECAYS[0]);
        let run = attempt.number;
        let steps = attempt.steps;
        let progress =
            Progress { run, step: 0, steps, weight_decay, training: f64::NAN, validation: nats };
        let candidates = options.noise_among_for(rows.effective, d);
        Run {
            shards,
            batch: vec![0.0; batch * width],
            candidates: vec![0; batch * candidates],
            options: options.clone(),
            outliers: options.outliers_for(rows.effective, d),
            noise_part,
            flow,
            state: State {
                batches: Batches::new(learned, batch, rng),
                noise,
                adam: Adam::new(p.len()),
                average: p.clone(),
                best: Best { nats, step: 0, weight_decay, p: p.to_vec() },
                restart: Restart { nats, step: 0 },
                progress,
                rolled_back: 0,
                before: 0,
                looks: vec![(0, nats)],
                p: p.clone(),
            },
            first: p,
            attempt,
            rows: rows.clone(),
        }
    }

    /// All that steps change.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Goes on from a state of the same run.
    pub fn set_state(&mut self, state: State) {
        self.state = state;
    }

    /// Where it stands.
    pub fn progress(&self) -> Progress {
        self.state.progress
    }

    /// All steps done, those before restarts too.
    pub fn steps(&self) -> usize {
        self.state.before + self.state.progress.step
    }

    /// Steps that were rolled back to the best weights, since they went too far.
    pub fn rolled_back(&self) -> usize {
        self.state.rolled_back
    }

    /// All looks at the held-out rows.
    pub fn looks(&self) -> &[Look] {
        &self.state.looks
    }

    /// The best weights so far.
    pub fn best(&self) -> &Best {
        &self.state.best
    }

    /// The flow with the best weights so far.
    pub fn model(&self) -> Model {
        Model { flow: self.flow.clone(), parameters: self.state.best.p.clone(), calibration: None }
    }

    /// Whether all steps are done or the patience is used up.
    pub fn is_done(&self) -> bool {
        let State { restart, progress, .. } = &self.state;
        let validations = (progress.step - restart.step) / self.steps_per_validation();
        progress.step >= self.attempt.steps
            || self.options.patience.is_some_and(|patience| validations >= patience)
    }

    fn steps_per_validation(&self) -> usize {
        self.attempt.steps.div_ceil(VALIDATIONS)
    }

    /// Takes one step of the optimiser, and validates at regular intervals: then it says true.
    pub fn step(&mut self) -> bool {
        let interval = self.steps_per_validation();
        self.draw();
        let Run {
            rows,
            attempt,
            flow,
            options,
            outliers,
            noise_part,
            batch,
            candidates,
            shards,
            state,
            ..
        } = self;
        let noise = noise(flow, rows, *noise_part);
        let outliers =
            Options::outliers_at(state.progress.step, state.batches.last().len(), *outliers);
        let fill = |from: usize, rows: &mut [f32]| {
            noise.fill(state.batches.last(), candidates, outliers, from, rows)
        };
        let (loss, gradient, length) = shards.gradient(flow, &state.p, batch, fill);
        let State { p, average, adam, best, progress, rolled_back, .. } = state;
        let step = progress.step + 1;
        if loss.is_finite() && length.is_finite() {
            // Clipped, so that one odd batch cannot move the weights far.
            let highest = options.learning_rate_for(&flow.description.hidden);
            let shorten = (options.longest_gradient / length).min(1.0);
            let rates = Rates {
                learning_rate: options.learning_rate_at(step, attempt.steps, highest) as f32,
                decay: progress.weight_decay as f32,
                averaging: (1.0 - options.averaging as f32).max(1.0 / step as f32),
            };
            adam.step(p, flow.decayed(), average, gradient, shorten as f32, &rates);
            flow.base.restrict(p);
            let before =
                if progress.training.is_nan() { f64::from(loss) } else { progress.training };
            progress.training = 0.98 * before + 0.02 * f64::from(loss);
        } else {
            // The step went too far: roll back to the best weights.
            p.copy_from_slice(&best.p);
            average.copy_from_slice(&best.p);
            *adam = Adam::new(p.len());
            *rolled_back += 1;
        }
        progress.step = step;
        let looks = step.is_multiple_of(interval) || step == attempt.steps;
        if looks {
            self.validate();
            if let Some(weight_decay) = self.stronger_decay() {
                self.restart(weight_decay);
            }
        }
        looks
    }

    /// Draws the next batch: the outliers themselves, then rows and noise candidates of the others.
    fn draw(&mut self) {
        let Run { rows, flow, outliers, noise_part, batch, candidates, state, .. } = self;
        let State { batches, noise: rng, progress, .. } = state;
        let width = flow.description.width();
        let noise = noise(flow, rows, *noise_part);
        let drawn = batches.next();
        let outliers = Options::outliers_at(progress.step, drawn.len(), *outliers);
        for (x, &i) in batch.chunks_exact_mut(width).zip(drawn).take(outliers) {
            noise.outlier(i, Options::OUTLYING as f32, rng, x);
        }
        let per_row = candidates.len() / drawn.len();
        noise.draw(rng, &mut candidates[outliers * per_row..]);
    }

    /// Validates the averaged weights, and keeps them if they are the best so far.
    fn validate(&mut self) {
        let State { average, best, restart, progress, before, looks, .. } = &mut self.state;
        let nats = self.shards.nats(&self.flow, average, &self.rows.validation);
        progress.validation = nats;
        looks.push((*before + progress.step, nats));
        if nats < restart.nats {
            *restart = Restart { nats, step: progress.step };
        }
        if nats < best.nats {
            best.nats = nats;
            best.step = progress.step;
            best.weight_decay = progress.weight_decay;
            best.p.copy_from_slice(average);
        }
    }

    /// The next weight decay, where the flow overfits the rows with this one, and there is a
    /// choice.
    fn stronger_decay(&self) -> Option<f64> {
        let State { restart, progress, rolled_back, .. } = &self.state;
        let judged = VALIDATIONS / 5 * self.steps_per_validation();
        // Rolled-back steps mean that the learning rate is wrong. With fewer steps than validations
        // a fifth of them would be most.
        let may = *rolled_back == 0 && 4 * judged <= self.attempt.steps;
        let overfits = may && progress.step == judged && restart.step <= judged / 2;
        let stronger = || Options::DECAYS.into_iter().find(|&decay| decay > progress.weight_decay);
        if overfits && self.attempt.weight_decay.is_none() { stronger() } else { None }
    }

    /// Restarts from the first weights with another weight decay; the best weights so far stay.
    fn restart(&mut self, weight_decay: f64) {
        let State { p, average, adam, restart, progress, before, .. } = &mut self.state;
        p.copy_from_slice(&self.first);
        average.copy_from_slice(&self.first);
        *adam = Adam::new(p.len());
        *restart = Restart { nats: f64::INFINITY, step: 0 };
        *before += progress.step;
        *progress = Progress { step: 0, weight_decay, training: f64::NAN, ..*progress };
    }

    /// Computes the loss of the last batch, and with `backward` its gradient: a step without the
    /// optimiser.
    pub fn evaluate(&mut self, backward: bool) -> f32 {
        let Run { flow, batch, shards, state: State { p, .. }, .. } = self;
        if backward {
            shards.gradient(flow, p, batch, |_, _| ()).0
        } else {
            shards.nats(flow, p, batch) as f32
        }
    }
}

fn noise<'a>(flow: &'a Flow, rows: &'a Rows, part: f32) -> Noise<'a> {
    let width = flow.description.width();
    Noise { rows: &rows.training, width, std: &flow.standardize.std, part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::split::Split,
        model::{Description, Shape},
        train::Plan,
    };
    use anyhow::Result;

    /// The only run of a training.
    fn attempt(description: Description, options: &Options) -> Attempt {
        let plan = Plan::new(description, options);
        plan.attempt(&plan.first(), &[])
    }

    /// Beyond it rounding would pass for likelihood.
    #[test]
    fn degrees_of_freedom_stay_in_their_range() -> Result<()> {
        let rows: Vec<f32> = (0..400).map(|i| (i as f32 * 1.7).sin()).collect();
        let shape = Shape { couplets: 1, hidden: Some(vec![4]), ..Shape::default() };
        let description = Description::new(vec!["x".into(), "y".into()], shape)?;
        let options = Options::default();
        let split = Split::random(200, 0.1, options.seed)?;
        let rows = Arc::new(Rows::new(&description, &rows, &split, &options)?);
        let mut run = Run::new(&rows, attempt(description, &options), &options);
        let freedom = run.flow.base.parameters();
        run.state.p[freedom.clone()].fill(30.0);
        run.step();
        assert_eq!(run.state.p[freedom], [9.0; 2]);
        Ok(())
    }

    /// More rows in a batch than there are would be outliers only.
    #[test]
    fn a_batch_of_all_rows_has_as_many_outliers_as_any() -> Result<()> {
        let rows: Vec<f32> = (0..400).map(|i| (i as f32 * 1.7).sin()).collect();
        let shape = Shape { couplets: 1, hidden: Some(vec![4]), ..Shape::default() };
        let description = Description::new(vec!["x".into(), "y".into()], shape)?;
        let trained = |batch: usize| -> Result<Vec<f32>> {
            let options = Options { batch, ..Options::default() };
            let split = Split::random(200, 0.1, options.seed)?;
            let rows = Arc::new(Rows::new(&description, &rows, &split, &options)?);
            let mut run = Run::new(&rows, attempt(description.clone(), &options), &options);
            for _ in 0..20 {
                run.step();
            }
            Ok(run.state.p.to_vec())
        };
        assert!(trained(180)? == trained(1024)?);
        Ok(())
    }

    /// Rows on a line stay on it, however much noise moves them along.
    #[test]
    fn noise_has_the_covariance_of_the_data() -> Result<()> {
        let rows: Vec<f32> = (0..200).flat_map(|i| [i as f32, 64.0 - 2.0 * i as f32]).collect();
        let names = vec!["x".into(), "y".into()];
        let shape = Shape { couplets: 1, hidden: Some(vec![4]), ..Shape::default() };
        let description = Description::new(names, shape)?;
        let options =
            Options { batch: 128, noise: Some(0.5), outliers: Some(0.0), ..Options::default() };
        let split = Split::random(200, 0.1, options.seed)?;
        let rows = Arc::new(Rows::new(&description, &rows, &split, &options)?);
        let mut run = Run::new(&rows, attempt(description, &options), &options);
        let (mut moved, mut squares, mut count) = (0, 0.0, 0.0);
        for _ in 0..50 {
            run.draw();
            let Run { flow, noise_part, batch, candidates, state, .. } = &mut run;
            noise(flow, &rows, *noise_part).fill(state.batches.last(), candidates, 0, 0, batch);
            for (x, &i) in run.batch.chunks_exact(2).zip(run.state.batches.last()) {
                assert!((x[1] - (64.0 - 2.0 * x[0])).abs() < 1e-3, "{x:?} is off the line");
                let by = f64::from((x[0] - rows.training[2 * i]) / run.flow.standardize.std[0]);
                moved += usize::from(by != 0.0);
                squares += by * by;
                count += 1.0;
            }
        }
        assert!(moved as f64 > 0.9 * count, "{moved} of {count} rows were moved");
        let noise = (squares / count).sqrt();
        assert!((noise - 0.5).abs() < 0.02, "noise of {noise} standard deviations");
        Ok(())
    }
}

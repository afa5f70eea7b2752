use super::{
    Options, Progress, Summary,
    adam::{Adam, Rates},
    batches::Batches,
    checkpoint::Identity,
    init,
    noise::Noise,
    permutations,
    shards::{SHARDS, Shards},
};
use crate::{
    data::{
        refuse_sentinels,
        split::{Held, Split, gather},
    },
    hint::{Hint, Hinted},
    model::{Description, Flow, Model},
};
use aligned_vec::{AVec, avec};
use anyhow::{Result, bail, ensure};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;
use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};

/// The number of validations in a whole training.
pub const VALIDATIONS: usize = 50;

/// A training between two steps.
///
/// The same rows, options and seed give the same bits, whatever the number of threads, and however
/// often the training was stopped and resumed.
#[derive(Debug)]
pub struct Trainer {
    pub(super) identity: Identity,
    flow: Flow,
    /// The first weights.
    first: AVec<f32>,
    options: Options,
    training: Vec<f32>,
    validation: Vec<f32>,
    /// Which of the validation rows belong together, for the standard error.
    held: Held,
    /// The part of the rows that become outliers.
    outliers: f64,
    /// The part of the difference of two rows that is added as noise.
    noise_part: f32,
    pub(super) state: State,
    /// The last look at the held-out rows, and how many there were since this trainer was made,
    /// with the one before the first step.
    look: (usize, Progress),
    batch: Vec<f32>,
    /// The noise candidates of each row of the batch.
    candidates: Vec<usize>,
    shards: Shards,
}

/// All that steps change, which is what a checkpoint holds. The rest of a trainer follows from rows
/// and options, or is scratch that a step fills before it reads it.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    batches: Batches,
    noise: Xoshiro128PlusPlus,
    p: AVec<f32>,
    average: AVec<f32>,
    adam: Adam,
    best: Best,
    attempt: Attempt,
    progress: Progress,
    rolled_back: usize,
}

/// The best weights so far.
#[derive(Debug, Serialize, Deserialize)]
struct Best {
    nats: f64,
    step: usize,
    weight_decay: f64,
    p: Vec<f32>,
}

/// The best validation so far with one weight decay.
#[derive(Debug, Serialize, Deserialize)]
struct Attempt {
    nats: f64,
    step: usize,
}

fn noise<'a>(flow: &'a Flow, training: &'a [f32], part: f32) -> Noise<'a> {
    Noise { rows: training, std: &flow.standardize.std, part }
}

impl Trainer {
    /// Standardises the training rows of a split, and draws the first weights.
    ///
    /// What follows from the number of rows by default follows the number of independent ones that
    /// the training rows are worth.
    ///
    /// # Errors
    ///
    /// A constant column, a value far beyond all others, or too few rows.
    pub fn new(
        description: Description,
        rows: &[f32],
        split: &Split,
        options: &Options,
    ) -> Result<Self> {
        refuse_sentinels(&description.features, rows)?;
        let d = description.dimension();
        let count = rows.len() / d;
        ensure!(
            count >= Options::FEWEST_ROWS,
            "{count} rows are too few to learn from: give at least {}",
            Options::FEWEST_ROWS
        );
        let training = gather(&split.training, rows, d);
        let validation = split.validation.gather(rows, d);
        let (learned, effective) = (split.training.len(), split.effective);
        // The difference of two rows varies twice as much as a row.
        let dependent = split.is_dependent();
        let noise_level = options.noise_for(effective, d, dependent);
        let noise_part = (noise_level / std::f64::consts::SQRT_2) as f32;
        let mut rng = split.rng.clone();

        let identity = Identity::new(&description, options, [&training, &validation])?;
        let standardize = options.standardize.of(&description.features, &training)?;
        let permutations =
            if description.permute { permutations(&description, &mut rng) } else { Vec::new() };
        let flow = Flow::new(description, standardize, permutations);
        let mut p = avec![0.0; flow.layout.len()];
        p.copy_from_slice(&init::parameters(&flow, options.zero_biases, &mut rng));

        let batch = options.batch.min(learned);
        let noise = Xoshiro128PlusPlus::from_rng(&mut rng);
        let mut shards = Shards::new(&flow, batch);
        let nats = shards.nats(&flow, &p, &validation);
        let weight_decay = options.weight_decay.unwrap_or(Options::DECAYS[0]);
        let progress = Progress { step: 0, weight_decay, training: f64::NAN, validation: nats };
        Ok(Trainer {
            look: (1, progress),
            identity,
            shards,
            batch: vec![0.0; batch * d],
            candidates: vec![0; batch * options.noise_among_for(effective, d)],
            options: options.clone(),
            training,
            validation,
            held: split.validation.clone(),
            outliers: options.outliers_for(effective, d, dependent),
            noise_part,
            flow,
            state: State {
                batches: Batches::new(learned, batch, rng),
                noise,
                adam: Adam::new(p.len()),
                average: p.clone(),
                best: Best { nats, step: 0, weight_decay, p: p.to_vec() },
                attempt: Attempt { nats, step: 0 },
                progress,
                rolled_back: 0,
                p: p.clone(),
            },
            first: p,
        })
    }

    /// Steps until training is done, or `go_on`, asked before each step, says no.
    ///
    /// # Errors
    ///
    /// The system gives no threads.
    pub fn run(&mut self, mut go_on: impl FnMut(&Self) -> bool + Send) -> Result<()> {
        let threads =
            ThreadPoolBuilder::new().num_threads(self.options.threads.clamp(1, SHARDS)).build()?;
        threads.install(|| {
            while !self.is_done() && go_on(self) {
                self.step();
            }
        });
        Ok(())
    }

    /// Where training stands.
    pub fn progress(&self) -> Progress {
        self.state.progress
    }

    /// How many looks at the held-out rows there were since this trainer was made, and where training
    /// stood at the last.
    pub fn look(&self) -> (usize, Progress) {
        self.look
    }

    /// Whether all steps are done or the patience is used up.
    pub fn is_done(&self) -> bool {
        let State { attempt, progress, .. } = &self.state;
        let validations = (progress.step - attempt.step) / self.steps_per_validation();
        progress.step >= self.options.steps
            || self.options.patience.is_some_and(|patience| validations >= patience)
    }

    fn steps_per_validation(&self) -> usize {
        self.options.steps.div_ceil(VALIDATIONS)
    }

    /// Takes one step of the optimiser, and validates at regular intervals.
    pub fn step(&mut self) -> Progress {
        let interval = self.steps_per_validation();
        self.draw();
        let Trainer {
            flow,
            options,
            training,
            outliers,
            noise_part,
            batch,
            candidates,
            shards,
            state,
            ..
        } = self;
        let noise = noise(flow, training, *noise_part);
        let outliers = options.outliers_at(state.progress.step, *outliers);
        let fill = |from: usize, rows: &mut [f32]| {
            noise.fill(state.batches.last(), candidates, outliers, from, rows)
        };
        let (loss, gradient, length) = shards.gradient(flow, &state.p, batch, fill);
        let State { p, average, adam, best, progress, rolled_back, .. } = state;
        let step = progress.step + 1;
        if loss.is_finite() && length.is_finite() {
            // Clipped, so that one odd batch cannot move the weights far.
            let shorten = (options.longest_gradient / length).min(1.0);
            let rates = Rates {
                learning_rate: options.learning_rate_at(step) as f32,
                decay: progress.weight_decay as f32,
                averaging: (1.0 - options.averaging as f32).max(1.0 / step as f32),
            };
            adam.step(p, average, gradient, shorten as f32, &rates);
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
        if step.is_multiple_of(interval) || step == options.steps {
            self.validate();
            if let Some(weight_decay) = self.stronger_decay() {
                self.restart(weight_decay);
            }
        }
        self.state.progress
    }

    /// Draws the next batch: the outliers themselves, then rows and noise candidates of the others.
    fn draw(&mut self) {
        let Trainer {
            flow, options, training, outliers, noise_part, batch, candidates, state, ..
        } = self;
        let State { batches, noise: rng, progress, .. } = state;
        let d = flow.description.dimension();
        let noise = noise(flow, training, *noise_part);
        let rows = batches.next();
        let outliers = options.outliers_at(progress.step, *outliers).min(rows.len());
        for (x, &i) in batch.chunks_exact_mut(d).zip(rows).take(outliers) {
            noise.outlier(i, Options::OUTLYING as f32, rng, x);
        }
        let per_row = candidates.len() / rows.len();
        noise.draw(rng, &mut candidates[outliers * per_row..]);
    }

    /// Validates the averaged weights, and keeps them if they are the best so far.
    fn validate(&mut self) {
        let State { average, best, attempt, progress, .. } = &mut self.state;
        let nats = self.shards.nats(&self.flow, average, &self.validation);
        progress.validation = nats;
        self.look = (self.look.0 + 1, *progress);
        if nats < attempt.nats {
            *attempt = Attempt { nats, step: progress.step };
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
        let State { attempt, progress, rolled_back, .. } = &self.state;
        let judged = VALIDATIONS / 5 * self.steps_per_validation();
        // Rolled-back steps mean that the learning rate is wrong. With fewer steps than validations
        // a fifth of them would be most.
        let may = *rolled_back == 0 && 4 * judged <= self.options.steps;
        let overfits = may && progress.step == judged && attempt.step < judged / 2;
        let stronger = || Options::DECAYS.into_iter().find(|&decay| decay > progress.weight_decay);
        if overfits && self.options.weight_decay.is_none() { stronger() } else { None }
    }

    /// Restarts from the first weights with another weight decay; the best weights so far stay.
    fn restart(&mut self, weight_decay: f64) {
        let State { p, average, adam, attempt, progress, .. } = &mut self.state;
        p.copy_from_slice(&self.first);
        average.copy_from_slice(&self.first);
        *adam = Adam::new(p.len());
        *attempt = Attempt { nats: f64::INFINITY, step: 0 };
        *progress = Progress { step: 0, weight_decay, training: f64::NAN, ..*progress };
    }

    /// Computes the loss of the last batch, and with `backward` its gradient: a step without the
    /// optimiser.
    pub fn evaluate(&mut self, backward: bool) -> f32 {
        let Trainer { flow, batch, shards, state: State { p, .. }, .. } = self;
        if backward {
            shards.gradient(flow, p, batch, |_, _| ()).0
        } else {
            shards.nats(flow, p, batch) as f32
        }
    }

    /// The best weights so far.
    ///
    /// # Errors
    ///
    /// No weights have a finite loss.
    pub fn best(&self) -> Result<(Model, Summary)> {
        let State {
            best: Best { nats: best, step, weight_decay, p }, progress, rolled_back, ..
        } = &self.state;
        if !best.is_finite() {
            let rate = self.options.learning_rate;
            bail!(Hinted::new(
                "no step led to a finite loss: the data has outliers beyond f32",
                Hint::LowerLearningRate(rate)
            ));
        }
        let d = self.flow.description.dimension();
        let model = Model { flow: self.flow.clone(), parameters: p.clone() };
        let nats: Vec<f64> =
            model.log_probs(&self.validation).iter().map(|&x| -f64::from(x)).collect();
        let summary = Summary {
            training_rows: self.training.len() / d,
            validation_rows: self.validation.len() / d,
            steps: progress.step,
            rolled_back: *rolled_back,
            best_step: *step,
            weight_decay: *weight_decay,
            validation: *best,
            validation_error: self.held.mean(&nats).1,
        };
        Ok((model, summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shape;

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
        let mut trainer = Trainer::new(description, &rows, &split, &options)?;
        let (mut moved, mut squares, mut count) = (0, 0.0, 0.0);
        for _ in 0..50 {
            trainer.draw();
            let Trainer { flow, training, noise_part, batch, candidates, state, .. } = &mut trainer;
            noise(flow, training, *noise_part).fill(state.batches.last(), candidates, 0, 0, batch);
            for (x, &i) in trainer.batch.chunks_exact(2).zip(trainer.state.batches.last()) {
                assert!((x[1] - (64.0 - 2.0 * x[0])).abs() < 1e-3, "{x:?} is off the line");
                let by =
                    f64::from((x[0] - trainer.training[2 * i]) / trainer.flow.standardize.std[0]);
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

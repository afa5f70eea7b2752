//! Which runs make up a training: each asks one question, and held-out rows answer it.

use super::{Attempt, Options};
use crate::{data::split::Held, device::cost::Cost, model::Description};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is left to held-out rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The widths of the hidden layers.
    pub width: bool,
    /// Whether a triangle whitens the features, and conditioners see bounded inputs.
    pub start: bool,
    /// Whether batches get noise.
    pub noise: bool,
    /// The draw of the permutations.
    pub permutation: bool,
    /// The number of steps.
    pub steps: bool,
}

/// What a run tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The width of the hidden layers, divided by this.
    pub narrower: usize,
    /// Whether a triangle whitens the features, and conditioners see bounded inputs.
    pub whitened: bool,
    /// Whether batches get noise.
    pub noise: bool,
    /// The draw of the permutations.
    pub permutation: usize,
    /// Steps of the optimiser.
    pub steps: usize,
    /// The trial whose best weights the run starts from.
    pub from: Option<usize>,
}

/// A run that is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// What it tried.
    pub choice: Choice,
    /// The best mean negative log-likelihood of the held-out rows in nats.
    pub nats: f64,
    /// That of each held-out row.
    pub each: Vec<f64>,
    /// The weights under which it is so.
    pub p: Vec<f32>,
    /// The step that led to them.
    pub best_step: usize,
    /// The weight decay of the steps that led to them.
    pub weight_decay: f64,
    /// All steps, those before restarts too.
    pub steps: usize,
    /// Steps since the last restart.
    pub last_step: usize,
    /// Steps that were rolled back.
    pub rolled_back: usize,
}

/// The order of the runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The flow that is asked for; what is open in it may change.
    description: Description,
    /// What is left to held-out rows.
    open: Open,
    /// Multiply-adds that all runs may take.
    budget: f64,
    /// Steps of a run that asks a question.
    steps: usize,
    /// The weight decay that is asked for.
    weight_decay: Option<f64>,
    /// Rows in a step.
    batch: usize,
}

/// The bound of what conditioners see, where features are whitened, in standard deviations.
const INPUT_BOUND: f32 = 3.0;

/// The widths to choose from are the default one divided by these.
const NARROWER: [usize; 3] = [1, 4, 16];

/// A narrower flow is as good where held-out rows are less likely by up to this part of the
/// standard error.
const AS_GOOD: f64 = 0.25;

/// The narrowest width to choose.
const NARROWEST: usize = 4;

/// Draws of the permutations to choose from.
const PERMUTATIONS: usize = 4;

/// A run that gains less than this part of the standard error is the last.
const LEAST_GAIN: f64 = 0.1;

/// The part of the budget that questions may take.
const QUESTIONS: f64 = 0.3;

/// The trials so far, gone through again in the order of the plan.
struct Replay<'a> {
    plan: &'a Plan,
    held: &'a Held,
    trials: &'a [Trial],
    /// The number of trials that were gone through.
    done: usize,
}

impl Replay<'_> {
    /// The index of the trial of a choice; where it is still to be run, the choice.
    fn run(&mut self, choice: Choice) -> Result<usize, Choice> {
        if self.done == self.trials.len() {
            return Err(choice);
        }
        self.done += 1;
        Ok(self.done - 1)
    }

    /// As [`Self::run`]; none where a part of the budget is too little for it.
    fn run_within(&mut self, part: f64, choice: Choice) -> Result<Option<usize>, Choice> {
        let left = part * self.plan.budget - self.spent();
        if self.plan.cost(&choice) > left { Ok(None) } else { self.run(choice).map(Some) }
    }

    /// Multiply-adds of the trials that were gone through.
    fn spent(&self) -> f64 {
        self.trials[..self.done].iter().map(|trial| self.plan.spent_on(trial)).sum()
    }

    fn choice(&self, trial: usize) -> Choice {
        self.trials[trial].choice
    }

    /// Of two trials, the one under which the held-out rows are likelier.
    fn likelier(&self, a: usize, b: usize) -> usize {
        if self.trials[b].nats < self.trials[a].nats { b } else { a }
    }

    /// How much less likely the held-out rows are under trial `a` than under `b` in nats, and the
    /// standard error of this.
    fn difference(&self, a: usize, b: usize) -> (f64, f64) {
        let pairs = self.trials[a].each.iter().zip(&self.trials[b].each);
        let differences: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
        let (mean, error) = self.held.mean(&differences);
        (mean, error.unwrap_or(0.0))
    }
}

impl Plan {
    /// The plan of a training of the flow that a description asks for, on rows that are worth
    /// `effective` independent ones.
    pub fn new(description: Description, options: &Options) -> Self {
        let steps = options.steps;
        let mut plan = Plan {
            open: options.open.clone(),
            budget: options.budget,
            steps,
            weight_decay: options.weight_decay,
            batch: options.batch,
            description,
        };
        if plan.open.steps {
            // Narrow budgets ask with shorter runs.
            let runs = plan.budget / plan.cost(&plan.first());
            let shorter = [(12.0, 1), (6.0, 2)].into_iter().find(|&(many, _)| runs >= many);
            plan.steps = steps.div_ceil(shorter.map_or(4, |(_, by)| by)).max(1);
        }
        plan
    }

    /// Which trial is best, or else which run comes next.
    pub fn follow(&self, held: &Held, trials: &[Trial]) -> Result<usize, Choice> {
        let mut replay = Replay { plan: self, held, trials, done: 0 };
        let replay = &mut replay;
        let widths = if self.open.width { &NARROWER[..] } else { &NARROWER[..1] };
        let first = Choice { narrower: widths[widths.len() / 2], ..self.first() };
        let mut best = replay.run(first)?;
        if self.open.start {
            let plain = Choice { whitened: false, ..first };
            if let Some(plain) = replay.run_within(QUESTIONS, plain)? {
                best = replay.likelier(best, plain);
            }
        }
        best = self.narrowest(replay, best, widths)?;
        if self.open.noise {
            let choice = Choice { noise: false, ..replay.choice(best) };
            if let Some(noiseless) = replay.run_within(QUESTIONS, choice)? {
                best = replay.likelier(best, noiseless);
            }
        }
        if self.open.permutation && self.description.permute {
            for permutation in 1..PERMUTATIONS {
                let choice = Choice { permutation, ..replay.choice(best) };
                if let Some(other) = replay.run_within(QUESTIONS, choice)? {
                    best = replay.likelier(best, other);
                }
            }
        }
        if self.open.steps { self.longer(replay, best) } else { Ok(best) }
    }

    /// Tries other widths than that of a trial: the narrowest that is as good as the best.
    fn narrowest(
        &self,
        replay: &mut Replay<'_>,
        first: usize,
        widths: &[usize],
    ) -> Result<usize, Choice> {
        let mut tried = vec![first];
        let choice = replay.choice(first);
        for &narrower in widths.iter().filter(|&&narrower| narrower != choice.narrower) {
            let choice = Choice { narrower, ..choice };
            tried.extend(replay.run_within(QUESTIONS, choice)?);
        }
        let best = tried.iter().copied().reduce(|a, b| replay.likelier(a, b)).unwrap_or(first);
        let as_good = |&&trial: &&usize| {
            let (worse, error) = replay.difference(trial, best);
            trial == best || worse <= AS_GOOD * error
        };
        let narrowest = tried.iter().filter(as_good).max_by_key(|&&i| replay.choice(i).narrower);
        Ok(narrowest.copied().unwrap_or(best))
    }

    /// Goes on from the best weights in ever longer runs, as long as held-out rows gain by it.
    fn longer(&self, replay: &mut Replay<'_>, mut best: usize) -> Result<usize, Choice> {
        let mut steps = self.steps;
        loop {
            steps *= 2;
            let left = self.budget - replay.spent();
            let choice = Choice { from: Some(best), ..replay.choice(best) };
            let affordable = (left / self.cost(&Choice { steps: 1, ..choice })) as usize;
            if affordable < self.steps {
                return Ok(best);
            }
            let longer = replay.run(Choice { steps: steps.min(affordable), ..choice })?;
            let (worse, error) = replay.difference(longer, best);
            let gains = replay.trials[longer].nats < replay.trials[best].nats;
            best = replay.likelier(best, longer);
            if !gains || -worse < LEAST_GAIN * error {
                return Ok(best);
            }
        }
    }

    /// The part of the work that is done with these trials, and with `steps` of the run that goes
    /// on, about.
    pub fn part(&self, trials: &[Trial], going_on: &Choice, steps: usize) -> f64 {
        if !self.open.steps && trials.is_empty() {
            return steps as f64 / going_on.steps as f64;
        }
        let before: f64 = trials.iter().map(|trial| self.spent_on(trial)).sum();
        let step = Self::step_cost(&self.described(going_on), self.batch);
        ((before + steps as f64 * step) / self.budget).min(1.0)
    }

    /// The choice where nothing is open.
    pub fn first(&self) -> Choice {
        Choice {
            narrower: 1,
            whitened: self.open.start || self.description.triangle,
            noise: true,
            permutation: 0,
            steps: self.steps,
            from: None,
        }
    }

    /// The run of a choice.
    pub fn attempt(&self, choice: &Choice, trials: &[Trial]) -> Attempt {
        let from = choice.from.map(|trial| &trials[trial]);
        Attempt {
            number: trials.len() + 1,
            description: self.described(choice),
            permutation: choice.permutation,
            noise: choice.noise,
            weight_decay: from.map_or(self.weight_decay, |trial| Some(trial.weight_decay)),
            steps: choice.steps,
            from: from.map(|trial| Arc::new(trial.p.clone())),
            salt: choice.from.map_or(0, |trial| trial + 1),
        }
    }

    /// Multiply-adds of the run of a choice, about.
    fn cost(&self, choice: &Choice) -> f64 {
        choice.steps as f64 * Self::step_cost(&self.described(choice), self.batch)
    }

    fn spent_on(&self, trial: &Trial) -> f64 {
        trial.steps as f64 * Self::step_cost(&self.described(&trial.choice), self.batch)
    }

    /// Multiply-adds of a step, about: the products of one log_prob for each row of the batch, and
    /// as many as take the time of a feature's transform, of a hidden unit, and of a step itself.
    pub fn step_cost(description: &Description, batch: usize) -> f64 {
        let hidden: usize = description.hidden.iter().sum();
        let others = description.couplets * (30 * description.dimension() + 8 * hidden);
        (batch * (Cost::of_shape(description).macs + others)) as f64
    }

    /// The description of a choice.
    fn described(&self, choice: &Choice) -> Description {
        let mut description = self.description.clone();
        if self.open.start {
            description.triangle = choice.whitened;
            description.input_bound = choice.whitened.then_some(INPUT_BOUND);
        }
        for width in &mut description.hidden {
            *width = (*width / choice.narrower).max(NARROWEST).min(*width);
        }
        description
    }
}

use super::{
    Options, Progress, Summary,
    checkpoint::Identity,
    plan::{Choice, Plan, Trial},
    rows::Rows,
    run::{Look, Run, State},
    shards::SHARDS,
};
use crate::{
    data::split::Split,
    hint::{Hint, Hinted},
    model::{Description, Model},
};
use anyhow::{Result, bail};
use rayon::ThreadPoolBuilder;
use std::sync::Arc;

/// A training: runs of the optimiser, one after another, in the order of a plan.
///
/// The same rows, options and seed give the same bits, whatever the number of threads, and however
/// often the training was stopped and resumed.
#[derive(Debug)]
pub struct Trainer {
    pub(super) identity: Identity,
    options: Options,
    rows: Arc<Rows>,
    plan: Plan,
    /// The runs that are over.
    pub(super) trials: Vec<Trial>,
    /// The run that goes on.
    run: Run,
    /// What it tries.
    choice: Choice,
    /// The trial that is best, once all runs are over.
    winner: Option<usize>,
    /// The last look at the held-out rows, and how many there were since this trainer was made,
    /// with the one before the first step.
    look: (usize, Progress),
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
        let rows = Arc::new(Rows::new(&description, rows, split, options)?);
        let sides = [&rows.training[..], &rows.validation];
        let identity = Identity::new(&description, options, sides)?;
        let plan = Plan::new(description, options);
        let choice = plan.first();
        let (choice, winner) = match plan.follow(&rows.held, &[]) {
            Err(next) => (next, None),
            Ok(winner) => (choice, Some(winner)),
        };
        let run = Run::new(&rows, plan.attempt(&choice, &[]), options);
        Ok(Trainer {
            look: (1, run.progress()),
            identity,
            options: options.clone(),
            rows,
            plan,
            trials: Vec::new(),
            run,
            choice,
            winner,
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

    /// Where the run that goes on stands.
    pub fn progress(&self) -> Progress {
        self.run.progress()
    }

    /// How many looks at the held-out rows there were since this trainer was made, and where training
    /// stood at the last.
    pub fn look(&self) -> (usize, Progress) {
        self.look
    }

    /// The part of the work that is done, about.
    pub fn part(&self) -> f64 {
        let steps = self.progress().steps as f64;
        match self.plan.is_one_run() {
            true => self.progress().step as f64 / steps,
            false => (self.spent() / self.options.budget).min(1.0),
        }
    }

    /// Multiply-adds of all steps so far, about: what a budget counts.
    pub fn spent(&self) -> f64 {
        let done = self.plan.spent(&self.trials);
        if self.is_done() { done } else { done + self.plan.cost_of(&self.choice, self.run.steps()) }
    }

    /// What each run that is over tried, and the held-out nats that it led to.
    pub fn trials(&self) -> impl Iterator<Item = (Choice, f64)> {
        self.trials.iter().map(|trial| (trial.choice, trial.nats))
    }

    /// The looks at the held-out rows of each run that is over, and of the one that goes on.
    pub fn looks(&self) -> impl Iterator<Item = &[Look]> {
        let going_on = (!self.is_done()).then(|| self.run.looks());
        self.trials.iter().map(|trial| &trial.looks[..]).chain(going_on)
    }

    /// The flow of a choice.
    pub fn described(&self, choice: &Choice) -> Description {
        self.plan.described(choice)
    }

    /// Whether all runs are over.
    pub fn is_done(&self) -> bool {
        self.winner.is_some()
    }

    /// Takes one step of the optimiser, and validates at regular intervals. After the last step of
    /// a run, the next one begins.
    pub fn step(&mut self) -> Progress {
        if self.run.step() {
            self.look = (self.look.0 + 1, self.run.progress());
        }
        if self.run.is_done() {
            self.trials.push(self.trial());
            match self.plan.follow(&self.rows.held, &self.trials) {
                Ok(winner) => self.winner = Some(winner),
                Err(next) => self.begin(next),
            }
        }
        self.run.progress()
    }

    fn begin(&mut self, choice: Choice) {
        let attempt = self.plan.attempt(&choice, &self.trials);
        self.run = Run::new(&self.rows, attempt, &self.options);
        self.choice = choice;
    }

    /// The run that goes on, as if it were over.
    fn trial(&self) -> Trial {
        let best = self.run.best().clone();
        let log_probs = self.run.model().log_probs(&self.rows.validation);
        Trial {
            choice: self.choice,
            nats: best.nats,
            each: log_probs.iter().map(|&log_prob| -f64::from(log_prob)).collect(),
            p: best.p,
            best_step: best.step,
            weight_decay: best.weight_decay,
            steps: self.run.steps(),
            last_step: self.run.progress().step,
            rolled_back: self.run.rolled_back(),
            looks: self.run.looks().to_vec(),
        }
    }

    /// All that steps change.
    pub(super) fn state(&self) -> (&[Trial], &State) {
        (&self.trials, self.run.state())
    }

    /// Goes on from a state of the same training.
    pub(super) fn set_state(&mut self, trials: Vec<Trial>, state: State) {
        self.trials = trials;
        let next = self.plan.follow(&self.rows.held, &self.trials);
        self.winner = next.ok();
        let choice = match next {
            Err(choice) => choice,
            // The last run stays, with the state of its end.
            Ok(_) => self.trials.last().map_or(self.choice, |trial| trial.choice),
        };
        self.begin(choice);
        self.run.set_state(state);
    }

    /// Computes the loss of the last batch, and with `backward` its gradient: a step without the
    /// optimiser.
    pub fn evaluate(&mut self, backward: bool) -> f32 {
        self.run.evaluate(backward)
    }

    /// The best weights so far.
    ///
    /// # Errors
    ///
    /// No weights have a finite loss.
    pub fn best(&self) -> Result<(Model, Summary)> {
        let so_far = || {
            let all = self.trials.iter().cloned().chain([self.trial()]).enumerate();
            all.min_by(|(_, a), (_, b)| a.nats.total_cmp(&b.nats))
        };
        let winner = self.winner.map(|winner| (winner, self.trials[winner].clone()));
        let Some((
            best_run,
            Trial { choice, nats, each, p, best_step, weight_decay, last_step, .. },
        )) = winner.or_else(so_far)
        else {
            bail!("no run was begun");
        };
        let attempt = self.plan.attempt(&choice, &self.trials);
        if !nats.is_finite() {
            let rate = self.options.learning_rate_for(&attempt.description.hidden);
            bail!(Hinted::new(
                "no step led to a finite loss: the data has outliers beyond f32",
                Hint::LowerLearningRate(rate)
            ));
        }
        let width = attempt.description.width();
        let flow = Run::flow(&self.rows, &attempt);
        let model = Model { flow, parameters: p, calibration: None };
        let (rolled_back, steps) = match self.is_done() {
            true => (0, 0),
            false => (self.run.rolled_back(), self.run.steps()),
        };
        let over = |of: fn(&Trial) -> usize| self.trials.iter().map(of).sum::<usize>();
        let summary = Summary {
            training_rows: self.rows.training.len() / width,
            validation_rows: self.rows.validation.len() / width,
            runs: self.trials.len() + usize::from(!self.is_done()),
            best_run: best_run + 1,
            from_run: choice.from.map(|trial| trial + 1),
            steps: last_step,
            steps_asked: choice.steps,
            all_steps: over(|trial| trial.steps) + steps,
            rolled_back: over(|trial| trial.rolled_back) + rolled_back,
            best_step,
            weight_decay,
            validation: nats,
            validation_error: self.rows.held.mean(&each).1,
        };
        Ok((model, summary))
    }
}

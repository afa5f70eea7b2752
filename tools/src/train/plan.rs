//! Which runs make up a training: each asks one question, and held-out rows answer it.

use super::{Attempt, Look, Options};
use crate::{
    data::split::Held,
    device::cost::Cost,
    model::{Covariance, Description, MixtureShape, Spline, Transform},
};
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
    /// The kind of density: 0 is the one that is asked for, others are numbered from 1.
    pub kind: usize,
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
    /// All looks at the held-out rows.
    pub looks: Vec<Look>,
}

impl Trial {
    /// Whether its best weights are those of the second half of its steps, so that more steps may
    /// lead to better ones.
    fn still_gains(&self) -> bool {
        2 * self.best_step > self.choice.steps
    }
}

/// The order of the runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The flow that is asked for; what is open in it may change.
    description: Description,
    /// Other kinds to try.
    kinds: Vec<Description>,
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

/// Narrower widths to choose from are the default one divided by these.
const NARROWER: [usize; 2] = [4, 16];

/// A narrower flow is as good where held-out rows are less likely by up to this part of the
/// standard error.
const AS_GOOD: f64 = 0.25;

/// A cheaper kind of density is as good within this part of it: the rule of one standard error
/// (Breiman et al., Classification and Regression Trees, 1984). Few held-out rows hardly tell a
/// small mixture from a flow of fifty times its bytes.
const AS_GOOD_A_KIND: f64 = 1.0;

/// The narrowest width to choose.
const NARROWEST: usize = 4;

/// Draws of the permutations to choose from.
const PERMUTATIONS: usize = 4;

/// Noise stays unless flows without it gain more than this part of a standard error: held-out rows
/// that choose among much would be overfitted.
const CLEARLY: f64 = 1.0;

/// Other permutations and longer runs must gain more than this part of a standard error.
const SOMEWHAT: f64 = 0.5;

/// The part of the budget that questions may take.
const QUESTIONS: f64 = 0.5;

/// The part of the budget that kinds may take.
const KINDS: f64 = 0.6;

/// Mixtures without couplets start where they are likely. A quarter of the steps tells how good
/// they are.
const FEWER_STEPS: usize = 4;

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
        self.plan.spent(&self.trials[..self.done])
    }

    fn choice(&self, trial: usize) -> Choice {
        self.trials[trial].choice
    }

    /// Of two trials, the one under which the held-out rows are likelier.
    fn likelier(&self, a: usize, b: usize) -> usize {
        if self.trials[b].nats < self.trials[a].nats { b } else { a }
    }

    /// Trial `b`, where held-out rows are likelier under it than under `a` by more than this part of
    /// the standard error; else `a`.
    fn likelier_by(&self, part: f64, a: usize, b: usize) -> usize {
        if !self.trials[a].nats.is_finite() {
            return self.likelier(a, b);
        }
        let (worse, error) = self.difference(a, b);
        if worse > part * error { b } else { a }
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
    /// The bound of what conditioners see, where features are whitened, in standard deviations.
    pub const INPUT_BOUND: f32 = 3.0;

    /// The plan of a training of the flow that a description asks for.
    pub fn new(description: Description, options: &Options) -> Self {
        Plan {
            open: options.open.clone(),
            budget: options.budget,
            steps: options.steps,
            weight_decay: options.weight_decay,
            batch: options.batch,
            kinds: options.kinds.clone(),
            description,
        }
    }

    /// Which trial is best, or else which run comes next.
    pub fn follow(&self, held: &Held, trials: &[Trial]) -> Result<usize, Choice> {
        let mut replay = Replay { plan: self, held, trials, done: 0 };
        let replay = &mut replay;
        let mut best = replay.run(self.first())?;
        if self.open.start {
            let choice = Choice { whitened: true, ..replay.choice(best) };
            if let Some(whitened) = replay.run_within(1.0, choice)? {
                best = replay.likelier_by(0.0, best, whitened);
            }
        }
        best = self.kind(replay, best)?;
        let has_couplets = self.described(&replay.choice(best)).couplets > 0;
        if self.open.width && has_couplets {
            best = self.narrowest(replay, best)?;
        }
        if self.open.noise && replay.choice(best).kind == 0 {
            let choice = Choice { noise: false, ..replay.choice(best) };
            if let Some(noiseless) = replay.run_within(QUESTIONS, choice)? {
                best = replay.likelier_by(CLEARLY, best, noiseless);
            }
        }
        if self.open.permutation && has_couplets && self.description.permute {
            for permutation in 1..PERMUTATIONS {
                let choice = Choice { permutation, ..replay.choice(best) };
                if let Some(other) = replay.run_within(QUESTIONS, choice)? {
                    best = replay.likelier_by(SOMEWHAT, best, other);
                }
            }
        }
        if self.open.steps { self.longer(replay, best) } else { Ok(best) }
    }

    /// Tries other kinds than that of a trial: the cheapest that is as good as the best. Clusters
    /// with sharp margins lose by noise, and few rows need it, so that each is tried with it and
    /// without.
    fn kind(&self, replay: &mut Replay<'_>, first: usize) -> Result<usize, Choice> {
        let mut tried = vec![first];
        for kind in 1..=self.kinds.len() {
            let mut choice = Choice { kind, whitened: false, ..self.first() };
            if self.described(&choice).couplets == 0 {
                choice.steps = choice.steps.div_ceil(FEWER_STEPS);
            }
            let Some(mut best) = replay.run_within(KINDS, choice)? else { continue };
            if self.open.noise {
                let choice = Choice { noise: false, ..choice };
                if let Some(noiseless) = replay.run_within(KINDS, choice)? {
                    best = replay.likelier_by(CLEARLY, best, noiseless);
                }
            }
            tried.push(best);
        }
        Ok(self.cheapest(replay, &tried, AS_GOOD_A_KIND))
    }

    /// Of some trials the cheapest under which held-out rows are as likely as under the best, within
    /// a part of the standard error.
    fn cheapest(&self, replay: &Replay<'_>, tried: &[usize], part: f64) -> usize {
        let best = tried.iter().copied().reduce(|a, b| replay.likelier(a, b)).unwrap_or(0);
        let as_good = |&&trial: &&usize| {
            let (worse, error) = replay.difference(trial, best);
            trial == best || worse <= part * error
        };
        let cost = |&&trial: &&usize| Self::step_cost(&self.described(&replay.choice(trial)), 1);
        let cheapest = tried.iter().filter(as_good).min_by(|a, b| cost(a).total_cmp(&cost(b)));
        cheapest.copied().unwrap_or(best)
    }

    /// Tries other widths than that of a trial: the narrowest that is as good as the best.
    fn narrowest(&self, replay: &mut Replay<'_>, first: usize) -> Result<usize, Choice> {
        let mut tried = vec![first];
        let choice = replay.choice(first);
        for narrower in NARROWER {
            let choice = Choice { narrower, ..choice };
            let is_as =
                |&trial: &usize| self.described(&replay.choice(trial)) == self.described(&choice);
            if !tried.iter().any(is_as) {
                tried.extend(replay.run_within(1.0, choice)?);
            }
        }
        Ok(self.cheapest(replay, &tried, AS_GOOD))
    }

    /// Goes on from the best weights in ever longer runs, as long as held-out rows gain by it.
    fn longer(&self, replay: &mut Replay<'_>, mut best: usize) -> Result<usize, Choice> {
        let mut steps = self.steps;
        while replay.trials[best].still_gains() {
            steps *= 2;
            let left = self.budget - replay.spent();
            let choice = Choice { from: Some(best), ..replay.choice(best) };
            let affordable = (left / self.cost(&Choice { steps: 1, ..choice })) as usize;
            if affordable < self.steps {
                return Ok(best);
            }
            let longer = replay.run(Choice { steps: steps.min(affordable), ..choice })?;
            if replay.likelier_by(SOMEWHAT, best, longer) == best {
                break;
            }
            best = longer;
        }
        Ok(best)
    }

    /// Whether nothing is left to held-out rows.
    pub fn is_one_run(&self) -> bool {
        self.open == Open::default()
    }

    /// The first choice: what is asked for, in no more steps than the budget allows.
    pub fn first(&self) -> Choice {
        let all = Choice {
            kind: 0,
            narrower: 1,
            whitened: self.description.triangle,
            noise: true,
            permutation: 0,
            steps: self.steps,
            from: None,
        };
        if !self.open.steps {
            return all;
        }
        let affordable = (self.budget / self.cost(&Choice { steps: 1, ..all })) as usize;
        Choice { steps: self.steps.min(affordable).max(1), ..all }
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
        self.cost_of(choice, choice.steps)
    }

    /// Multiply-adds of this many steps of a choice, about.
    pub fn cost_of(&self, choice: &Choice, steps: usize) -> f64 {
        steps as f64 * Self::step_cost(&self.described(choice), self.batch)
    }

    /// Multiply-adds of trials, about.
    pub fn spent(&self, trials: &[Trial]) -> f64 {
        trials.iter().map(|trial| self.cost_of(&trial.choice, trial.steps)).sum()
    }

    /// Multiply-adds of a step, about: the products of one log_prob for each row of the batch, and
    /// as many as take the time of a feature's transform, of a hidden unit, and of a feature and a
    /// product of a mixture's component.
    pub fn step_cost(description: &Description, batch: usize) -> f64 {
        let hidden: usize = description.hidden.iter().sum();
        let d = description.dimension();
        let of_feature = match description.transform {
            Transform::Spline(Spline { bins, .. }) => 100 * bins,
            _ => 100,
        };
        let of_couplets = description.couplets * (of_feature * d + 8 * hidden);
        let of_base = match description.mixture {
            None => 0,
            Some(MixtureShape { components, covariance: Covariance::Diagonal }) => {
                components * 100 * d
            }
            Some(MixtureShape { components, covariance: Covariance::Full }) => {
                components * (100 * d + 60 * d * (d - 1) / 2)
            }
        };
        (batch * (Cost::of_shape(description).macs + of_couplets + of_base)) as f64
    }

    /// The flow with a triangle, which can whiten the features, and with bounded inputs.
    pub fn whitened(description: &Description) -> Description {
        let input_bound = Some(Self::INPUT_BOUND);
        Description { triangle: true, input_bound, ..description.clone() }
    }

    /// The description of a choice.
    pub fn described(&self, choice: &Choice) -> Description {
        let other = choice.kind.checked_sub(1).and_then(|other| self.kinds.get(other));
        let asked = other.unwrap_or(&self.description);
        let whitens = self.open.start && choice.whitened && other.is_none();
        let mut description = if whitens { Self::whitened(asked) } else { asked.clone() };
        for width in &mut description.hidden {
            *width = (*width / choice.narrower).max(NARROWEST).min(*width);
        }
        description
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shape;
    use anyhow::Result;

    const ALL: Open =
        Open { width: true, start: true, noise: true, permutation: true, steps: true };

    fn plan(open: Open, trainings: f64) -> Result<Plan> {
        let features = (0..4).map(|i| format!("x{i}")).collect();
        let description = Description::new(features, Shape::default())?;
        let steps = 1000;
        let budget = trainings * steps as f64 * Plan::step_cost(&description, 256);
        let options = Options { steps, open, budget, ..Options::default() };
        Ok(Plan::new(description, &options))
    }

    /// A flow, and beside it a mixture of few Gaussians and a flow over clusters.
    fn with_kinds(open: Open) -> Result<Plan> {
        let plan = plan(open, 12.0)?;
        let features = &plan.description.features;
        let kind = |couplets: usize| {
            let base = crate::model::Base::Mixture;
            let shape = Shape { base, couplets, hidden: Some(vec![8]), ..Shape::default() };
            Description::new(features.clone(), shape)
        };
        Ok(Plan { kinds: vec![kind(0)?, kind(2)?], ..plan })
    }

    #[test]
    fn the_cheapest_kind_that_is_as_good_is_chosen() -> Result<()> {
        let plan = with_kinds(Open { steps: true, ..Open::default() })?;
        let chosen = |nats: [f64; 3]| {
            // Runs that go on gain nothing.
            let of = |choice: &Choice| nats[choice.kind] + f64::from(choice.from.is_some());
            let (runs, best) = runs(&plan, of);
            runs[best].kind
        };
        assert_eq!(chosen([1.0, 2.0, 2.0]), 0);
        assert_eq!(chosen([2.0, 1.0, 2.0]), 1);
        assert_eq!(chosen([2.0, 2.0, 1.0]), 2);
        // as good within the standard error, about .1: the mixture is the cheapest
        assert_eq!(chosen([1.0, 1.01, 1.0]), 1);
        Ok(())
    }

    #[test]
    fn mixtures_are_tried_with_noise_and_without_in_fewer_steps() -> Result<()> {
        let plan = with_kinds(Open { steps: true, noise: true, ..Open::default() })?;
        let (runs, _) = runs(&plan, |choice| 1.0 + f64::from(choice.from.is_some()));
        let tried: Vec<_> = runs.iter().map(|run| (run.kind, run.noise, run.steps)).collect();
        let kinds =
            [(0, true, 1000), (1, true, 250), (1, false, 250), (2, true, 1000), (2, false, 1000)];
        assert_eq!(tried[..5], kinds);
        Ok(())
    }

    /// Ten held-out rows, each of its own.
    fn held() -> Held {
        Held { rows: (0..10).collect(), units: (0..10).collect() }
    }

    /// All runs of a plan, where a run of a choice leads to these mean nats, and the index of the
    /// best. The rows differ between any two runs with a standard error of .1 or so.
    fn runs(plan: &Plan, nats: impl Fn(&Choice) -> f64) -> (Vec<Choice>, usize) {
        let mut trials: Vec<Trial> = Vec::new();
        loop {
            let choice = match plan.follow(&held(), &trials) {
                Ok(best) => return (trials.iter().map(|trial| trial.choice).collect(), best),
                Err(choice) => choice,
            };
            let nats = nats(&choice);
            let rough = |row: usize| 0.3 * ((row * (trials.len() + 2)) as f64).sin();
            let mean = (0..10).map(rough).sum::<f64>() / 10.0;
            trials.push(Trial {
                nats,
                each: (0..10).map(|row| nats + rough(row) - mean).collect(),
                p: Vec::new(),
                best_step: choice.steps,
                weight_decay: 0.0,
                steps: choice.steps,
                last_step: choice.steps,
                rolled_back: 0,
                looks: Vec::new(),
                choice,
            });
            assert!(plan.spent(&trials) <= plan.budget * 1.000_001 || !plan.open.steps);
        }
    }

    #[test]
    fn where_nothing_is_open_there_is_one_run() -> Result<()> {
        let (runs, best) = runs(&plan(Open::default(), 0.0)?, |_| 1.0);
        assert_eq!((runs.len(), best, runs[0].steps), (1, 0, 1000));
        Ok(())
    }

    #[test]
    fn the_likelier_start_is_chosen() -> Result<()> {
        let plan = plan(Open { start: true, ..Open::default() }, 4.0)?;
        for whitened_gains in [true, false] {
            let of = |choice: &Choice| if choice.whitened == whitened_gains { 1.0 } else { 1.5 };
            let (runs, best) = runs(&plan, of);
            assert_eq!((runs.len(), runs[best].whitened), (2, whitened_gains));
        }
        Ok(())
    }

    #[test]
    fn a_narrower_flow_must_be_as_good() -> Result<()> {
        let plan = plan(Open { width: true, ..Open::default() }, 4.0)?;
        let chosen = |costs: f64| {
            let (runs, best) = runs(&plan, |choice| 1.0 + costs * (choice.narrower as f64).log2());
            assert_eq!(runs.len(), 3);
            runs[best].narrower
        };
        assert_eq!([chosen(0.0), chosen(0.001), chosen(0.5)], [16, 16, 1]);
        Ok(())
    }

    /// A quarter of 8 and a sixteenth of 8 are both less than the narrowest width.
    #[test]
    fn no_width_is_tried_twice() -> Result<()> {
        let mut plan = plan(Open { width: true, ..Open::default() }, 40.0)?;
        plan.description.hidden = vec![8];
        assert_eq!(runs(&plan, |_| 1.0).0.len(), 2);
        Ok(())
    }

    #[test]
    fn noise_goes_only_where_that_clearly_gains() -> Result<()> {
        let plan = plan(Open { noise: true, ..Open::default() }, 4.0)?;
        let has_noise = |gain: f64| {
            let (runs, best) = runs(&plan, |choice| if choice.noise { 1.0 } else { 1.0 - gain });
            assert_eq!(runs.len(), 2);
            runs[best].noise
        };
        assert_eq!([has_noise(0.01), has_noise(1.0)], [true, false]);
        Ok(())
    }

    #[test]
    fn runs_get_longer_while_held_out_rows_gain() -> Result<()> {
        let plan = plan(Open { steps: true, ..Open::default() }, 100.0)?;
        let (all, best) = runs(&plan, |choice| 1e6 / choice.steps as f64);
        let steps: Vec<usize> = all.iter().map(|choice| choice.steps).collect();
        // the last takes what is left
        assert_eq!(steps, [1000, 2000, 4000, 8000, 16_000, 32_000, 37_000]);
        assert_eq!(best, 6);
        assert!(all.iter().skip(1).enumerate().all(|(i, choice)| choice.from == Some(i)));

        let (all, best) = runs(&plan, |choice| if choice.steps > 2000 { 1.0 } else { 0.9 });
        assert_eq!((all.len(), best), (2, 0));
        Ok(())
    }

    /// Without a budget for one run there is a shorter one.
    #[test]
    fn the_first_run_is_no_longer_than_the_budget_allows() -> Result<()> {
        let (all, _) = runs(&plan(ALL, 0.25)?, |_| 1.0);
        assert_eq!((all.len(), all[0].steps), (1, 250));
        Ok(())
    }

    /// The mean of rows of which one is impossible has no standard error.
    #[test]
    fn a_run_that_finds_a_row_impossible_is_no_match_for_others() -> Result<()> {
        let plan = plan(Open { noise: true, ..Open::default() }, 4.0)?;
        let of = |choice: &Choice| if choice.noise { f64::INFINITY } else { 1.0 };
        let (runs, best) = runs(&plan, of);
        assert!(!runs[best].noise);
        Ok(())
    }

    /// A small budget asks fewer questions.
    #[test]
    fn the_budget_is_kept() -> Result<()> {
        for trainings in [0.3, 1.0, 2.5, 4.0, 40.0] {
            runs(&plan(ALL, trainings)?, |choice| choice.steps as f64);
        }
        let count = |trainings| -> Result<usize> {
            Ok(runs(&plan(ALL, trainings)?, |choice| 1.0 / choice.steps as f64).0.len())
        };
        assert!(count(1.0)? == 1 && count(4.0)? >= 4 && count(40.0)? > count(4.0)?);
        Ok(())
    }

    #[test]
    fn a_whitened_flow_has_a_triangle_and_bounded_inputs() -> Result<()> {
        let plan = plan(ALL, 4.0)?;
        let plain = plan.described(&plan.first());
        let whitened = plan.described(&Choice { whitened: true, narrower: 16, ..plan.first() });
        assert_eq!((plain.triangle, plain.input_bound), (false, None));
        assert_eq!((whitened.triangle, whitened.input_bound), (true, Some(Plan::INPUT_BOUND)));
        assert_eq!((plain.hidden, whitened.hidden), (vec![32], vec![4]));
        Ok(())
    }
}

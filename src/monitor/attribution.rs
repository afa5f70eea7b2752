use crate::Real;
use nalgebra::SVector;

/// How many features are blamed at most, beside those that are not finite.
const ROUNDS: u8 = 3;

/// How many features of a round are judged by all typical values.
const FINE: u8 = 6;

/// Which features made a reading improbable, by resets to typical values.
///
/// `typical` \[Q\]\[D\] holds Q values of each feature that normal rows have, ascending, such as
/// 17 quantiles from .05 to .95. Feature i is judged by what it takes to explain the reading:
///
/// - best\[i\] = max_q log_prob(x with x_i <- typical\[q\]\[i\]), in nats;
/// - expected\[i\] = the value that reaches it, the first where several do;
/// - nats\[i\] = best\[i\] - log_prob(x).
///
/// From nine values on, this takes two stages. The first tries every (Q - 1) / 4-th value of each
/// feature: 1, 5, 9, 13 and 17 of 17. The second tries the other values of the six features that
/// are the best so far.
///
/// The feature with the largest best is blamed. If its best is still below the threshold, it is
/// replaced by its expected value, and the others are judged again: at most three rounds.
///
/// Features that are not finite are blamed first. They are replaced by their medians, the middle
/// row of `typical`, before the others are judged; if that explains the reading, no other is
/// blamed.
///
/// A round costs Q D log_probs; in two stages about 5 D + 6 (Q - 5). [`Steps`] does one feature at
/// a time.
///
/// ```
/// use couplet::{Attribution, Flow, Scale, StandardNormal, Standardize};
///
/// // temperature in degrees Celsius and pressure in hPa
/// let standardize = Standardize::new([20.0_f32, 1013.0], [4.0, 8.0]);
/// let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardNormal);
/// let typical = [[15.0, 1004.0], [20.0, 1013.0], [25.0, 1022.0]];
///
/// let x = [21.0, 900.0].into();
/// let found = Attribution::of(|x| flow.log_prob(x), &x, &typical, -8.0);
/// assert_eq!(found.culprits(), 1);
/// assert_eq!(found.ranked()[0], 1); // pressure
/// assert_eq!(found.expected[1], 1013.0); // what it should have been
/// assert!(found.nats[1] > 90.0 && found.explains(1));
/// assert!(!found.explains(0));
/// ```
///
/// Anomaly Attribution with Likelihood Compensation (Idé and Abe, 2023),
/// <https://arxiv.org/abs/2305.18440>, corrects readings along gradients. Far from the data these
/// point to other features than the broken one, and resets need no gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribution<T, const D: usize> {
    /// The log_prob of the reading with this feature reset \[D\], in nats: finite or negative
    /// infinity. Features that were blamed in earlier rounds are replaced in it.
    pub best: [T; D],
    /// The value that the feature was reset to \[D\], in its unit.
    pub expected: [T; D],
    /// What the reset brings \[D\], in nats, beyond the resets of earlier rounds. Infinite where the
    /// log_prob before was negative infinity, 0 where it stays so.
    pub nats: [T; D],
    /// In which place a feature is blamed, counted from 1; 0 if it is not.
    place: [u16; D],
    threshold: T,
}

impl<T: Real, const D: usize> Attribution<T, D> {
    /// Judges all features of a reading: [`Steps`] to their end.
    ///
    /// `threshold` is that of the [`crate::Calibration`]: a log_prob that is at least as high needs
    /// no more blame.
    pub fn of<const Q: usize>(
        log_prob: impl Fn(&SVector<T, D>) -> T,
        x: &SVector<T, D>,
        typical: &[[T; D]; Q],
        threshold: T,
    ) -> Self {
        let mut steps = Steps::new(x, typical, threshold);
        while steps.step(&log_prob) {}
        steps.attribution
    }

    /// All features, the most to blame first: those that are not finite, then those that are blamed,
    /// round by round, then the others by their best. The lower index wins ties.
    pub fn ranked(&self) -> [usize; D] {
        let mut ranked = [0; D];
        for (feature, key) in self.keys().enumerate() {
            let before = self.keys().enumerate().filter(|&(other, (place, best))| {
                place < key.0
                    || place == key.0 && (best > key.1 || best == key.1 && other < feature)
            });
            if let Some(at) = ranked.get_mut(before.count()) {
                *at = feature;
            }
        }
        ranked
    }

    /// What features are sorted by: place, then best.
    fn keys(&self) -> impl Iterator<Item = (u16, T)> + '_ {
        let key = |(&place, &best): (&u16, &T)| (if place == 0 { u16::MAX } else { place }, best);
        self.place.iter().zip(&self.best).map(key)
    }

    /// How many features are blamed: the first of [`Attribution::ranked`]. 0 before the first round
    /// ends.
    pub fn culprits(&self) -> usize {
        self.place.iter().filter(|&&place| place > 0).count()
    }

    /// Whether a feature, together with those blamed before it, explains the reading: reset, it is
    /// no anomaly. False where there is no such feature.
    pub fn explains(&self, feature: usize) -> bool {
        self.best.get(feature).is_some_and(|&best| best >= self.threshold)
    }
}

/// An [`Attribution`] in steps, for readings that keep coming: the first takes one log_prob, each
/// other judges one feature by at most Q.
///
/// ```
/// use couplet::{Attribution, Flow, Scale, StandardNormal, Standardize, Steps};
///
/// # let flow = Flow::new(Standardize::new([0.0_f32; 2], [1.0; 2]), Scale::new([0.0; 2]), StandardNormal);
/// static TYPICAL: [[f32; 2]; 3] = [[-1.0; 2], [0.0; 2], [1.0; 2]];
/// let x = [0.5, 9.0].into();
/// let mut steps = Steps::new(&x, &TYPICAL, -6.0);
/// while steps.step(|x| flow.log_prob(x)) {
///     // watch the next reading
/// }
/// assert_eq!(steps.attribution.ranked(), [1, 0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a, T, const D: usize, const Q: usize> {
    /// What is known so far.
    pub attribution: Attribution<T, D>,
    typical: &'a [[T; D]; Q],
    /// The reading with those features replaced that are blamed.
    x: SVector<T, D>,
    /// The log_prob of x.
    log_prob: T,
    /// The number of features that are blamed.
    culprits: u16,
    round: u8,
    next: Step,
    /// Which features are judged by all typical values in this round.
    is_fine: [bool; D],
}

/// What a step does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The log_prob of the reading.
    Begin,
    /// The first stage: judges this feature.
    Coarse(usize),
    /// The second stage has judged this number of features. It judges the best of the others.
    Fine(u8),
    End,
}

impl<'a, T: Real, const D: usize, const Q: usize> Steps<'a, T, D, Q> {
    /// Of a reading; nothing is evaluated yet.
    pub fn new(x: &SVector<T, D>, typical: &'a [[T; D]; Q], threshold: T) -> Self {
        const { assert!(D > 0 && D < u16::MAX as usize, "features are numbered by 16 bits") };
        const { assert!(Q > 0, "a reset needs a typical value") };
        let mut steps = Steps {
            attribution: Attribution {
                best: [T::NEG_INFINITY; D],
                expected: median(typical),
                nats: [T::ZERO; D],
                place: [0; D],
                threshold,
            },
            typical,
            x: *x,
            log_prob: T::NEG_INFINITY,
            culprits: 0,
            round: 0,
            next: Step::Begin,
            is_fine: [false; D],
        };
        let features = steps.x.as_mut_slice().iter_mut().zip(&mut steps.attribution.place);
        for ((x, place), &median) in features.zip(&steps.attribution.expected) {
            if !x.is_finite() {
                *x = median;
                steps.culprits += 1;
                *place = steps.culprits;
            }
        }
        steps
    }

    /// The first stage tries every `STRIDE`-th value.
    const STRIDE: usize = if Q < 9 { 1 } else { (Q - 1) / 4 };

    /// Judges one feature; whether there is more to do. At the end it does nothing.
    ///
    /// `log_prob` must be that of the same model each time. NaN counts as negative infinity.
    pub fn step(&mut self, log_prob: impl Fn(&SVector<T, D>) -> T) -> bool {
        self.next = match self.next {
            Step::Begin => {
                self.begin(log_prob);
                self.coarse(0)
            }
            Step::Coarse(feature) => {
                self.forget(feature);
                self.judge(feature, |q| q % Self::STRIDE == 0, log_prob);
                self.coarse(feature.saturating_add(1))
            }
            Step::Fine(count) => {
                if let Some((feature, _)) = self.best(|steps, i| !steps.is_fine(i)) {
                    self.judge(feature, |q| q % Self::STRIDE != 0, log_prob);
                    set(&mut self.is_fine, feature, true);
                }
                self.fine(count.saturating_add(1))
            }
            Step::End => Step::End,
        };
        !matches!(self.next, Step::End)
    }

    /// The log_prob of the reading whose features are all finite.
    fn begin(&mut self, log_prob: impl Fn(&SVector<T, D>) -> T) {
        self.log_prob = or_impossible(log_prob(&self.x));
        let Attribution { best, nats, place, .. } = &mut self.attribution;
        for ((best, nats), &place) in best.iter_mut().zip(nats).zip(place.iter()) {
            if place > 0 {
                *best = self.log_prob;
                *nats = gain(self.log_prob, T::NEG_INFINITY);
            }
        }
    }

    /// The next feature of the first stage. Features that are blamed take no step.
    fn coarse(&mut self, from: usize) -> Step {
        let place = &self.attribution.place;
        match place.iter().skip(from).position(|&place| place == 0) {
            Some(skip) => Step::Coarse(from.saturating_add(skip)),
            None => {
                self.is_fine = [Self::STRIDE == 1; D];
                self.fine(0)
            }
        }
    }

    /// The next step of the second stage, which has judged `count` features.
    fn fine(&mut self, count: u8) -> Step {
        match self.best(|steps, i| !steps.is_fine(i)) {
            Some(_) if count < FINE => Step::Fine(count),
            _ => self.end_round(),
        }
    }

    fn is_fine(&self, feature: usize) -> bool {
        self.is_fine.get(feature).is_some_and(|&is_fine| is_fine)
    }

    /// Takes back what an earlier round found for a feature.
    fn forget(&mut self, feature: usize) {
        let found = &mut self.attribution;
        set(&mut found.best, feature, T::NEG_INFINITY);
        if let Some(&median) = median(self.typical).get(feature) {
            set(&mut found.expected, feature, median);
        }
    }

    /// The best reset of a feature to those typical values that are asked for.
    fn judge(
        &mut self,
        feature: usize,
        is_asked: impl Fn(usize) -> bool,
        log_prob: impl Fn(&SVector<T, D>) -> T,
    ) {
        let found = &mut self.attribution;
        let Some(&own) = self.x.as_slice().get(feature) else { return };
        let Some(best) = found.best.get_mut(feature) else { return };
        let Some(expected) = found.expected.get_mut(feature) else { return };
        let asked = self.typical.iter().enumerate().filter(|&(q, _)| is_asked(q));
        for value in asked.filter_map(|(_, values)| values.get(feature)) {
            set(self.x.as_mut_slice(), feature, *value);
            let log_prob = or_impossible(log_prob(&self.x));
            if log_prob > *best {
                (*best, *expected) = (log_prob, *value);
            }
        }
        let gain = gain(*best, self.log_prob);
        set(&mut found.nats, feature, gain);
        set(self.x.as_mut_slice(), feature, own);
    }

    /// The feature with the largest best, of those that are asked for and not blamed yet. The lower
    /// index wins ties.
    fn best(&self, is_asked: impl Fn(&Self, usize) -> bool) -> Option<(usize, T)> {
        let Attribution { best, place, .. } = &self.attribution;
        let mut first: Option<(usize, T)> = None;
        for (feature, (&best, &place)) in best.iter().zip(place).enumerate() {
            let is_better = first.is_none_or(|(_, other)| best > other);
            if place == 0 && is_better && is_asked(self, feature) {
                first = Some((feature, best));
            }
        }
        first
    }

    /// Blames the best feature of the round; begins the next, if there is one.
    fn end_round(&mut self) -> Step {
        self.round = self.round.saturating_add(1);
        let threshold = self.attribution.threshold;
        // Those that were not finite were enough.
        let enough = self.round == 1 && self.culprits > 0 && self.log_prob >= threshold;
        let Some((feature, best)) = self.best(|_, _| true).filter(|_| !enough) else {
            return Step::End;
        };
        self.culprits += 1;
        let found = &mut self.attribution;
        set(&mut found.place, feature, self.culprits);
        if best >= threshold || self.round >= ROUNDS {
            return Step::End;
        }
        let Some(open) = found.place.iter().position(|&place| place == 0) else { return Step::End };
        if let Some(&expected) = found.expected.get(feature) {
            set(self.x.as_mut_slice(), feature, expected);
        }
        self.log_prob = best;
        Step::Coarse(open)
    }
}

/// The middle row: the medians, where rows are quantiles.
fn median<T: Real, const D: usize, const Q: usize>(typical: &[[T; D]; Q]) -> [T; D] {
    typical.get(Q / 2).copied().unwrap_or([T::ZERO; D])
}

fn or_impossible<T: Real>(log_prob: T) -> T {
    if log_prob.is_nan() { T::NEG_INFINITY } else { log_prob }
}

/// What log_prob gains, where negative infinity less itself is nothing.
fn gain<T: Real>(after: T, before: T) -> T {
    if after == before { T::ZERO } else { after - before }
}

fn set<T>(values: &mut [T], at: usize, value: T) {
    if let Some(to) = values.get_mut(at) {
        *to = value;
    }
}

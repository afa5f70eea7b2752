use crate::Real;
use nalgebra::SVector;

/// How many features are blamed at most, beside those that are not finite.
const ROUNDS: u8 = 3;

/// Which features made a reading improbable, by resets to typical values.
///
/// `typical` \[Q\]\[D\] holds Q values of each feature that normal rows have, ascending, such as
/// their quantiles .05, .25, .5, .75 and .95. Feature i is judged by what it takes to explain the
/// reading:
///
/// - best\[i\] = max_q log_prob(x with x_i <- typical\[q\]\[i\]), in nats;
/// - expected\[i\] = the value that reaches it, the first where several do;
/// - nats\[i\] = best\[i\] - log_prob(x).
///
/// The feature with the largest best is blamed. If its best is still below the threshold, it is
/// replaced by its expected value, and the others are judged again: at most three rounds.
///
/// Features that are not finite are blamed first. They are replaced by their medians, the middle
/// row of `typical`, before the others are judged; if that explains the reading, no other is
/// blamed.
///
/// It costs 1 + Q D log_probs, at most 1 + 3 Q D: [`Steps`] does one feature at a time.
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
/// other judges one feature by Q log_probs.
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
    /// The next feature; none before the first step.
    feature: Option<usize>,
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
            feature: None,
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

    /// Judges one feature; whether there is more to do. At the end it does nothing.
    ///
    /// `log_prob` must be that of the same model each time. NaN counts as negative infinity.
    pub fn step(&mut self, log_prob: impl Fn(&SVector<T, D>) -> T) -> bool {
        if self.round >= ROUNDS {
            return false;
        }
        match self.feature {
            None => self.begin(log_prob),
            Some(feature) if feature < D => self.judge(feature, log_prob),
            Some(_) => (),
        }
        // Features that are blamed take no step.
        let place = &self.attribution.place;
        let next = self.feature.map_or(0, |feature| feature.saturating_add(1));
        let next = place.iter().skip(next).position(|&place| place == 0).map(|skip| next + skip);
        self.feature = Some(next.unwrap_or(D));
        next.is_some() || self.end_round()
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

    /// The best reset of a feature.
    fn judge(&mut self, feature: usize, log_prob: impl Fn(&SVector<T, D>) -> T) {
        let Some(&own) = self.x.as_slice().get(feature) else { return };
        let mut best = T::NEG_INFINITY;
        let median = self.typical.get(Q / 2).and_then(|values| values.get(feature));
        let mut expected = median.copied().unwrap_or(own);
        for values in self.typical {
            let (Some(x), Some(&value)) =
                (self.x.as_mut_slice().get_mut(feature), values.get(feature))
            else {
                return;
            };
            *x = value;
            let log_prob = or_impossible(log_prob(&self.x));
            if log_prob > best {
                (best, expected) = (log_prob, value);
            }
        }
        let found = &mut self.attribution;
        set(self.x.as_mut_slice(), feature, own);
        set(&mut found.best, feature, best);
        set(&mut found.expected, feature, expected);
        set(&mut found.nats, feature, gain(best, self.log_prob));
    }

    /// Blames the best feature of the round; whether there is another round.
    fn end_round(&mut self) -> bool {
        self.round += 1;
        let found = &mut self.attribution;
        let explained = |log_prob: T| log_prob >= found.threshold;
        // Those that were not finite were enough.
        let enough = self.round == 1 && self.culprits > 0 && explained(self.log_prob);
        let mut first: Option<(usize, T)> = None;
        for (feature, (&best, &place)) in found.best.iter().zip(&found.place).enumerate() {
            if place == 0 && first.is_none_or(|(_, other)| best > other) {
                first = Some((feature, best));
            }
        }
        let Some((feature, best)) = first.filter(|_| !enough) else {
            self.round = ROUNDS;
            return false;
        };
        self.culprits += 1;
        set(&mut found.place, feature, self.culprits);
        let more = found.place.contains(&0) && !explained(best) && self.round < ROUNDS;
        if !more {
            self.round = ROUNDS;
            return false;
        }
        let expected = found.expected.get(feature).copied();
        set(self.x.as_mut_slice(), feature, expected.unwrap_or(T::ZERO));
        self.log_prob = best;
        self.feature = found.place.iter().position(|&place| place == 0);
        true
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

//! The limit of the sum of surprises: how large it must be for false alarms to be as rare as asked.

use rand_core::SeedableRng;
use rand_distr::{Distribution, Gamma};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// Tables that are drawn at least: what the probabilities of the table's entries may be.
const TABLES: usize = 400;

/// Of the tables that are drawn, this many may break the promise, where the confidence is high.
const ALLOWED: f64 = 10.0;

/// Cells of the sum from 0 to the limit.
const CELLS: usize = 300;

/// The limit is found to this many nats.
const RESOLUTION: f64 = 0.01;

/// After this many readings the sum has forgotten that it began at 0.
const SETTLED: f64 = 10_000.0;

/// No limit is larger: then the reference is too small for the sum ever to stay down.
const LARGEST: f64 = 60.0;

/// The limit h of the sum S <- max(0, S + w - reference) with which S > h comes no more often than
/// once in `between` readings on the average, with this confidence over calibrations. `None` where
/// no limit is large enough.
///
/// `ranks` \[M\] are those of the table and n its rows, so w is -ln(k_j / (n + 1)) or 0. For
/// independent rows of any continuous distribution the probabilities of the M + 1 values of w are
/// Dirichlet(k_1, k_2 - k_1, ..., n + 1 - k_M). Some are drawn, always the same. For each, S is a
/// Markov chain on a grid whose steps are rounded up, so that alarms come too often rather than too
/// rarely. h is the smallest limit with which the asked part of the draws keeps the promise. It
/// depends on no data.
///
/// Brook and Evans (1972), <https://doi.org/10.1093/biomet/59.3.539>, compute run lengths by Markov
/// chains.
pub fn limit(
    ranks: &[u32],
    rows: u32,
    reference: f64,
    between: f64,
    confidence: f64,
) -> Option<f64> {
    let count = TABLES.max((ALLOWED / (1.0 - confidence)).ceil() as usize);
    let tables = Tables::draw(ranks, rows, count);
    // The draws are a sample: a standard error fewer may break the promise than should.
    let expected = (1.0 - confidence) * count as f64;
    let allowed = (expected - (expected * confidence).sqrt()).max(0.0) as usize;
    let keeps = |limit: f64| {
        let walk = Walk::new(&tables.surprises, reference, limit);
        let too_early = |table: &&Vec<f64>| walk.run_length(table) < between;
        tables.probabilities.par_iter().filter(too_early).count() <= allowed
    };
    let mut high = 1.0;
    while !keeps(high) {
        high *= 1.3;
        if high > LARGEST {
            return None;
        }
    }
    let mut low = if high > 1.0 { high / 1.3 } else { 0.0 };
    while high - low > RESOLUTION {
        let middle = (low + high) / 2.0;
        if keeps(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// What a table's entries say, and draws of how probable each is.
struct Tables {
    surprises: Vec<f64>,
    probabilities: Vec<Vec<f64>>,
}

impl Tables {
    fn draw(ranks: &[u32], rows: u32, count: usize) -> Self {
        let mut ranks = ranks.to_vec();
        ranks.dedup();
        ranks.push(rows + 1);
        let all = f64::from(rows + 1);
        let surprises = ranks.iter().map(|&rank| -(f64::from(rank) / all).ln()).collect();
        let before = std::iter::once(0).chain(ranks.iter().copied());
        // A rank has a probability of its own, however few rows it is above the one before.
        let gammas: Vec<Gamma<f64>> = ranks
            .iter()
            .zip(before)
            .filter_map(|(&rank, before)| Gamma::new(f64::from(rank - before), 1.0).ok())
            .collect();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut draw = || {
            let drawn: Vec<f64> = gammas.iter().map(|gamma| gamma.sample(&mut rng)).collect();
            let sum: f64 = drawn.iter().sum();
            drawn.iter().map(|part| part / sum).collect()
        };
        Tables { surprises, probabilities: (0..count).map(|_| draw()).collect() }
    }
}

/// The sum of surprises on a grid of [`CELLS`] steps up to the limit.
struct Walk {
    /// By how many cells each entry of the table moves it.
    steps: Vec<i64>,
}

impl Walk {
    fn new(surprises: &[f64], reference: f64, limit: f64) -> Self {
        let cell = limit / CELLS as f64;
        Walk { steps: surprises.iter().map(|w| ((w - reference) / cell).ceil() as i64).collect() }
    }

    /// The mean number of readings from S = 0 to the first S above the limit, that one included:
    /// the sum over t of the probability that none of t readings is.
    ///
    /// That probability falls by a factor that is soon constant; from there on it is a geometric
    /// series.
    fn run_length(&self, probabilities: &[f64]) -> f64 {
        let mut alive = vec![1.0; CELLS + 1];
        let mut next = vec![0.0; CELLS + 1];
        let (mut sum, mut before) = (0.0, f64::INFINITY);
        loop {
            sum += alive[0];
            next.fill(0.0);
            for (&step, &p) in self.steps.iter().zip(probabilities) {
                // from cell i to max(0, i + step), where that is not above the limit
                let down = (-step).clamp(0, CELLS as i64 + 1) as usize;
                let up = step.clamp(0, CELLS as i64 + 1) as usize;
                next[..down].iter_mut().for_each(|next| *next += p * alive[0]);
                let to = &alive[up..CELLS + 1 - down];
                next[down..].iter_mut().zip(to).for_each(|(next, alive)| *next += p * alive);
            }
            std::mem::swap(&mut alive, &mut next);
            let part = alive[0] / next[0];
            // The first readings cannot end it; later ones hardly ever do where this stays so.
            if sum > SETTLED && part > 1.0 - 1e-12 {
                return f64::INFINITY;
            }
            let whole = sum + alive[0] / (1.0 - part);
            if (whole - before).abs() <= 1e-6 * whole || alive[0] < 1e-12 {
                return whole;
            }
            before = whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean number of readings until the sum is above the limit, of so many runs.
    fn simulated(surprises: &[f64], p: &[f64], reference: f64, limit: f64, runs: usize) -> f64 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut readings = 0_usize;
        for _ in 0..runs {
            let mut sum = 0.0_f64;
            while sum <= limit {
                let mut u = rand::RngExt::random::<f64>(&mut rng);
                let entry = p.iter().position(|&p| {
                    u -= p;
                    u < 0.0
                });
                sum = (sum + surprises[entry.unwrap_or(p.len() - 1)] - reference).max(0.0);
                readings += 1;
            }
        }
        readings as f64 / runs as f64
    }

    #[test]
    fn run_lengths_are_those_of_a_simulation_or_a_little_shorter() {
        let ranks = couplet::ranks::<32>(999, 1);
        let tables = Tables::draw(&ranks, 999, 1);
        for (reference, limit) in [(1.5, 4.0), (2.0, 3.0), (3.0, 2.0)] {
            let walk = Walk::new(&tables.surprises, reference, limit);
            let p = &tables.probabilities[0];
            let (found, truth) =
                (walk.run_length(p), simulated(&tables.surprises, p, reference, limit, 20_000));
            assert!((0.93..1.03).contains(&(found / truth)), "{reference}: {found}, {truth}");
        }
    }

    /// The limits of the design's table.
    #[test]
    fn limits_are_those_of_a_dense_solver() {
        for (reference, rows, between, expected) in
            [(2.0, 999, 1000.0, 5.60), (2.0, 9999, 1000.0, 5.90), (3.0, 999, 1000.0, 3.91)]
        {
            let ranks = couplet::ranks::<32>(rows, 1);
            let found = limit(&ranks, rows, reference, between, 0.95).unwrap_or(f64::NAN);
            assert!((found - expected).abs() < 0.35, "{reference} {rows}: {found} {expected}");
        }
    }
}

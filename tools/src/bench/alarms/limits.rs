use crate::{calibrate::limit, model::TABLE};
use couplet::Calibration;
use rand::RngExt;
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Runs from a sum of 0 to the alarm, for each calibration.
const RUNS: usize = 400;

/// How many calibrations keep the mean number of readings between alarms that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// The limit of the sum.
    pub limit: f64,
    /// The median over calibrations of the mean number of readings to an alarm.
    pub median: f64,
    /// The part of the calibrations with fewer readings than asked for.
    pub below: f64,
}

/// Simulates calibrations by n independent rows, and of each the number of readings to an alarm of
/// the sum, with the device's table. Each reading's log_prob is uniform, which stands for any
/// continuous distribution. `None` where there is no limit.
pub fn kept(n: u32, reference: f64, between: f64, calibrations: u64) -> Option<Kept> {
    let ranks = couplet::ranks::<TABLE>(n, 1);
    let limit = limit(&ranks, n, reference, between, 0.95)?;
    let lengths = (0..calibrations).into_par_iter().map(|seed| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1000 + seed);
        let mut rows: Vec<f32> = (0..n).map(|_| rng.random()).collect();
        rows.sort_by(f32::total_cmp);
        let table = Calibration::<f32, TABLE>::of_sorted(0, &rows, 1).ok();
        let readings: usize = (0..RUNS)
            .map(|_| {
                let mut sum = 0.0;
                let mut readings = 0;
                while sum <= limit {
                    let surprise = table.map_or(0.0, |table| table.surprise(rng.random()));
                    sum = (sum + f64::from(surprise) - reference).max(0.0);
                    readings += 1;
                }
                readings
            })
            .sum();
        readings as f64 / RUNS as f64
    });
    let mut lengths: Vec<f64> = lengths.collect();
    lengths.sort_by(f64::total_cmp);
    let below = lengths.iter().filter(|&&length| length < between).count();
    Some(Kept {
        limit,
        median: lengths[lengths.len() / 2],
        below: below as f64 / lengths.len() as f64,
    })
}

use crate::model::{Arithmetic, Flow, HALF, Workspace, vectorized};
use aligned_vec::{AVec, avec};
use rayon::{
    iter::IndexedParallelIterator, iter::IntoParallelRefMutIterator, iter::ParallelIterator,
    slice::ParallelSliceMut,
};

/// Points that go through the layers together: enough to fill vector registers, few enough to stay
/// in cache.
const BLOCK: usize = 64;

/// How many parts there are.
pub const SHARDS: usize = 4;

/// The loss and the gradient of a batch, which is always split into the same parts, whose gradients
/// are summed in order: the bits do not depend on how many threads work on them.
#[derive(Debug)]
pub struct Shards {
    shards: [Shard; SHARDS],
    gradient: AVec<f32>,
    squares: [f64; SHARDS],
}

/// A part of each batch: its loss and gradient, which starts from zeros that the last one left
/// behind.
#[derive(Debug)]
struct Shard {
    whole: Workspace<f32, BLOCK>,
    rest: Rest,
    nats: f64,
    dp: AVec<f32>,
}

/// How many halves of vectors there may be beyond whole blocks, and how many points these are.
macro_rules! rests {
    ($($name:ident = $points:literal),*) => {
        /// Room for the last block of a shard, which is rarely whole: a batch of 100 takes 56 + 48 lanes instead of 128.
        #[derive(Debug)]
        enum Rest {
            $($name(Workspace<f32, $points>),)*
            Whole,
        }

        impl Rest {
            fn new(flow: &Flow, points: usize) -> Self {
                match points.next_multiple_of(HALF) {
                    $($points => Rest::$name(Workspace::new(flow, Arithmetic::Fused)),)*
                    _ => Rest::Whole,
                }
            }

            /// The loss of the last rows of a batch of `count`.
            fn loss_and_gradient(&mut self, flow: &Flow, p: &[f32], rows: &[f32], count: usize, dp: &mut [f32]) -> f32 {
                match self {
                    $(Rest::$name(space) => flow.loss_and_gradient(p, rows, count, space, dp),)*
                    Rest::Whole => 0.0,
                }
            }
        }
    };
}

rests!(One = 8, Two = 16, Three = 24, Four = 32, Five = 40, Six = 48, Seven = 56);

impl Shards {
    /// For batches of so many rows.
    pub fn new(flow: &Flow, batch: usize) -> Self {
        let shard = |i| {
            let (from, to) = part(batch, i);
            let rest = Rest::new(flow, (to - from) % BLOCK);
            Shard {
                whole: Workspace::new(flow, Arithmetic::Fused),
                rest,
                nats: 0.0,
                dp: avec![0.0; flow.layout.len()],
            }
        };
        Shards {
            shards: std::array::from_fn(shard),
            gradient: avec![0.0; flow.layout.len()],
            squares: [0.0; SHARDS],
        }
    }

    /// The mean negative log-likelihood of a batch in nats, its gradient, and the gradient's
    /// length.
    ///
    /// Before a part of the batch is looked at, `fill` writes it: its rows from the one given on.
    pub fn gradient(
        &mut self,
        flow: &Flow,
        p: &[f32],
        batch: &mut [f32],
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> (f32, &[f32], f64) {
        let Shards { shards, gradient, squares } = self;
        let d = flow.description.dimension();
        let count = batch.len() / d;
        let each = part(count, 0).1;
        // A shard without rows has nothing to add.
        let used = count.div_ceil(each);
        shards
            .par_iter_mut()
            .zip(batch.par_chunks_mut(each * d))
            .enumerate()
            .with_max_len(1)
            .for_each(|(i, (shard, rows))| {
                fill(i * each, rows);
                shard.gradient(flow, p, rows, count);
            });
        let loss = shards[..used].iter().map(|shard| shard.nats).sum::<f64>();

        let size = quarter(gradient.len());
        let [a, b, c, d] = shards.each_mut().map(|shard| shard.dp.par_chunks_mut(size));
        let sums = gradient.par_chunks_mut(size).zip(squares.par_iter_mut());
        sums.zip(a.zip(b).zip(c.zip(d))).with_max_len(1).for_each(|((sum, squares), dp)| {
            let ((a, b), (c, d)) = dp;
            vectorized(
                #[inline(always)]
                || {
                    let mut dp = [a, b, c, d].map(|dp| dp.as_chunks_mut::<8>());
                    let (sums, rest) = sum.as_chunks_mut::<8>();
                    let mut lanes = [0.0; 8];
                    for (k, sum) in sums.iter_mut().enumerate() {
                        *sum = take_sum(dp[..used].iter_mut().map(|(eights, _)| &mut eights[k]));
                        lanes = std::array::from_fn(|i| {
                            lanes[i] + f64::from(sum[i]) * f64::from(sum[i])
                        });
                    }
                    for (k, sum) in rest.iter_mut().enumerate() {
                        [*sum] = take_sum(
                            dp[..used]
                                .iter_mut()
                                .map(|(_, rest)| std::array::from_mut(&mut rest[k])),
                        );
                        lanes[k] += f64::from(*sum) * f64::from(*sum);
                    }
                    *squares = lanes.iter().sum();
                },
            );
        });
        (loss as f32, gradient, squares.iter().sum::<f64>().sqrt())
    }

    /// The mean negative log-likelihood of any number of rows in nats.
    pub fn nats(&mut self, flow: &Flow, p: &[f32], rows: &[f32]) -> f64 {
        let d = flow.description.dimension();
        let count = rows.len() / d;
        self.shards.par_iter_mut().enumerate().with_max_len(1).for_each(|(i, shard)| {
            let (from, to) = part(count, i);
            shard.nats = 0.0;
            for block in rows[from * d..to * d].chunks(BLOCK * d) {
                shard.whole.load(block);
                let log_prob = flow.log_prob(p, &mut shard.whole);
                // As `log_probs` has it: what is not a number is impossible.
                let nats = |&log_prob: &f32| {
                    if log_prob.is_finite() { -f64::from(log_prob) } else { f64::INFINITY }
                };
                shard.nats += log_prob[..block.len() / d].iter().map(nats).sum::<f64>();
            }
        });
        self.shards.iter().map(|shard| shard.nats).sum::<f64>() / count as f64
    }
}

/// How many of so many parameters a thread works on at a time.
pub fn quarter(parameters: usize) -> usize {
    parameters.div_ceil(4).next_multiple_of(64).max(64)
}

/// The sum of some parts' derivatives, in order, and zeros in their place.
#[inline(always)]
fn take_sum<'a, const L: usize>(parts: impl Iterator<Item = &'a mut [f32; L]>) -> [f32; L] {
    parts.fold([0.0; L], |sum, dp| {
        let dp = std::mem::replace(dp, [0.0; L]);
        std::array::from_fn(|i| sum[i] + dp[i])
    })
}

/// From which row to which the i-th part of a batch reaches: as few parts as there must be, and
/// these as equal as halves of vectors let them be.
fn part(count: usize, i: usize) -> (usize, usize) {
    let blocks = count.div_ceil(BLOCK);
    let parts = blocks.div_ceil(blocks.div_ceil(SHARDS));
    let rows = count.div_ceil(parts).next_multiple_of(HALF);
    ((i * rows).min(count), ((i + 1) * rows).min(count))
}

impl Shard {
    /// Of rows in a batch of `count`.
    fn gradient(&mut self, flow: &Flow, p: &[f32], rows: &[f32], count: usize) {
        let Shard { whole, rest, nats, dp } = self;
        let d = flow.description.dimension();
        let points = rows.len() / d;
        let blocks = if matches!(rest, Rest::Whole) { points } else { points / BLOCK * BLOCK };
        let (rows, last) = rows.split_at(blocks * d);
        let loss = flow.loss_and_gradient(p, rows, count, whole, dp)
            + rest.loss_and_gradient(flow, p, last, count, dp);
        *nats = loss.into();
    }
}

use crate::model::{Arithmetic, Flow, HALF, Workspace, vectorized};
use aligned_vec::{AVec, avec};
use rayon::{
    iter::IndexedParallelIterator, iter::IntoParallelRefMutIterator, iter::ParallelIterator,
    slice::ParallelSliceMut,
};

/// Points that go through the layers together: enough to fill vector registers, few enough to stay
/// in cache.
const BLOCK: usize = 64;

/// The number of shards.
pub const SHARDS: usize = 4;

/// The loss and the gradient of a batch. A batch is always split into the same shards, whose
/// gradients are summed in order, so the bits do not depend on the number of threads.
#[derive(Debug)]
pub struct Shards {
    shards: [Shard; SHARDS],
    gradient: AVec<f32>,
    squares: [f64; SHARDS],
}

/// A part of each batch: its loss and its gradient. The sum over shards leaves zeros behind, from
/// which the next gradient starts.
#[derive(Debug)]
struct Shard {
    whole: Workspace<f32, BLOCK>,
    tail: Tail,
    nats: f64,
    dp: AVec<f32>,
}

/// Declares the tails: the number of points beyond whole blocks, in halves of vectors.
macro_rules! tails {
    ($($name:ident = $points:literal),*) => {
        /// A workspace for the last block of a shard, which is rarely whole: a batch of 100
        /// takes 56 + 48 lanes instead of 128.
        #[derive(Debug)]
        enum Tail {
            $($name(Workspace<f32, $points>),)*
            Whole,
        }

        impl Tail {
            fn new(flow: &Flow, points: usize) -> Self {
                match points.next_multiple_of(HALF) {
                    $($points => Tail::$name(Workspace::new(flow, Arithmetic::Fused)),)*
                    _ => Tail::Whole,
                }
            }

            /// The loss of the last rows of a batch of `count`.
            fn loss_and_gradient(
                &mut self,
                flow: &Flow,
                p: &[f32],
                rows: &[f32],
                count: usize,
                dp: &mut [f32],
            ) -> f32 {
                match self {
                    $(Tail::$name(space) => flow.loss_and_gradient(p, rows, count, space, dp),)*
                    Tail::Whole => 0.0,
                }
            }
        }
    };
}

tails!(One = 8, Two = 16, Three = 24, Four = 32, Five = 40, Six = 48, Seven = 56);

impl Shards {
    /// Shards for batches of `batch` rows.
    pub fn new(flow: &Flow, batch: usize) -> Self {
        let shard = |i| {
            let (from, to) = part(batch, i);
            let tail = Tail::new(flow, (to - from) % BLOCK);
            Shard {
                whole: Workspace::new(flow, Arithmetic::Fused),
                tail,
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
    /// `fill(from, rows)` writes a shard's rows, which start at index `from` of the batch, in the
    /// thread that uses them.
    pub fn gradient(
        &mut self,
        flow: &Flow,
        p: &[f32],
        batch: &mut [f32],
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> (f32, &[f32], f64) {
        let Shards { shards, gradient, squares } = self;
        let width = flow.description.width();
        let count = batch.len() / width;
        let per_shard = part(count, 0).1;
        // A shard without rows has nothing to add.
        let used = count.div_ceil(per_shard);
        shards
            .par_iter_mut()
            .zip(batch.par_chunks_mut(per_shard * width))
            .enumerate()
            .with_max_len(1)
            .for_each(|(i, (shard, rows))| {
                fill(i * per_shard, rows);
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
                    let (sums, tail) = sum.as_chunks_mut::<8>();
                    let mut lanes = [0.0; 8];
                    for (k, sum) in sums.iter_mut().enumerate() {
                        *sum = take_sum(dp[..used].iter_mut().map(|(eights, _)| &mut eights[k]));
                        lanes = std::array::from_fn(|i| {
                            lanes[i] + f64::from(sum[i]) * f64::from(sum[i])
                        });
                    }
                    for (k, sum) in tail.iter_mut().enumerate() {
                        [*sum] = take_sum(
                            dp[..used]
                                .iter_mut()
                                .map(|(_, tail)| std::array::from_mut(&mut tail[k])),
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
        let width = flow.description.width();
        let count = rows.len() / width;
        self.shards.par_iter_mut().enumerate().with_max_len(1).for_each(|(i, shard)| {
            let (from, to) = part(count, i);
            shard.nats = 0.0;
            for block in rows[from * width..to * width].chunks(BLOCK * width) {
                shard.whole.load(block);
                let log_prob = flow.log_prob(p, &mut shard.whole);
                // As in `log_probs`, NaN counts as impossible, and so does a context that is none.
                let nats = |(point, &log_prob): (usize, &f32)| {
                    let is_possible = log_prob.is_finite() && shard.whole.is_given(point);
                    if is_possible { -f64::from(log_prob) } else { f64::INFINITY }
                };
                let log_probs = log_prob[..block.len() / width].iter().enumerate();
                shard.nats += log_probs.map(nats).sum::<f64>();
            }
        });
        self.shards.iter().map(|shard| shard.nats).sum::<f64>() / count as f64
    }
}

/// The number of parameters that a thread works on at a time.
pub fn quarter(parameters: usize) -> usize {
    parameters.div_ceil(4).next_multiple_of(64).max(64)
}

/// Sums derivatives of the shards in order and leaves zeros in their place.
#[inline(always)]
fn take_sum<'a, const L: usize>(parts: impl Iterator<Item = &'a mut [f32; L]>) -> [f32; L] {
    parts.fold([0.0; L], |sum, dp| {
        let dp = std::mem::replace(dp, [0.0; L]);
        std::array::from_fn(|i| sum[i] + dp[i])
    })
}

/// The row range of shard i: as few shards as needed, equal up to a multiple of [`HALF`] rows.
fn part(count: usize, i: usize) -> (usize, usize) {
    let blocks = count.div_ceil(BLOCK);
    let parts = blocks.div_ceil(blocks.div_ceil(SHARDS));
    let rows = count.div_ceil(parts).next_multiple_of(HALF);
    ((i * rows).min(count), ((i + 1) * rows).min(count))
}

impl Shard {
    /// Adds what these rows of a batch of `count` have in the loss and in its gradient.
    fn gradient(&mut self, flow: &Flow, p: &[f32], rows: &[f32], count: usize) {
        let Shard { whole, tail, nats, dp } = self;
        let width = flow.description.width();
        let points = rows.len() / width;
        let blocks = if matches!(tail, Tail::Whole) { points } else { points / BLOCK * BLOCK };
        let (rows, last) = rows.split_at(blocks * width);
        let loss = flow.loss_and_gradient(p, rows, count, whole, dp)
            + tail.loss_and_gradient(flow, p, last, count, dp);
        *nats = loss.into();
    }
}

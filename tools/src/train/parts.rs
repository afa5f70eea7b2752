//! Work on all parameters in parts, each of them always on the same thread: it finds in its cache what it wrote there a step ago.

use std::{array, sync::Mutex};

/// How many parts there are.
pub const PARTS: usize = 4;

/// How many of so many parameters are in each part but the last.
pub fn size(parameters: usize) -> usize {
    parameters.div_ceil(PARTS).next_multiple_of(64).max(64)
}

/// Works on parts, of which there are at most four.
pub fn on_own_threads<P: Send>(mut parts: impl Iterator<Item = P>, work: impl Fn(P) + Sync) {
    if rayon::current_num_threads() == 1 {
        return parts.for_each(work);
    }
    let parts: [Mutex<Option<P>>; PARTS] = array::from_fn(|_| Mutex::new(parts.next()));
    rayon::broadcast(|thread| {
        for part in parts.iter().skip(thread.index()).step_by(thread.num_threads()) {
            let part = part.lock().ok().and_then(|mut part| part.take());
            part.into_iter().for_each(&work);
        }
    });
}

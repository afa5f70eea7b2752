use super::Trainer;
use crate::{
    hint::{Hint, Hinted},
    model::Description,
    train::Options,
};
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// How every checkpoint begins.
const MAGIC: &str = "couplet checkpoint ";

/// How its first line ends: the version that wrote it, and the format, which rises with each change
/// of what follows.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), ", checkpoint format 4");

/// The bytes of a SHA-256.
const HASH: usize = 32;

/// What a training is of; a checkpoint goes on with no other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Description and options, as JSON.
    recipe: String,
    /// The hash of the rows.
    rows: [u8; HASH],
}

impl Identity {
    pub fn new(description: &Description, options: &Options, rows: [&[f32]; 2]) -> Result<Self> {
        let recipe = serde_json::to_string(&(description, options))?;
        let mut hash = Sha256::new();
        for part in rows {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
        }
        Ok(Identity { recipe, rows: hash.finalize().into() })
    }

    /// Refuses another training, and says how it differs.
    fn ensure_is(&self, other: &Identity) -> Result<()> {
        let entries = |identity: &Identity| -> Result<Map<String, Value>> {
            let (mut description, options): (Map<_, _>, Map<_, _>) =
                serde_json::from_str(&identity.recipe)?;
            description.extend(options);
            Ok(description)
        };
        let theirs = entries(other)?;
        // What follows from other options comes last, so that those are named.
        let mut ours: Vec<(String, Value)> = entries(self)?.into_iter().collect();
        ours.sort_by_key(|(name, _)| ["open", "budget"].contains(&name.as_str()));
        for (name, ours) in ours {
            let theirs = theirs.get(&name).unwrap_or(&Value::Null);
            let shown = |value: &Value| {
                if value.is_null() { "left to its default".into() } else { value.to_string() }
            };
            ensure!(
                ours == *theirs,
                "it is of a training with {name} {}, not {}",
                shown(theirs),
                shown(&ours)
            );
        }
        ensure!(self.rows == other.rows, "it is of a training on other rows");
        Ok(())
    }
}

/// Whether a file is a checkpoint, of whatever version and however damaged.
pub fn is_checkpoint(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC.as_bytes())
}

impl Trainer {
    /// The bytes of a checkpoint: a line that says what it is, the hash of the rest, and the rest:
    /// which training it is of, and everything that steps change.
    ///
    /// # Errors
    ///
    /// None that is known of: the format holds whatever a trainer is made of.
    pub fn checkpoint(&self) -> Result<Vec<u8>> {
        let body = postcard::to_stdvec(&(&self.identity, self.state()))?;
        Ok([MAGIC.as_bytes(), VERSION.as_bytes(), b"\n", &Sha256::digest(&body), &body].concat())
    }

    /// Goes on from where the checkpoint was made.
    ///
    /// # Errors
    ///
    /// The bytes are no checkpoint, are of another version of couplet, are damaged, or are of
    /// another training; the message says how that one differs.
    pub fn resume(&mut self, checkpoint: &[u8]) -> Result<()> {
        ensure!(is_checkpoint(checkpoint), "it is no checkpoint of couplet");
        let damaged = || Hinted::new("it is damaged", Hint::StartOver);
        let newline = checkpoint.iter().position(|&byte| byte == b'\n').ok_or_else(damaged)?;
        let version = String::from_utf8_lossy(&checkpoint[MAGIC.len()..newline]);
        ensure!(
            version == VERSION,
            Hinted::new(
                format!("couplet {version} wrote it, and this is {VERSION}"),
                Hint::SameVersion,
            )
        );
        let (hash, body) =
            checkpoint[newline + 1..].split_first_chunk::<HASH>().ok_or_else(damaged)?;
        ensure!(*hash == *Sha256::digest(body), damaged());
        let (identity, (trials, state)): (Identity, _) =
            postcard::from_bytes(body).map_err(|_| damaged())?;
        self.identity.ensure_is(&identity)?;
        self.set_state(trials, state);
        Ok(())
    }
}

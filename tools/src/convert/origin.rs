use sha2::{Digest, Sha256};

/// Where an exported file says it comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The name of the static: `MODEL`.
    pub name: String,
    /// The command that writes this file again.
    pub command: String,
    /// The SHA-256 of the model file, in hexadecimal.
    pub sha256: String,
}

impl Origin {
    /// The origin of a static that `command` exports from a model file of these bytes.
    pub fn of_file(file: &[u8], name: &str, command: &str) -> Self {
        Origin {
            name: name.to_string(),
            command: command.to_string(),
            sha256: Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

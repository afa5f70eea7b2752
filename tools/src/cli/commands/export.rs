use crate::{
    cli::args::Export,
    cli::output::{Output, keep_inputs},
    convert::rust::{self, Origin},
    model::Model,
};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// `couplet export`.
pub fn export(args: &Export) -> Result<()> {
    keep_inputs(&[&args.model], &args.output)?;
    let source = source(&args.model, &args.output, &args.name)?;
    let ours = |bytes: &[u8]| bytes.starts_with(rust::MARK.as_bytes());
    let output = match args.force {
        true => Output::create(&args.output)?,
        false => Output::create_over(&args.output, ours, "choose another path or give --force")?,
    };
    output.write(source.as_bytes())
}

/// The source text of a model file; the header's command names the files without their folders, so
/// that it does not depend on where they lie.
pub fn source(model: &Path, output: &Path, name: &str) -> Result<String> {
    let bytes =
        fs::read(model).with_context(|| format!("cannot read the model {}", model.display()))?;
    let parsed = Model::read(model)?;
    let file_name = |path: &Path| {
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let origin = Origin {
        name: name.to_string(),
        command: format!(
            "couplet export {} -o {} --name {name}",
            file_name(model),
            file_name(output)
        ),
        sha256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    rust::export(&parsed, &origin).with_context(|| format!("cannot export {}", model.display()))
}

use crate::cli::Demo;
use anyhow::Result;

/// `couplet demo`.
pub fn demo(_: &Demo) -> Result<()> {
    anyhow::bail!("not yet")
}

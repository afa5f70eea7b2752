use crate::cli::{args::ReportArgs, given::found, say::print_json};
use anyhow::Result;

/// `couplet report`.
pub fn report(args: &ReportArgs) -> Result<()> {
    let found = found(&args.model, &args.given, None)?;
    print_json(&serde_json::to_value(&found)?)
}

use crate::{
    cli::{
        args::ReportArgs,
        given::{found, inputs},
        output::{Output, keep_inputs},
        say::{print_json, say},
    },
    report::page::{is_page, page},
};
use anyhow::Result;

/// `couplet report`.
pub fn report(args: &ReportArgs) -> Result<()> {
    if args.json {
        return print_json(&serde_json::to_value(found(&args.model, &args.given, None)?)?);
    }
    let path = args.output.clone().unwrap_or_else(|| args.model.with_extension("html"));
    keep_inputs(&inputs(&args.model, &args.given), &path)?;
    let hint = "choose another path with -o, or remove it";
    let output = Output::create_over(&path, is_page, hint)?;
    let found = found(&args.model, &args.given, None)?;
    output.write(page(&found.card.name, None, std::slice::from_ref(&found)).as_bytes())?;
    for doubt in &found.doubts {
        say!("doubt, {}: {}", doubt.about, doubt.text)?;
    }
    say!("{}: open it in a browser", path.display())
}

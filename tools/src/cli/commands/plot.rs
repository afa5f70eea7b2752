use crate::{
    cli::{
        args::PlotArgs,
        given::{found, inputs},
        output::{Output, keep_inputs},
        words::word,
    },
    report::picture::{Picture, Subject, png, svg},
};
use anyhow::{Context, Result, bail, ensure};

/// `couplet plot`.
pub fn plot(args: &PlotArgs) -> Result<()> {
    let ending = args.output.extension().map(|it| it.to_string_lossy().to_lowercase());
    let encode: fn(&Picture) -> Result<Vec<u8>> = match ending.as_deref() {
        Some("svg") => |picture| Ok(svg(picture).into_bytes()),
        Some("png") => png,
        _ => bail!("-o {}: name it .svg or .png", args.output.display()),
    };
    ensure!(
        args.pair.is_none() || args.picture == Subject::Pairs,
        "--pair: only the picture `{}` is of two features",
        word(Subject::Pairs)
    );
    keep_inputs(&inputs(&args.model, &args.given), &args.output)?;
    let output = Output::create_beside_models(&args.output)?;
    let found = found(&args.model, &args.given, args.pair.as_deref())?;
    let picture = args.picture.draw(&found).into_iter().next().with_context(|| {
        format!("there is no picture `{}`: it takes {}", word(args.picture), args.picture.takes())
    })?;
    output.write(&encode(&picture)?)
}

use crate::{
    cli::{
        args::ExportArgs,
        exported,
        output::{Output, keep_inputs},
    },
    input,
    model::Model,
};
use anyhow::{Context, Result};

/// `couplet export`.
pub fn export(args: &ExportArgs) -> Result<()> {
    let ExportArgs { model: path, output, name, language, force } = args;
    keep_inputs(&[path], output)?;
    let file =
        input::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
    let model = Model::from_bytes(&file)
        .with_context(|| format!("{} is not a model couplet can use", path.display()))?;
    let source = exported::source(path, &file, &model, output, name, *language)?;
    let output = if *force {
        Output::create(output)?
    } else {
        let hint = "choose another path or give --force";
        Output::create_over(output, exported::is_exported, hint)?
    };
    output.write(source.as_bytes())
}

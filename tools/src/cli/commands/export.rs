use crate::{
    cli::{
        args::ExportArgs,
        exported::{self, is_exported},
        output::{Output, keep_inputs},
    },
    convert::c::{LAYOUT_MARK, Layout},
    input,
    model::Model,
};
use anyhow::{Context, Result, ensure};
use std::fs;

/// What to do about a file that is not ours.
const HINT: &str = "choose another path or give --force";

/// `couplet export`.
pub fn export(args: &ExportArgs) -> Result<()> {
    let ExportArgs { model: path, output, name, language, layout, force } = args;
    keep_inputs(&[path], output)?;
    let file =
        input::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
    let model = Model::from_bytes(&file)
        .with_context(|| format!("{} is not a model couplet can use", path.display()))?;
    if let Some(layout) = layout {
        return export_folder(args, &file, &model, *layout);
    }
    let source = exported::source(path, &file, &model, output, name, *language)?;
    let output = if *force {
        Output::create(output)?
    } else {
        Output::create_over(output, is_exported, HINT)?
    };
    output.write(source.as_bytes())
}

/// A folder of files. None is written before all can be.
fn export_folder(args: &ExportArgs, file: &[u8], model: &Model, layout: Layout) -> Result<()> {
    let ExportArgs { model: path, output: folder, name, force, .. } = args;
    ensure!(
        !folder.exists() || folder.is_dir(),
        "cannot write {}: it is a file, and a library is a folder",
        folder.display()
    );
    let is_ours = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(LAYOUT_MARK);
    let files = exported::files(path, file, model, folder, name, layout)?;
    for (path, _) in &files {
        let path = folder.join(path);
        let is_other = path.exists() && !fs::read(&path).is_ok_and(|bytes| is_ours(&bytes));
        ensure!(
            *force || !is_other,
            "{} exists and couplet did not write it: {HINT}",
            path.display()
        );
    }
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("cannot write {}", parent.display()))?;
        Output::create(&path)?.write(text.as_bytes())?;
    }
    Ok(())
}

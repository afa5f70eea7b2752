//! What a conditional model adds to its source: what its context consists of.

use super::rust::in_markdown;
use crate::model::{ContextColumn, Description};
use anyhow::Result;
use std::fmt::Write;

/// What precedes a constant that firmware may do without.
const HEAD: &str = "#[rustfmt::skip]\n#[allow(dead_code)]";

/// Appends the constants `{name}_CONTEXT`, the names of the inputs, and for each column of levels
/// `{name}_CONTEXT_{COLUMN}`, its inputs for each level.
///
/// # Errors
///
/// None that is known of.
pub fn write(text: &mut String, description: &Description, name: &str) -> Result<()> {
    let inputs = description.context_inputs();
    if inputs.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n/// The numbers of the context, in order.\n{HEAD}")?;
    writeln!(text, "pub const {name}_CONTEXT: [&str; {}] = {inputs:?};", inputs.len())?;
    for (i, ContextColumn { name: column, levels }) in description.context.iter().enumerate() {
        let Some(levels) = levels else { continue };
        let (constant, count) = (constant(&description.context, i), levels.len());
        let names: Vec<String> = levels.iter().map(|level| in_markdown(level)).collect();
        writeln!(
            text,
            "\n/// The numbers of the context {} at each level: {}. At another level all are -1.\n{HEAD}",
            in_markdown(column),
            names.join(", ")
        )?;
        writeln!(text, "pub const {name}_CONTEXT_{constant}: [[f32; {count}]; {count}] = [")?;
        for level in 0..count {
            let inputs: Vec<f32> = (0..count).map(|i| f32::from(u8::from(i == level))).collect();
            writeln!(text, "    {inputs:?},")?;
        }
        writeln!(text, "];")?;
    }
    Ok(())
}

/// The name of column i as a constant's; its number where names have no letters for that, or where
/// two would be alike.
fn constant(columns: &[ContextColumn], i: usize) -> String {
    let constant = |column: &ContextColumn| -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        column.name.chars().map(letter).collect()
    };
    let own = constant(&columns[i]);
    let is_taken = ["MEAN", "STD", "LEAST", "MOST"].contains(&&*own)
        || own.starts_with("LEVELS_")
        || columns.iter().filter(|column| constant(column) == own).count() > 1;
    if is_taken || !own.chars().any(|c| c.is_ascii_alphanumeric()) {
        format!("LEVELS_{i}")
    } else {
        own
    }
}

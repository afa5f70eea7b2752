//! The features of a model, and the numbers of its context, as C names them.

use crate::{convert::heading::in_one_line, model::Description};
use anyhow::Result;
use std::fmt::Write;

/// The number of features, and a name for the place of each; the numbers of a context.
///
/// # Errors
///
/// None that is known of.
pub fn features(description: &Description, name: &str) -> Result<String> {
    let mut text = String::new();
    let features = &description.features;
    writeln!(text, "#define {name}_FEATURES {}", features.len())?;
    writeln!(text, "\n/* The place of each feature. */\nenum {{")?;
    let mut taken: Vec<String> = Vec::new();
    for (i, feature) in features.iter().enumerate() {
        let mut word = identifier(feature);
        while taken.contains(&word) {
            word += &format!("_{i}");
        }
        let comment = in_comment(feature);
        let comma = if i + 1 < features.len() { "," } else { "" };
        writeln!(text, "    {name}_FEATURE_{word} = {i}{comma} /* {comment} */")?;
        taken.push(word);
    }
    writeln!(text, "}};")?;
    let inputs = description.context_inputs();
    if !inputs.is_empty() {
        writeln!(text, "\n/* The numbers of a context, in this order. A level is 1 or 0:")?;
        for (i, input) in inputs.iter().enumerate() {
            writeln!(text, "   {i}: {}", in_comment(input))?;
        }
        writeln!(text, "   */\n#define {name}_CONTEXTS {}", inputs.len())?;
    }
    Ok(text)
}

/// A feature's name as the end of an identifier: `TEMP_C`.
fn identifier(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// A name inside a comment, which it cannot end.
pub fn in_comment(name: &str) -> String {
    in_one_line(name).replace("*/", "* /").replace("/*", "/ *").replace('?', "\\?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Base, Shape};

    #[test]
    fn each_feature_has_a_name_of_its_own() {
        let names = ["a b 2", "a b", "a-b", "*/ \u{b0}C"].map(String::from).to_vec();
        let shape = Shape { base: Base::Normal, ..Shape::default() };
        let text = features(&Description::new(names, shape).unwrap(), "M").unwrap();
        for line in [
            "M_FEATURE_A_B_2 = 0, /* a b 2 */",
            "M_FEATURE_A_B = 1, /* a b */",
            "M_FEATURE_A_B_2_2 = 2, /* a-b */",
            "M_FEATURE_____C = 3 /* * / \u{b0}C */",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}

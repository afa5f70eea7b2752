use super::{around, data::Data, features::features, parts, template::instance};
use crate::{
    convert::{Origin, constants::derived, heading},
    model::Model,
};
use anyhow::{Result, ensure};
use std::fmt::Write;

/// What kind of file a model is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Declarations, and the functions where the program asks for them.
    Header,
    /// Declarations and functions.
    Source,
}

const EXTERN_C: &str = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
const END_OF_EXTERN_C: &str = "#ifdef __cplusplus\n}\n#endif\n";

/// The text of a model in C; the same model and origin give the same bytes.
///
/// # Errors
///
/// A name that is no constant's name; a weight that is not finite, or that
/// makes a number which the device cannot have (its tensor and index).
pub fn export(model: &Model, origin: &Origin, form: Form) -> Result<String> {
    let name = &origin.name;
    ensure!(
        heading::is_constant_name(name),
        "`{name}` cannot name a model in C: use capital letters, digits and _, as in MOONS"
    );
    ensure!(
        name != "COUPLET" && !name.starts_with("COUPLET_"),
        "`{name}` cannot name a model in C: couplet's own functions have that name"
    );
    let flow = &model.flow;
    ensure!(
        !flow.description.integer,
        "C of integer conditioners is not written yet: export Rust, or the model before `quantize`"
    );
    let derived = derived(model)?;
    let lower = name.to_lowercase();
    let own = |template: &str| instance(template, name, |part| parts::has(flow, part));

    let mut text = String::new();
    heading::write(&mut text, flow, origin)?;
    writeln!(text, "//")?;
    match form {
        Form::Header => {
            writeln!(
                text,
                "// Include it where you need it. One source file of the program defines"
            )?;
            writeln!(text, "// {name}_IMPLEMENTATION before it does so, and has the functions.")?;
        }
        Form::Source => {
            writeln!(
                text,
                "// Compile it, or include it. {lower}.h, exported too, declares its functions."
            )?;
        }
    }
    if form == Form::Source {
        writeln!(text, "\n#ifndef {name}_IMPLEMENTATION\n#define {name}_IMPLEMENTATION\n#endif")?;
    }
    writeln!(text, "\n#ifndef {name}_H\n#define {name}_H\n\n{}\n{EXTERN_C}", parts::ARITHMETIC)?;
    for declarations in parts::DECLARATIONS {
        writeln!(text, "{declarations}")?;
    }
    writeln!(text, "{}", features(&flow.description, name)?)?;
    writeln!(text, "{}", own(include_str!("model.h")))?;
    writeln!(text, "{}\n{END_OF_EXTERN_C}\n#endif", around::declarations(model, name)?)?;

    writeln!(
        text,
        "\n#if defined({name}_IMPLEMENTATION) && !defined({name}_IMPLEMENTED)\n#define {name}_IMPLEMENTED\n\n{EXTERN_C}"
    )?;
    for shared in parts::shared(flow) {
        writeln!(text, "{shared}")?;
    }
    writeln!(text, "{}", Data::new(model, name, &derived).constants()?)?;
    writeln!(text, "{}", own(include_str!("model.c")))?;
    writeln!(text, "{}\n{END_OF_EXTERN_C}\n#endif", around::definitions(model, name)?)?;
    Ok(text)
}

//! Templates: C that is written for a model called pump.

/// The text of a template for a model of this name, with those parts for which `is` says that the
/// model has them.
///
/// A part begins with `#if PUMP_` and its name, and ends with `#endif`; parts may lie in parts. Other
/// conditions are the compiler's, and stay.
pub fn instance(template: &str, name: &str, is: impl Fn(&str) -> bool) -> String {
    let lower = name.to_lowercase() + "_";
    let upper = name.to_string() + "_";
    let mut parts: Vec<Option<bool>> = Vec::new(); // `None` for the compiler's
    let mut text = String::new();
    for line in template.lines() {
        if let Some(part) = line.strip_prefix("#if PUMP_") {
            parts.push(Some(is(part)));
            continue;
        }
        if line.starts_with("#if") {
            parts.push(None);
        }
        let end = line == "#endif";
        let here = if end { parts.pop().flatten() } else { None };
        if (end && here.is_some()) || parts.contains(&Some(false)) {
            continue;
        }
        text += &line.replace("pump_", &lower).replace("PUMP_", &upper);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_a_model_lacks_go_and_names_change() {
        let template = "#if PUMP_A\nfloat pump_a(void);\n#if PUMP_B\nint b[PUMP_B];\n#endif\n#ifdef C\n1\n#endif\n#endif\nend\n";
        let of = |has: &'static str| instance(template, "WINE", move |part| has.contains(part));
        assert_eq!(of("A"), "float wine_a(void);\n#ifdef C\n1\n#endif\nend\n");
        assert_eq!(of("AB"), "float wine_a(void);\nint b[WINE_B];\n#ifdef C\n1\n#endif\nend\n");
        assert_eq!(of("B"), "end\n");
    }
}

//! What a build of exported C sees: no warning, no foreign function, no undefined behaviour, little
//! stack, one copy of what models share, and errors for flags that change scores.

mod common;

use common::{
    Folder,
    c::{Compiler, MODELS, all_models, in_c, say},
};
use couplet_tools::convert::c::Form;
use std::process::Command;

const STRICT: [&str; 6] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wdouble-promotion", "-Wconversion"];

/// Runs a command in a folder; what it prints, or what it says is wrong.
fn run(folder: &Folder, command: &str, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new(command).current_dir(folder.path("")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Compiles a file to an object.
fn compile(
    folder: &Folder,
    compiler: &Compiler,
    flags: &[&str],
    file: &str,
) -> Result<String, String> {
    let object = format!("{}.o", file.split('.').next().unwrap());
    let arguments = [compiler.flags, flags, &["-c", file, "-o", &object]].concat();
    run(folder, compiler.command, &arguments)
}

/// All models in one source file.
fn all() -> Folder {
    all_models(|text| text).and("all.c", "#include \"models.h\"\n")
}

#[test]
fn every_model_compiles_without_a_warning_as_c_and_as_c_plus_plus() {
    let mut folder = all();
    for (name, file, _) in MODELS {
        folder = folder.and(&format!("{name}.c"), in_c(file, name, Form::Source));
    }
    let declarations: String =
        MODELS.iter().map(|(name, ..)| format!("#include \"{name}.h\"\n")).collect();
    let folder = folder.and("none.c", declarations);
    for compiler in Compiler::HOST.iter().filter(|compiler| compiler.is_here()) {
        let is_clean = |flags: &[&str], source: &str| {
            let flags = [&STRICT, flags].concat();
            let built = compile(&folder, compiler, &flags, source);
            assert_eq!(built, Ok(String::new()), "{source} {} {flags:?}", compiler.name);
        };
        for language in [
            &["-std=c99"][..],
            &["-std=c17"],
            &["-x", "c++", "-std=c++11"],
            &["-x", "c++", "-std=c++20"],
        ] {
            is_clean(&[language, &["-O2"]].concat(), "all.c");
            is_clean(language, "none.c");
        }
        for (name, ..) in MODELS {
            is_clean(&["-std=c99", "-Os"], &format!("{name}.c"));
        }
    }
}

#[test]
fn every_target_compiles_every_model_without_a_warning() {
    const FLAGS: &[&str] = &["-mmcu=atmega2560", "-ffreestanding"];
    let others = [
        Compiler { name: "AVR", command: "avr-gcc", flags: FLAGS, ..Compiler::M4F },
        Compiler {
            name: "Xtensa",
            command: "xtensa-lx106-elf-gcc",
            flags: &["-ffreestanding"],
            ..Compiler::M4F
        },
    ];
    let folder = all().and("moons.c", in_c(MODELS[0].1, MODELS[0].0, Form::Source));
    for compiler in Compiler::TARGETS.iter().chain(&others) {
        if Command::new(compiler.command).arg("--version").output().is_err() {
            say(&format!("SKIPPED on {}: there is no {}", compiler.name, compiler.command));
            continue;
        }
        let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-std=c99", "-Os"];
        // All of them at once are more than an AVR has memory.
        let source = if compiler.name == "AVR" { "moons.c" } else { "all.c" };
        let built = compile(&folder, compiler, &strict, source);
        assert_eq!(built, Ok(String::new()), "{} {source}", compiler.name);
    }
}

/// What models need of a library: nothing on a device, where a compiler may copy or fill memory by a
/// function.
#[test]
fn no_object_asks_for_a_function_of_a_library() {
    let folder = all();
    for compiler in [Compiler::M4F, Compiler::TARGETS[4]] {
        if !compiler.is_here() {
            return;
        }
        compile(&folder, &compiler, &["-O2"], "all.c").unwrap();
        let undefined = run(&folder, "arm-none-eabi-nm", &["-u", "all.o"]).unwrap();
        let mut symbols = undefined.split_whitespace().filter(|word| *word != "U");
        let is_runtime = |symbol: &&str| {
            let of_float =
                symbol.strip_prefix("__aeabi_").is_some_and(|name| !name.starts_with('d'));
            of_float || symbol.starts_with("__gnu_") || ["memcpy", "memset"].contains(symbol)
        };
        let foreign = symbols.find(|symbol| !is_runtime(symbol));
        assert_eq!(foreign, None, "{}: {undefined}", compiler.name);
    }
}

/// Whether clang's sanitizers are installed.
fn has_sanitizers(folder: &Folder) -> bool {
    std::fs::write(folder.path("empty.c"), "int main(void) { return 0; }\n").unwrap();
    run(folder, "clang", &["-fsanitize=undefined,address", "empty.c", "-o", "empty"]).is_ok()
}

#[test]
fn there_is_no_undefined_behaviour_at_any_point() {
    let folder = all_models(|text| text);
    for compiler in Compiler::HOST.iter().filter(|compiler| compiler.is_here()) {
        if compiler.name == "clang" && !has_sanitizers(&folder) {
            say("SKIPPED: clang has no sanitizers here");
            continue;
        }
        let flags = ["-O1", "-g", "-fsanitize=undefined,address", "-fno-sanitize-recover=all"];
        let range = ["-DFROM=0", "-DTO=1000", "-DBLOCK=1000"];
        compiler.build(&folder, "bits.c", &[&flags[..], &range].concat(), "bits");
        let lines = compiler.run(&folder, "bits").lines().count();
        assert_eq!(lines, MODELS.len() + 1, "{}", compiler.name);
    }
}

#[test]
fn models_in_separate_files_share_one_copy_of_the_functions() {
    let names = ["moons", "circles"];
    let mut folder = Folder::with(
        "main.c",
        "#include \"moons.h\"\n#include \"circles.h\"\n\
         int main(void) { return moons_self_test() + circles_self_test(); }\n",
    );
    for (name, file, _) in &MODELS[..2] {
        folder = folder
            .and(&format!("{name}.h"), in_c(file, name, Form::Header))
            .and(&format!("{name}.c"), in_c(file, name, Form::Source));
    }
    let [gcc, _] = Compiler::HOST;
    if !gcc.is_here() {
        return;
    }
    run(&folder, "gcc", &["-O2", "main.c", "moons.c", "circles.c", "-o", "both"]).unwrap();
    run(&folder, folder.path("both").to_str().unwrap(), &[]).unwrap();
    let symbols = run(&folder, "nm", &["both"]).unwrap();
    let copies =
        |name: &str| symbols.lines().filter(|line| line.ends_with(&format!(" {name}"))).count();
    assert_eq!(["couplet_dense", "couplet_exp", "couplet_ln"].map(copies), [1; 3]);
    assert_eq!(names.map(|name| copies(&format!("{name}_log_prob"))), [1; 2]);
}

#[test]
fn another_version_of_the_shared_functions_is_noticed() {
    let [gcc, _] = Compiler::HOST;
    if !gcc.is_here() {
        return;
    }
    let header = |index: usize| in_c(MODELS[index].1, MODELS[index].0, Form::Header);
    let later = header(1)
        .replace("#define COUPLET_VERSION 1\n", "#define COUPLET_VERSION 2\n")
        .replace("COUPLET_VERSION != 1", "COUPLET_VERSION != 2");
    let main =
        "#include \"circles.h\"\nint main(void) { return circles_self_test() == -1 ? 0 : 1; }\n";
    let folder = Folder::with("main.c", main).and("moons.h", header(0)).and("circles.h", &later);
    let one = "#define MOONS_IMPLEMENTATION\n#include \"moons.h\"\n";
    let two = "#define CIRCLES_IMPLEMENTATION\n#include \"circles.h\"\n";
    let folder = folder.and("one.c", one).and("two.c", two).and("together.c", [one, two].concat());
    run(&folder, "gcc", &["main.c", "one.c", "two.c", "-o", "both"]).unwrap();
    run(&folder, folder.path("both").to_str().unwrap(), &[]).unwrap();
    let error = run(&folder, "gcc", &["-c", "together.c"]).unwrap_err();
    assert!(
        error.contains("#error \"couplet: this program has a model of another version"),
        "{error}"
    );
}

#[test]
fn flags_that_change_scores_are_errors() {
    let folder = Folder::with("m.c", in_c(MODELS[0].1, "m", Form::Source));
    let [gcc, clang] = Compiler::HOST;
    let cases = [
        (gcc, "-ffast-math"),
        (gcc, "-Ofast"),
        (gcc, "-funsafe-math-optimizations"),
        (gcc, "-freciprocal-math"),
        (gcc, "-ffinite-math-only"),
        (clang, "-ffast-math"),
        (clang, "-ffinite-math-only"),
    ];
    for (compiler, flag) in cases {
        if compiler.is_here() {
            let error = compile(&folder, &compiler, &[flag], "m.c").unwrap_err();
            assert!(error.contains("error") && error.contains("couplet: "), "{flag}: {error}");
            assert!(compile(&folder, &compiler, &["-O2"], "m.c").is_ok());
        }
    }
    if cfg!(target_arch = "x86_64") && gcc.is_here() {
        let error = compile(&folder, &gcc, &["-mfpmath=387"], "m.c").unwrap_err();
        assert!(error.contains("evaluates float as a wider type"), "{error}");
    }
}

/// The stack of each function is known, and all functions of a model together have little.
#[test]
fn the_stack_is_bounded_and_small() {
    if !Compiler::M4F.is_here() {
        return;
    }
    let folder = all();
    compile(&folder, &Compiler::M4F, &["-Os", "-fstack-usage"], "all.c").unwrap();
    let usage = folder.text("all.su");
    for line in usage.lines() {
        let [_, bytes, kind] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert_eq!(kind, "static", "{line}");
        // Two arrays of the widest layer, which has 64 outputs, and what the registers take.
        assert!(bytes.parse::<usize>().unwrap() <= 2 * 64 * 4 + 128, "{line}");
    }
    assert!(usage.lines().count() > 100, "{usage}");
}

/// A model with a context, and its alarm.
#[test]
fn a_conditional_model_knows_its_contexts_and_passes_its_self_tests() {
    let [gcc, _] = Compiler::HOST;
    if !gcc.is_here() {
        return;
    }
    let main = "#include \"modes.h\"\n\
        int main(void) {\n\
            float c[MODES_CONTEXTS];\n\
            int i;\n\
            for (i = 0; i < MODES_CONTEXTS; i++) { c[i] = MODES_CONTEXT_MEAN[i]; }\n\
            if (modes_self_test() != 0 || modes_alarm_self_test() != 0) { return 1; }\n\
            if (!modes_context_is_known(c)) { return 2; }\n\
            c[0] = MODES_CONTEXT_MOST[0] * 2.0f + 1.0f;\n\
            if (modes_context_is_known(c)) { return 3; }\n\
            c[0] = COUPLET_NAN;\n\
            if (modes_context_is_known(c)) { return 4; }\n\
            return modes_log_prob_given(MODES_MEAN, c) == COUPLET_NEGATIVE_INFINITY ? 0 : 5;\n\
        }\n";
    let header = in_c("tests/models/modes", "modes", Form::Header);
    let folder = Folder::with("modes.h", &header).and("main.c", main);
    let build = |folder: &Folder| {
        run(folder, "gcc", &["-DMODES_IMPLEMENTATION", "main.c", "-o", "main"]).unwrap();
        Command::new(folder.path("main")).status().unwrap().code()
    };
    assert_eq!(build(&folder), Some(0));

    // A planted fault: conditioners see another context.
    let seen = "g[n + i] = seen[i];";
    assert!(header.contains(seen));
    let folder = folder.and("modes.h", header.replace(seen, "g[n + i] = seen[0] + seen[i];"));
    assert_eq!(build(&folder), Some(1));
}

//! Folders for build systems: CMake builds its own, sketches compile against a stub of Arduino.h, and
//! the other files have only keys that their systems document. Nothing here runs the Arduino IDE,
//! PlatformIO or Zephyr.

mod common;

use common::{Folder, c::say, committed};
use std::{fs, process::Command};

const MODEL: &str = "examples/models/moons_alarm.safetensors";

/// With a context.
const CONDITIONAL: &str = "tests/models/modes.safetensors";

/// The folder that a layout becomes.
fn library(layout: &str) -> Folder {
    library_of(MODEL, layout)
}

fn library_of(model: &str, layout: &str) -> Folder {
    let folder = Folder::with("m.safetensors", committed(model));
    folder.works(&format!("export m.safetensors -o pump --name PUMP --layout {layout}"));
    folder
}

fn run(folder: &Folder, command: &str, arguments: &[&str]) -> Result<(), String> {
    let output =
        Command::new(command).current_dir(folder.path("")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

fn is_here(command: &str) -> bool {
    let is_here = Command::new(command).arg("--version").output().is_ok();
    if !is_here {
        let required = std::env::var_os("COUPLET_C").is_some_and(|value| value == "require");
        assert!(!required, "there is no {command}");
        say(&format!("SKIPPED: there is no {command}"));
    }
    is_here
}

#[test]
fn cmake_builds_its_library_and_a_program_with_it() {
    if !is_here("cmake") {
        return;
    }
    let project = "cmake_minimum_required(VERSION 3.13)\nproject(test C CXX)\n\
                   add_subdirectory(pump)\nadd_executable(test main.cpp)\n\
                   target_link_libraries(test pump)\n";
    let main = "#include \"pump.h\"\nint main() { return pump_self_test(); }\n";
    let folder = library("cmake").and("CMakeLists.txt", project).and("main.cpp", main);
    run(&folder, "cmake", &["-S", ".", "-B", "build"]).unwrap();
    run(&folder, "cmake", &["--build", "build"]).unwrap();
    run(&folder, folder.path("build/test").to_str().unwrap(), &[]).unwrap();
}

/// What a sketch needs of Arduino.
const ARDUINO: &str = "#pragma once\n#include <stdint.h>\n\
    struct Out { void begin(long); void println(const char *); void println(double, int); };\n\
    extern Out Serial;\n\
    enum { A0 = 14 };\n\
    int analogRead(uint8_t pin);\n\
    void delay(unsigned long ms);\n";

#[test]
fn the_sketch_and_the_library_compile_for_three_kinds_of_boards() {
    for model in [MODEL, CONDITIONAL] {
        compiles_for_boards(library_of(model, "arduino").and("Arduino.h", ARDUINO));
    }
}

fn compiles_for_boards(folder: Folder) {
    let sketch = folder.text("pump/examples/Score/Score.ino");
    let folder = folder.and("Score.cpp", format!("#include <Arduino.h>\n{sketch}"));
    for (prefix, flags) in [
        ("arm-none-eabi-", "-mcpu=cortex-m0plus -mthumb -ffreestanding"),
        ("avr-", "-mmcu=atmega2560 -ffreestanding"),
        ("xtensa-lx106-elf-", "-ffreestanding"),
    ] {
        let [gcc, gxx] = [format!("{prefix}gcc"), format!("{prefix}g++")];
        if !is_here(&gcc) || !is_here(&gxx) {
            continue;
        }
        let flags: Vec<&str> =
            flags.split(' ').chain(["-Os", "-Wall", "-Wextra", "-Werror"]).collect();
        let sketch = ["-std=gnu++11", "-fno-exceptions", "-I.", "-Ipump/src", "-c", "Score.cpp"];
        run(&folder, &gxx, &[&flags[..], &sketch].concat()).unwrap();
        run(&folder, &gcc, &[&flags[..], &["-std=gnu11", "-c", "pump/src/pump.c"]].concat())
            .unwrap();
    }
}

#[test]
fn build_systems_read_only_keys_that_they_document() {
    let properties = library("arduino").text("pump/library.properties");
    let known = [
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "paragraph",
        "category",
        "url",
        "architectures",
        "includes",
    ];
    let keys: Vec<&str> = properties
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    assert_eq!(keys, known);
    assert!(properties.contains("\ncategory=Data Processing\n"), "{properties}");

    let json: serde_json::Value =
        serde_json::from_str(&library("platformio").text("pump/library.json")).unwrap();
    let known = [
        "authors",
        "description",
        "frameworks",
        "headers",
        "keywords",
        "name",
        "platforms",
        "version",
    ];
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, known);
    assert_eq!((&json["name"], &json["headers"]), (&"pump".into(), &"pump.h".into()));

    let zephyr = library("zephyr");
    let module = zephyr.text("pump/zephyr/module.yml");
    let lines: Vec<&str> = module.lines().skip(1).collect();
    assert_eq!(lines, ["name: pump", "build:", "  cmake: .", "  kconfig: Kconfig"]);
    assert!(zephyr.text("pump/Kconfig").contains("\nconfig PUMP\n\tbool \"pump: "));
    assert!(zephyr.text("pump/CMakeLists.txt").contains("\nif(CONFIG_PUMP)\n  zephyr_library()\n"));
}

#[test]
fn a_library_is_written_again_but_not_over_other_files() {
    let folder = library("zephyr");
    let export = "export m.safetensors -o pump --name PUMP --layout zephyr";
    let before = folder.text("pump/src/pump.h");
    folder.works(export);
    assert_eq!(folder.text("pump/src/pump.h"), before);

    fs::write(folder.path("pump/Kconfig"), "config MINE\n").unwrap();
    fs::remove_file(folder.path("pump/src/pump.c")).unwrap();
    let message =
        "pump/Kconfig exists and couplet did not write it: choose another path or give --force";
    folder.refuses(export, message);
    assert!(!folder.path("pump/src/pump.c").exists(), "half of a library is written");
    folder.works(&format!("{export} --force"));
    assert!(folder.text("pump/Kconfig").contains("config PUMP\n"));

    let folder = Folder::with("m.safetensors", committed(MODEL)).and("pump", "");
    folder.refuses(export, "cannot write pump: it is a file, and a library is a folder");
}

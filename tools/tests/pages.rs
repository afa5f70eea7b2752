//! Links and paths in the pages of the repository lead somewhere.

mod common;

use common::{committed, repository};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The pages below a folder, by their paths from the root of the repository.
fn pages(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(repository(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let is_generated = name.starts_with('.') || ["target", "demo"].contains(&&name[..]);
        if repository(&path).is_dir() && !is_generated {
            pages.extend(self::pages(&path));
        } else if name.ends_with(".md") {
            pages.push(path);
        }
    }
    pages
}

fn text(page: &str) -> String {
    String::from_utf8(committed(page)).unwrap()
}

/// The text outside of code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        if !is_code && !line.starts_with("    ") {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// What the links and pictures of a page lead to, but for other sites.
fn relative_links(page: &str) -> Vec<String> {
    let text = prose(&text(page));
    let links = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    links.filter(|link| !link.contains("://")).map(str::to_string).collect()
}

/// The anchors that a page's headings make.
fn anchors(page: &str) -> Vec<String> {
    let text = prose(&text(page));
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        heading.chars().filter(kept).collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// The file and the anchor that a link on a page leads to.
fn target(page: &str, link: &str) -> (PathBuf, Option<String>) {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(p, a)| (p, Some(a)));
    let folder = Path::new(page).parent().unwrap();
    let path = if path.is_empty() { page.into() } else { folder.join(path) };
    (path, anchor.map(str::to_string))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages("");
    assert!(pages.contains(&"README.md".into()) && pages.len() > 7, "{pages:?}");
    for page in &pages {
        for link in relative_links(page) {
            let (path, anchor) = target(page, &link);
            let path = path.to_str().unwrap();
            assert!(repository(path).exists(), "{page} links to {link}: no such file");
            if let Some(anchor) = anchor {
                assert!(anchors(path).contains(&anchor), "{page} links to {link}: no such heading");
            }
        }
    }
}

/// A registry shows the README alone, with what else is in the package.
#[test]
fn the_package_contains_what_the_readme_links_to() {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "-p", "couplet", "--allow-dirty", "--offline"])
        .current_dir(repository(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packaged = String::from_utf8(output.stdout).unwrap();
    let links = relative_links("README.md");
    assert!(links.contains(&"examples/path.svg".into()), "{links:?}");
    for link in links {
        let (path, _) = target("README.md", &link);
        assert!(
            packaged.lines().any(|packaged| Path::new(packaged) == path),
            "README.md links to {link}, which `include` in Cargo.toml leaves out of the package"
        );
    }
}

/// CONTRIBUTING.md is the map. A word in code is a path if it begins with a folder of the
/// repository. A file's name alone is in the folder of the path before it.
#[test]
fn every_path_on_the_map_exists() {
    let text = text("CONTRIBUTING.md");
    let mut folder = PathBuf::new();
    let mut missing = Vec::new();
    for word in text.split('`').skip(1).step_by(2) {
        let is_path = ["src/", "tools/", "tests/", "examples/", ".ci/"]
            .iter()
            .any(|folder| word.starts_with(folder));
        let is_pattern = word.contains("NAME") || word.contains("COMMAND");
        let path = match is_path {
            true => PathBuf::from(word),
            false if word.ends_with(".rs") && !word.contains('/') => folder.join(word),
            false => continue,
        };
        folder = path.parent().unwrap().into();
        if !is_pattern && !repository("").join(&path).exists() {
            missing.push(path);
        }
    }
    assert!(missing.is_empty(), "CONTRIBUTING.md names files that do not exist: {missing:#?}");
}

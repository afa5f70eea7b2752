//! Pages of `couplet report` as headless Chromium renders them.

mod common;

use common::{Browser, Folder, View, committed, repository, scattered};
use serde_json::{Value, json};
use std::{env, fs, path::Path, process::Command};

/// A phone, a desktop and paper, in light and in dark.
const VIEWS: [View; 6] = [
    View { width: 360, dark: false, print: false },
    View { width: 360, dark: true, print: false },
    View { width: 1280, dark: false, print: false },
    View { width: 1280, dark: true, print: false },
    View { width: 718, dark: false, print: true },
    View { width: 718, dark: true, print: true },
];

/// What is wrong on a page, as far as its elements tell: a list of texts.
const FAULTS: &str = r##"(() => {
    const faults = [], all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) faults.push(`the page is ${page.scrollWidth} wide`);
    for (const element of all("body *")) {
        const box = element.getBoundingClientRect();
        const scrolls = element.closest(".scroll, .skip, svg");
        if (!scrolls && box.right > page.clientWidth + 1)
            faults.push(`${element.tagName} ends at ${box.right}: ${element.textContent.slice(0, 40)}`);
    }
    for (const region of all(".scroll"))
        if (region.tabIndex !== 0 || !region.getAttribute("aria-label"))
            faults.push("a table that no keyboard scrolls");
    for (const svg of all("svg")) {
        const title = svg.querySelector("title")?.textContent ?? "";
        const seen = document.getElementById(svg.getAttribute("aria-describedby"))?.textContent ?? "";
        if (!title || seen.length < 30) faults.push(`a picture without alternative text: ${title}`);
        if (title.includes(seen)) faults.push(`a text is read twice: ${title}`);
        const view = svg.viewBox.baseVal;
        for (const text of all("text", svg)) {
            const box = text.getBBox();
            if (box.x < 0 || box.y < 0 || box.x + box.width > view.width + 0.5
                || box.y + box.height > view.height + 2)
                faults.push(`${title.slice(0, 30)}: text is cut: ${text.textContent}`);
        }
        for (const path of all("path", svg))
            if (/NaN|Infinity|undefined/.test(path.getAttribute("d")))
                faults.push(`${title.slice(0, 30)}: a path with no number`);
    }
    for (const image of all("img"))
        if (!image.alt || !image.naturalWidth) faults.push("an image without text or pixels");
    for (const link of all("a"))
        if (!document.getElementById(link.getAttribute("href").slice(1)))
            faults.push(`a link to nowhere: ${link.getAttribute("href")}`);
    const ids = all("[id]").map(element => element.id);
    if (new Set(ids).size < ids.length) faults.push("an anchor twice");
    let level = 0;
    for (const heading of all("h1, h2, h3")) {
        const own = Number(heading.tagName[1]);
        if (own > level + 1) faults.push(`a heading skips a level: ${heading.textContent}`);
        level = own;
    }
    for (const table of all("table"))
        if (!table.caption || !table.querySelector("th[scope=row]")) faults.push("a bare table");
    return faults;
})()"##;

/// Where the pictures are on the page.
const PICTURES: &str = "[...document.querySelectorAll('figure svg, figure img')].map(it => {
    const box = it.getBoundingClientRect();
    return [box.left + scrollX, box.top + scrollY, box.width, box.height];
})";

/// The luminance of the page's paper, from 0 to 255.
const PAPER: &str = "(() => {
    const rgb = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
    return (rgb[0] + rgb[1] + rgb[2]) / 3;
})()";

/// The number of colours and the part of the pixels that differ from the first.
fn shades(png: &[u8]) -> (usize, f64) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let size = info.color_type.samples();
    let mut pixels: Vec<&[u8]> = bytes[..info.buffer_size()].chunks(size).collect();
    let first = pixels[0];
    let part = pixels.iter().filter(|pixel| **pixel != first).count() as f64 / pixels.len() as f64;
    pixels.sort_unstable();
    pixels.dedup();
    (pixels.len(), part)
}

/// What is wrong on a page that has so many pictures.
fn faults(browser: &mut Browser, page: &Path, view: View, pictures: usize) -> Vec<String> {
    browser.show(page, view);
    let mut faults: Vec<String> = serde_json::from_value(browser.value(FAULTS)).unwrap();
    let own = format!("file://{}", page.display());
    let others = browser.requests.iter().filter(|url| **url != own && !url.starts_with("data:"));
    faults.extend(others.map(|url| format!("a request: {url}")));
    let paper = browser.value(PAPER).as_f64().unwrap();
    if (paper < 60.0) != (view.dark && !view.print) {
        faults.push(format!("the paper is {paper} of 255 bright"));
    }
    let boxes: Vec<[f64; 4]> = serde_json::from_value(browser.value(PICTURES)).unwrap();
    if boxes.len() != pictures {
        faults.push(format!("{} pictures instead of {pictures}", boxes.len()));
    }
    for (i, place) in boxes.into_iter().enumerate() {
        if place[2] < 200.0 || place[3] < 20.0 {
            faults.push(format!("picture {i} is small: {place:?}"));
            continue;
        }
        let (colours, part) = shades(&browser.picture(place));
        if colours < 9 || part < 0.01 {
            faults.push(format!("picture {i} is blank: {colours} colours, {part} drawn"));
        }
    }
    faults
}

/// Looks at a page in every way, and at each of its pictures.
#[track_caller]
fn is_right(browser: &mut Browser, page: &Path, pictures: usize) {
    for view in VIEWS {
        let faults = faults(browser, page, view, pictures);
        assert!(faults.is_empty(), "{} {view:?}: {faults:#?}", page.display());
    }
    names_of_pictures(browser, pictures);
}

/// Faults that are planted in a page: what is replaced, by what, and how it is told.
const PLANTED: [[&str; 3]; 13] = [
    ["<main id=\"main\">", "<main id=\"main\"><p style=\"width:2000px\">wide", "the page is "],
    ["<title>Log_probs", "<title></title><title>", "a picture without alternative text"],
    ["aria-describedby=\"log-probs-seen-0\"", "", "a picture without alternative text"],
    ["text class=\"name mid\" x=\"", "text class=\"name mid\" x=\"9", "text is cut"],
    ["href=\"#main\"", "href=\"#nothing\"", "a link to nowhere"],
    ["tabindex=\"0\"", "", "a table that no keyboard scrolls"],
    ["<path class=\"bar\" d=\"M", "<path class=\"bar\" d=\"MNaN ", "a path with no number"],
    ["id=\"promise\"", "id=\"doubts\"", "an anchor twice"],
    ["<h1>", "<h3>", "a heading skips a level"],
    ["<caption>", "<p>", "a bare table"],
    ["</style>", "svg *{visibility:hidden}</style>", "is blank"],
    ["prefers-color-scheme:dark", "prefers-color-scheme:light", "the paper is "],
    [
        "<meta http-equiv=\"Content-Security-Policy\" content=\"",
        "<link rel=\"stylesheet\" href=\"http://127.0.0.1:9/a.css\"><meta name=\"x\" content=\"",
        "a request: http://127.0.0.1:9/a.css",
    ],
];

/// Each check fails where it should.
#[test]
fn each_fault_of_a_page_is_seen() {
    let Some(mut browser) = Browser::open() else { return };
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    folder.works("toy moons -n 500 --seed 1 -o e.csv");
    folder.works("report m.safetensors --test e.csv -o r.html");
    let page = folder.text("r.html");
    let view = View { width: 360, dark: false, print: false };
    assert_eq!(faults(&mut browser, &folder.path("r.html"), view, 6), [""; 0]);
    for [from, to, told] in PLANTED {
        assert!(page.contains(from), "{from}");
        fs::write(folder.path("planted.html"), page.replace(from, to)).unwrap();
        let faults = faults(&mut browser, &folder.path("planted.html"), view, 6);
        assert!(faults.iter().any(|fault| fault.contains(told)), "{told}: {faults:#?}");
    }
}

/// A screen reader finds a short name for each picture, and what there is to see in another text.
#[track_caller]
fn names_of_pictures(browser: &mut Browser, pictures: usize) {
    let tree = browser.call("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let role = |node: &Value| node["role"]["value"].as_str().unwrap_or_default().to_lowercase();
    let images: Vec<&Value> =
        nodes.iter().filter(|node| role(node) == "image" || role(node) == "img").collect();
    assert_eq!(images.len(), pictures);
    for image in images {
        let [name, seen] = ["name", "description"].map(|of| image[of]["value"].as_str());
        let [name, seen] = [name, seen].map(Option::unwrap_or_default);
        assert!(!name.is_empty() && seen.len() > 30 && !name.contains(seen), "{image}");
    }
}

/// Rows of D features that depend on a common one, the last alone.
fn table(names: &[String], count: usize, seed: usize) -> String {
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let mut text = names.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
    for i in (0..count).map(|i| i + seed * 1_000_000) {
        let common = scattered(i);
        let cell =
            |j: usize| common * f64::from(u8::from(j + 1 < names.len())) + scattered(i * 100 + j);
        let cells: Vec<String> = (0..names.len()).map(|j| cell(j).to_string()).collect();
        text += &(cells.join(",") + "\n");
    }
    text
}

fn trained(names: &[String], count: usize) -> Folder {
    let folder = Folder::with("d.csv", table(names, count, 0)).and("e.csv", table(names, count, 1));
    folder.works("train d.csv --couplets 1 --hidden 4 --steps 40 -o m.safetensors");
    folder
}

#[test]
fn the_report_of_a_calibrated_model_in_the_plane() {
    let Some(mut browser) = Browser::open() else { return };
    let folder =
        Folder::with("m.safetensors", committed("examples/models/moons_alarm.safetensors"));
    folder.works("toy moons -n 1500 -o t.csv");
    folder.works("toy moons -n 3000 --seed 1 -o e.csv");
    folder.works("report m.safetensors --train t.csv --test e.csv --label label -o r.html");
    is_right(&mut browser, &folder.path("r.html"), 8);
}

/// A conditional model with an alarm, labels, and a level that its training never saw.
#[test]
fn the_report_of_a_conditional_model() {
    let Some(mut browser) = Browser::open() else { return };
    let unit = |i: usize| scattered(i) / 1000.0;
    let rows = |count: usize, from: usize| -> String {
        let row = |i: usize| {
            let (mode, angle) = (i % 2, i as f64 * 2.4);
            let radius = 1.0 + mode as f64 + 0.3 * unit(i);
            let [x, y] = [radius * angle.sin(), radius * angle.cos()];
            format!("{x},{y},{},{},0\n", ["eco", "full"][mode], unit(i + 500_000))
        };
        (from..from + count).map(row).collect()
    };
    let header = "pressure,flow,mode,load,fault\n".to_string();
    let test = header.clone() + &rows(600, 9000);
    let odd = "0.9,0.6,eco,0.1,1\n".repeat(3)
        + &"9,9,eco,0.1,1\n".repeat(20)
        + &"0,1,a mode that no row had,0.1,0\n".repeat(30);
    let folder = Folder::with("d.csv", header.clone() + &rows(900, 0));
    let folder = folder.and("c.csv", header + &rows(500, 5000)).and("e.csv", test + &odd);
    let recipe = "--couplets 1 --hidden 8 --steps 300 -o m.safetensors";
    folder.works(&format!("train d.csv --context mode,load --exclude fault {recipe}"));
    folder.works("calibrate m.safetensors c.csv --false-alarms 0.01");
    folder.works("report m.safetensors --train d.csv --test e.csv --label fault -o r.html");
    is_right(&mut browser, &folder.path("r.html"), 9);
}

#[test]
fn reports_of_names_of_any_script_and_length() {
    let Some(mut browser) = Browser::open() else { return };
    let names = [
        "Öltemperatur <Lager> & \"Welle\"",
        "轴承温度传感器读数轴承温度传感器读数轴承温度传感器读数",
        "Geschwindigkeit_der_Förderbandantriebswelle_in_Umdrehungen_pro_Minute_geglättet",
        "it's",
        "x",
    ];
    let folder = trained(&names.map(String::from), 600);
    folder.works("report m.safetensors --train d.csv --test e.csv -o r.html");
    is_right(&mut browser, &folder.path("r.html"), 1 + 10 + 1 + 1 + 1);
}

#[test]
fn reports_of_many_features_and_of_few_rows() {
    let Some(mut browser) = Browser::open() else { return };
    let names: Vec<String> = (0..60).map(|i| format!("sensor {i}")).collect();
    let folder = trained(&names, 90);
    folder.works("report m.safetensors --train d.csv --test e.csv -o r.html");
    is_right(&mut browser, &folder.path("r.html"), 1 + 12 + 1 + 1 + 1);
}

#[test]
fn reports_of_no_rows_and_of_impossible_rows() {
    let Some(mut browser) = Browser::open() else { return };
    let folder = trained(&["a".into(), "b".into()], 300);
    folder.works("report m.safetensors -o bare.html");
    is_right(&mut browser, &folder.path("bare.html"), 2);
    let folder = folder.and("far.csv", "a,b\n1e38,-1e38\n-1e38,1e38\n1e37,1e38\n");
    folder.works("report m.safetensors --test far.csv -o far.html");
    is_right(&mut browser, &folder.path("far.html"), 3);
    let folder = folder.and("one.csv", "a,b\n100,200\n");
    folder.works("report m.safetensors --test one.csv -o one.html");
    is_right(&mut browser, &folder.path("one.html"), 5);
}

/// The demo's report. COUPLET_UPDATE=1 writes the picture of it that README.md shows.
#[test]
fn the_report_of_the_demo() {
    let Some(mut browser) = Browser::open() else { return };
    let folder = Folder::new();
    // Without the time limit of other runs: it trains six models.
    let mut demo = Command::new(env!("CARGO_BIN_EXE_couplet"));
    let run = demo.arg("demo").current_dir(folder.path("")).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let page = folder.path("demo/report.html");
    let shown = repository("examples/report.png");
    if env::var_os("COUPLET_UPDATE").is_some() {
        browser.show(&page, View { width: 1280, dark: false, print: false });
        fs::write(&shown, browser.picture([0.0, 0.0, 1280.0, 2000.0])).unwrap();
    }
    is_right(&mut browser, &page, 1 + 6 * 6);
    let (colours, part) = shades(&fs::read(&shown).unwrap());
    assert!(colours > 100 && part > 0.05, "{}: {colours} {part}", shown.display());
}

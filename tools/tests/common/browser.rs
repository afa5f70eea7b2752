//! A page in headless Chromium, which is told what to do through a pipe (the DevTools protocol).

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names of the program.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub width: u32,
    pub dark: bool,
    pub print: bool,
}

/// A browser with one page, and a profile of its own.
pub struct Browser {
    process: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    calls: u64,
    session: Option<String>,
    /// What was asked of the network.
    pub requests: Vec<String>,
    loaded: bool,
    _profile: TempDir,
}

impl Browser {
    /// Starts it. Where there is none, says so loudly; with COUPLET_REPORT=require there must be one.
    pub fn open() -> Option<Browser> {
        let is_there = |name: &&&str| {
            let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
            version.is_ok_and(|output| output.status.success())
        };
        let found = NAMES.iter().find(is_there);
        let required = env::var_os("COUPLET_REPORT").is_some_and(|value| value == "require");
        assert!(!required || found.is_some(), "there is no Chromium, and COUPLET_REPORT=require");
        let Some(name) = found else {
            // Straight to standard error: cargo hides what a test that passes prints.
            let warning =
                "\nWARNING: THERE IS NO CHROMIUM, SO NO REPORT IS LOOKED AT IN A BROWSER\n";
            let _ = writeln!(io::stderr(), "{warning}");
            return None;
        };
        let profile = TempDir::new().unwrap();
        let command = format!(
            "exec {name} --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
             --disable-background-networking --user-data-dir={} --remote-debugging-pipe 3<&0 4>&1",
            profile.path().display()
        );
        let mut process = Command::new("sh")
            .args(["-c", &command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).unwrap_or(Value::Null);
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Browser {
            process,
            input,
            output: receiver,
            calls: 0,
            session: None,
            requests: Vec::new(),
            loaded: false,
            _profile: profile,
        };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(String::from);
        for domain in ["Page", "Network", "Accessibility"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Asks for something, and returns the answer.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).expect("Chromium runs");
        loop {
            let answer = self.next(method);
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    /// The next message, which may be an event.
    #[track_caller]
    fn next(&mut self, waiting_for: &str) -> Value {
        let message = self.output.recv_timeout(PATIENCE);
        let message = message.unwrap_or_else(|error| panic!("{waiting_for}: {error}"));
        match message["method"].as_str() {
            Some("Network.requestWillBeSent") => {
                let url = message["params"]["request"]["url"].as_str().unwrap_or_default();
                self.requests.push(url.to_string());
            }
            Some("Page.loadEventFired") => self.loaded = true,
            _ => (),
        }
        message
    }

    /// Loads a page.
    #[track_caller]
    pub fn show(&mut self, page: &Path, view: View) {
        let View { width, dark, print } = view;
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1,
            "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"media": if print { "print" } else { "screen" },
            "features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media);
        (self.loaded, self.requests) = (false, Vec::new());
        self.call("Page.navigate", json!({"url": format!("file://{}", page.display())}));
        while !self.loaded {
            self.next("the page");
        }
    }

    /// The value of an expression of JavaScript on the page.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// The pixels of a part of the page as PNG: left, top, width, height.
    #[track_caller]
    pub fn picture(&mut self, [x, y, width, height]: [f64; 4]) -> Vec<u8> {
        let clip = json!({"x": x, "y": y, "width": width, "height": height, "scale": 1});
        let parameters = json!({"captureBeyondViewport": true, "clip": clip});
        let answer = self.call("Page.captureScreenshot", parameters);
        BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

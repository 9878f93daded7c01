//! A headless Chromium, spoken to through its own protocol over two pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) scheme: &'static str,
    pub(crate) scripts: bool,
}

impl View {
    pub(crate) const DESKTOP: Self = Self {
        width: 1280,
        scheme: "light",
        scripts: true,
    };
    pub(crate) const PHONE: Self = Self {
        width: 390,
        ..Self::DESKTOP
    };
}

/// A browser with one page.
pub(crate) struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// What it told meanwhile.
    events: Vec<Value>,
    session: Option<String>,
    calls: u64,
    home: TempDir,
}

impl Browser {
    /// Starts it. Its protocol uses descriptors 3 and 4, which a shell makes
    /// of stdin and stdout.
    pub(crate) fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args([
                "-c",
                r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#,
            ])
            .args(["chromium", "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--no-first-run", "--disable-dev-shm-usage"])
            .args(["--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", home.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while stdout
                .read_until(0, &mut message)
                .is_ok_and(|length| length > 0)
            {
                message.pop();
                let Ok(read) = serde_json::from_slice(&message) else {
                    break;
                };
                if sender.send(read).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            commands: process.stdin.take().unwrap(),
            process,
            messages,
            events: Vec::new(),
            session: None,
            calls: 0,
            home,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", &target);
        self.session = session["sessionId"].as_str().map(Into::into);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Opens a page as that view shows it, at a place such as `#clauses`.
    pub(crate) fn open(&mut self, page: &str, place: &str, view: View) {
        let metrics = json!({
            "width": view.width, "height": 844, "deviceScaleFactor": 1, "mobile": view.width < 500,
        });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": view.scheme}]});
        self.call("Emulation.setEmulatedMedia", &media);
        let scripts = json!({"value": !view.scripts});
        self.call("Emulation.setScriptExecutionDisabled", &scripts);
        let file = self.home.path().join("page.html");
        std::fs::write(&file, page).unwrap();
        self.events.clear();
        let url = format!("file://{}{place}", file.display());
        self.call("Page.navigate", &json!({"url": "about:blank"}));
        self.wait("Page.loadEventFired");
        self.events.clear();
        self.call("Page.navigate", &json!({"url": url}));
        self.wait("Page.loadEventFired");
    }

    /// What an expression gives, once it is settled.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// Presses the key.
    pub(crate) fn press_tab(&mut self) {
        for kind in ["rawKeyDown", "keyUp"] {
            let key = json!({
                "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9,
            });
            self.call("Input.dispatchKeyEvent", &key);
        }
    }

    /// What the page complained of, since it was opened.
    pub(crate) fn complaints(&self) -> Vec<&Value> {
        let complaints = [
            "Log.entryAdded",
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
        ];
        self.of(&complaints)
    }

    /// What was loaded, since the page was opened.
    pub(crate) fn requests(&self) -> Vec<&Value> {
        self.of(&["Network.requestWillBeSent"])
    }

    fn of(&self, methods: &[&str]) -> Vec<&Value> {
        let is_of = |event: &&Value| methods.iter().any(|method| event["method"] == *method);
        self.events.iter().filter(is_of).collect()
    }

    /// Keeps a picture of the whole page, if PICTURES names a folder.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("PICTURES") else {
            return;
        };
        let asked = json!({"captureBeyondViewport": true});
        let answer = self.call("Page.captureScreenshot", &asked);
        let data = answer["data"].as_str().unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.base64")), data).unwrap();
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let sent = write!(self.commands, "{message}\0").and_then(|()| self.commands.flush());
        sent.unwrap_or_else(|error| panic!("{error}: apt-get install chromium"));
        loop {
            let heard = self.hear(method);
            if heard["id"] == self.calls {
                assert!(heard["error"].is_null(), "{method}: {heard}");
                return heard["result"].clone();
            }
            self.events.push(heard);
        }
    }

    fn wait(&mut self, event: &str) {
        while self.of(&[event]).is_empty() {
            let heard = self.hear(event);
            self.events.push(heard);
        }
    }

    fn hear(&self, why: &str) -> Value {
        let heard = self.messages.recv_timeout(PATIENCE);
        heard.unwrap_or_else(|error| {
            panic!(
                "chromium does not answer {why} ({error}); is it there? apt-get install chromium"
            )
        })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! Runs the command as a process, with an emulator for it to call.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod place;
pub(crate) mod receiver;

use serde_json::Value;
use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vod_emulator::{Emulator, FaultPlan, Options};

/// A directory for configuration, which is empty, and for state, so that no test sees the settings or uploads
/// of the user who runs it.
static NO_SETTINGS: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// The result of a process.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Requires this exit code; otherwise fails with all output.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// The only line of stdout, which must be JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// The lines of stdout, each of which must be JSON.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        lines(&self.stdout)
    }

    /// The lines of stderr, each of which must be JSON, without progress lines, which depend on timing.
    #[track_caller]
    pub(crate) fn errors(&self) -> Vec<Value> {
        lines(&self.stderr).into_iter().filter(|line| line.get("progress").is_none()).collect()
    }

    /// The only line of stderr besides progress lines; it must be JSON.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        match <[Value; 1]>::try_from(self.errors()) {
            Ok([error]) => error,
            Err(_) => panic!("not one line: {}", self.stderr),
        }
    }
}

#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The command with these arguments and no outside settings.
pub(crate) fn vod(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vod"));
    command
        .args(arguments)
        .env_clear()
        .env("XDG_CONFIG_HOME", NO_SETTINGS.path())
        .env("XDG_STATE_HOME", NO_SETTINGS.path())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    // Windows needs it to open sockets; elsewhere it is not set.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

/// A process that is killed when the test ends, in whatever way.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Done {
    Done::new(&command.output().unwrap())
}

/// Runs it with this on stdin.
pub(crate) fn run_with(command: &mut Command, stdin: &str) -> Done {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read all of it closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    Done::new(&child.wait_with_output().unwrap())
}

/// Sets Polyv credentials and an endpoint that nothing listens on.
pub(crate) fn with_polyv(command: &mut Command) -> &mut Command {
    command.env("VOD_POLYV_USER_ID", "d41c0b6f2a").env("VOD_POLYV_SECRET_KEY", "a-key-of-tests")
}

/// An emulator in this process.
pub(crate) struct Provider {
    pub(crate) emulator: Emulator,
    pub(crate) runtime: Runtime,
}

impl Provider {
    pub(crate) fn start() -> Self {
        Self::with_faults("[]")
    }

    pub(crate) fn with_faults(plan: &str) -> Self {
        Self::with_options(Options {
            faults: serde_json::from_str::<FaultPlan>(plan).unwrap(),
            ..Options::default()
        })
    }

    pub(crate) fn with_options(options: Options) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let emulator = runtime.block_on(Emulator::start(options)).unwrap();
        Self { emulator, runtime }
    }

    /// The command with the settings for this emulator.
    pub(crate) fn vod(&self, arguments: &[&str]) -> Command {
        let mut command = vod(arguments);
        command.envs(self.settings());
        command
    }

    /// The settings for this emulator, as environment variables.
    pub(crate) fn settings(&self) -> [(&'static str, String); 10] {
        let (url, credentials) = (self.emulator.url(), self.emulator.credentials().clone());
        [
            ("VOD_POLYV_USER_ID", credentials.polyv_user_id),
            ("VOD_POLYV_SECRET_KEY", credentials.polyv_secret_key),
            ("VOD_POLYV_WRITE_TOKEN", credentials.polyv_write_token),
            ("VOD_POLYV_APP_ID", credentials.polyv_app_id),
            ("VOD_POLYV_APP_SECRET", credentials.polyv_app_secret),
            ("VOD_POLYV_ENDPOINT", url.clone()),
            ("VOD_QINGCLOUD_ACCESS_KEY_ID", credentials.qingcloud_access_key_id),
            ("VOD_QINGCLOUD_SECRET_ACCESS_KEY", credentials.qingcloud_secret_access_key),
            ("VOD_QINGCLOUD_CALLBACK_KEY", credentials.qingcloud_callback_key),
            ("VOD_QINGCLOUD_ENDPOINT", url),
        ]
    }

    /// The emulator's state, once everything is fetched.
    pub(crate) fn state(&self) -> Value {
        self.runtime.block_on(self.emulator.settled());
        self.emulator.state()
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> u64 {
        self.emulator.state()["counts"][operation].as_u64().unwrap_or(0)
    }

    /// A manifest with this many good rows.
    pub(crate) fn manifest(&self, rows: usize) -> String {
        let url = self.emulator.url();
        (1..=rows).fold("fileUrl,title,state\n".to_owned(), |text, n| {
            text + &format!("{url}/_emulator/sample/{n}.mp4,第{n}课,row-{n}\n")
        })
    }
}

/// A file with this content.
pub(crate) fn file(directory: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

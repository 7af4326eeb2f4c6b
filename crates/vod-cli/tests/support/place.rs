//! An emulator with files to upload, and the outcomes of uploads.

use super::{Done, Provider, file, run};
use serde_json::Value;
use std::fs;
use std::process::Command;
use tempfile::TempDir;
use vod_emulator::Options;

/// The smallest part size.
pub(crate) const PART: usize = 100 << 10;

/// An emulator, files and a directory for checkpoints.
pub(crate) struct Place {
    pub(crate) provider: Provider,
    pub(crate) files: TempDir,
    pub(crate) state: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with_options(Options::default())
    }

    pub(crate) fn with_options(options: Options) -> Self {
        Self {
            provider: Provider::with_options(options),
            files: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
        }
    }

    /// A file of this size, with varying bytes.
    pub(crate) fn file(&self, name: &str, bytes: usize) -> String {
        let path = self.files.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let seed = name.bytes().map(usize::from).sum::<usize>();
        file(
            &self.files,
            name,
            (0..bytes).map(|at| ((at * 31 + at / 251 + seed) % 256) as u8).collect::<Vec<_>>(),
        )
    }

    pub(crate) fn root(&self) -> &str {
        self.files.path().to_str().unwrap()
    }

    /// A command with credentials and this place's checkpoints.
    pub(crate) fn vod(&self, arguments: &[&str]) -> Command {
        let mut command = self.provider.vod(arguments);
        command.env("VOD_CHECKPOINTS", self.state.path().join("uploads"));
        command
    }

    pub(crate) fn upload(&self, to: &str, arguments: &[&str]) -> Done {
        run(&mut self.vod(&[&["upload", "--to", to, "--json"], arguments].concat()))
    }

    /// The output of `uploads --all`.
    pub(crate) fn remembered(&self) -> Vec<Value> {
        run(&mut self.vod(&["uploads", "--all", "--json"])).expect(0).json_lines()
    }

    pub(crate) fn videos(&self) -> Vec<Value> {
        self.provider.state()["videos"].as_array().unwrap().clone()
    }

    pub(crate) fn statuses(&self) -> Vec<String> {
        let state = self.provider.state();
        let mut statuses: Vec<_> = state["media"]
            .as_array()
            .unwrap()
            .iter()
            .map(|media| media["status"].as_str().unwrap().to_owned())
            .collect();
        statuses.sort();
        statuses
    }

    pub(crate) fn storage(&self) -> Value {
        self.provider.state()["polyv"]["upload"]["storage"].clone()
    }

    pub(crate) fn faults(&self, plan: &str) {
        self.provider.emulator.set_faults(serde_json::from_str(plan).unwrap());
    }
}

/// One member of each line.
pub(crate) fn each<'l>(lines: &'l [Value], member: &str) -> Vec<&'l str> {
    lines.iter().filter_map(|line| line[member].as_str()).collect()
}

/// The names of the lines' files, in the order of the lines.
pub(crate) fn names(lines: &[Value]) -> Vec<&str> {
    each(lines, "file").into_iter().map(|path| path.rsplit(['/', '\\']).next().unwrap()).collect()
}

pub(crate) fn outcomes(done: &Done) -> Vec<String> {
    let lines = done.json_lines();
    let mut outcomes: Vec<_> = each(&lines, "outcome").into_iter().map(str::to_owned).collect();
    outcomes.sort();
    outcomes
}

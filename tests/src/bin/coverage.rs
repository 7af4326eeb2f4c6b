//! Counts the proofs of each operation, and writes `crates/vod-core/docs/operations.md`;
//! `cargo xtask coverage` runs it.
//!
//! With `--check` it writes nothing, and fails if the file is out of date. Either way it fails if an
//! operation lacks a known request, a known successful answer, a scenario, docs, or an implementation in the
//! emulator.

#[path = "../../../crates/vod-core/tests/common/vectors.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod vectors;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use vod_core::{OperationInfo, catalog};
use vod_emulator::Depth;
use vod_tests::scenarios::areas::AREAS;

fn main() -> ExitCode {
    let only_check = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => {
            eprintln!("usage: coverage [--check]");
            return ExitCode::FAILURE;
        }
    };
    match run(only_check) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(only_check: bool) -> Result<String, String> {
    let counted = Counted::all()?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vod-core/docs/operations.md");
    let page = counted.page();
    let shown = path.display();
    let mut faults = counted.missing();
    if only_check {
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        if known != page {
            faults.push(format!("{shown} is out of date; run `cargo xtask coverage`"));
        }
    } else {
        std::fs::write(&path, page).map_err(|error| format!("{shown}: {error}"))?;
    }
    if faults.is_empty() { Ok(counted.totals()) } else { Err(faults.join("\n")) }
}

/// The proofs of an operation.
struct Row {
    info: &'static OperationInfo,
    requests: usize,
    answers: usize,
    refusals: usize,
    scenarios: usize,
    depth: Option<Depth>,
}

struct Counted(Vec<Row>);

impl Counted {
    fn all() -> Result<Self, String> {
        let (requests, answers) = (vectors::requests(), vectors::answers());
        let says = |what: &'static str| {
            let wanted = answers.iter().filter(move |(_, vector)| vector["says"].get(what).is_some());
            counted(wanted.map(|(name, _)| name))
        };
        let requests = counted(requests.iter().map(|(name, _)| name))?;
        let (answers, refusals) = (says("output")?, says("error")?);
        let depths: BTreeMap<_, _> = vod_emulator::operations().collect();
        let count = |of: &BTreeMap<String, usize>, id: &str| of.get(id).copied().unwrap_or(0);
        let row = |info: &'static OperationInfo| Row {
            info,
            requests: count(&requests, info.id),
            answers: count(&answers, info.id),
            refusals: count(&refusals, info.id),
            scenarios: AREAS.iter().flat_map(|(_, cases)| *cases).filter(|case| case.id == info.id).count(),
            depth: depths.get(info.id).copied(),
        };
        Ok(Self(catalog::all().map(|entry| row(entry.info())).collect()))
    }

    /// The proofs that are missing.
    fn missing(&self) -> Vec<String> {
        let faults = self.0.iter().flat_map(|row| {
            let proofs = [
                (row.requests > 0, "known request"),
                (row.answers > 0, "known answer that succeeds"),
                (row.scenarios > 0, "scenario"),
                (!row.info.doc.trim().is_empty(), "doc"),
                (row.depth.is_some(), "answer in the emulator"),
            ];
            proofs
                .into_iter()
                .filter(|(there, _)| !there)
                .map(|(_, what)| format!("{} has no {what}", row.info.id))
        });
        faults.collect()
    }

    fn totals(&self) -> String {
        let sum = |of: fn(&Row) -> usize| self.0.iter().map(of).sum::<usize>();
        let modelled = self.0.iter().filter(|row| row.depth == Some(Depth::Modelled)).count();
        format!(
            "{} operations, {} of them old; {} known requests, {} known answers, {} known refusals, {} scenarios; {modelled} modelled by the emulator",
            self.0.len(),
            self.0.iter().filter(|row| row.info.superseded_by.is_some()).count(),
            sum(|row| row.requests),
            sum(|row| row.answers),
            sum(|row| row.refusals),
            sum(|row| row.scenarios),
        )
    }

    /// The page as Markdown.
    fn page(&self) -> String {
        let mut text = format!("{HEAD}\n\n{}.\n", self.totals());
        let mut area = "";
        for row in &self.0 {
            let (of_operation, _) = row.info.id.rsplit_once('.').unwrap_or((row.info.id, ""));
            if of_operation != area {
                area = of_operation;
                let module = area.replace('.', "::");
                // Writing to memory cannot fail.
                let _ = write!(text, "\n## [`{module}`](crate::{module})\n\n{COLUMNS}\n");
            }
            let _ = writeln!(text, "{}", row.line());
        }
        text
    }
}

const HEAD: &str = "\
# Every operation, counted

Written by `cargo xtask coverage`; CI fails if it is out of date or an operation lacks a known request, a known answer, a scenario or an answer in the emulator.

* *fields*: fields of the input, without those of nested objects.
* *requests*: known requests, byte by byte, with the text before hashing (`tests/vectors/operations`).
* *answers*, *refusals*: known ones, with the values read from them (the same files).
* *scenarios*: calls against the emulator, each over both transports.
* *emulator*: `modelled` if calls change or read a state that other calls see, `shape` if only request and answer have the documented shape.";

const COLUMNS: &str = "\
| operation | what it does | method and path | fields | requests | answers | refusals | scenarios | emulator |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |";

impl Row {
    fn line(&self) -> String {
        let info = self.info;
        let old = info.superseded_by.map(|newer| format!(" (old: `{newer}`)")).unwrap_or_default();
        let depth = match self.depth {
            Some(Depth::Modelled) => "modelled",
            Some(_) => "shape",
            None => "none",
        };
        format!(
            "| `{}` | {}{old} | `{} {}` | {} | {} | {} | {} | {} | {depth} |",
            info.id,
            catalog::title(info).replace('|', "\\|"),
            info.method.name(),
            info.path,
            info.fields.len(),
            self.requests,
            self.answers,
            self.refusals,
            self.scenarios,
        )
    }
}

/// The number of vectors, named `id/case`, of each operation.
fn counted<'n>(names: impl Iterator<Item = &'n String>) -> Result<BTreeMap<String, usize>, String> {
    let mut found = BTreeMap::new();
    for name in names {
        let id = name.split('/').next().unwrap_or_default();
        if catalog::get(id).is_none_or(|entry| entry.info().id != id) {
            return Err(format!("the vector {name}: no operation has this id"));
        }
        *found.entry(id.to_owned()).or_insert(0) += 1;
    }
    Ok(found)
}

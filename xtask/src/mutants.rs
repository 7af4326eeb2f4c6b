//! Mutants of the import: each breaks one rule of the flow or of the journal's model, and the simulation must
//! find it.

use crate::{HELP, Outcome, cargo, root};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// How many seeds a mutant may survive.
const SEEDS: &str = "50000";

const FLOW: &str = "crates/vod-core/src/import/flow.rs";
const ORDER: &str = "crates/vod-core/src/import/order.rs";
const EVIDENCE: &str = "crates/vod-core/src/import/evidence.rs";
const FENCE: &str = "crates/vod-core/src/import/fence.rs";
const JOURNAL: &str = "crates/vod-core/tests/import_simulation/journal.rs";

/// What is broken, in which file, and how.
const MUTANTS: &[(&str, &str, &str, &str)] = &[
    (
        "an order is sent without a durable intent",
        JOURNAL,
        "(OrderState::Sending, write.signed_at)",
        "(OrderState::Planned, write.signed_at)",
    ),
    (
        "an order in flight is claimed again",
        JOURNAL,
        "self.orders[*at].state == OrderState::Planned)",
        "self.orders[*at].state <= OrderState::Sending)",
    ),
    (
        "an unknown order is claimed again",
        JOURNAL,
        "self.orders[*at].state == OrderState::Planned)",
        "matches!(self.orders[*at].state, OrderState::Planned | OrderState::Unknown))",
    ),
    (
        "an unknown order is planned again",
        FLOW,
        "                OrderOutcome::Unknown\n",
        "                OrderOutcome::NotExecuted\n",
    ),
    (
        "an answer to an earlier attempt counts",
        JOURNAL,
        "(order.attempt == id.attempt).then_some(order)",
        "Some(order)",
    ),
    (
        "a split order is split again",
        ORDER,
        "        if !self.is_open() {\n            return None;",
        "        if matches!(self, Self::Accepted) {\n            return None;",
    ),
    (
        "an unknown order is sent again on the user's word",
        JOURNAL,
        "filter(|order| order.state == OrderState::Assumed)",
        "filter(|order| matches!(order.state, OrderState::Assumed | OrderState::Unknown))",
    ),
    ("the fence is passed too early", FENCE, "SIGNATURE_LIFE + FENCE_MARGIN", "Duration::ZERO"),
    (
        "absence is taken from looks before the fence",
        FENCE,
        "if is_fenced(signed_at, began) {",
        "if began >= signed_at {",
    ),
    ("a video proves two orders", EVIDENCE, "self.videos > without", "self.videos >= without"),
    (
        "accepted rows of a title are not counted",
        EVIDENCE,
        "self.accepted + self.again + (open - rows)",
        "self.again + (open - rows)",
    ),
    (
        "videos of rows that were sent twice are not counted",
        EVIDENCE,
        "self.accepted + self.again + (open - rows)",
        "self.accepted + (open - rows)",
    ),
    (
        "half of a refused order is lost",
        JOURNAL,
        "self.orders.extend([Order::planned(one.to_vec(), depth), Order::planned(other.to_vec(), depth)]);",
        "let _ = other;\n            self.orders.extend([Order::planned(one.to_vec(), depth)]);",
    ),
    (
        "orders are begun although nothing answers",
        FLOW,
        "                    self.gate = Gate::MustAnswer;\n                }\n                self.trouble",
        "                }\n                self.trouble",
    ),
    (
        "more orders are in flight than allowed",
        FLOW,
        ".saturating_sub(self.orders.len())",
        ".saturating_sub(0)",
    ),
    (
        "a block refuses rows",
        FLOW,
        "            _ if refused.retry_after.is_some() => self.trouble(Error::Refused(refused), now, random),\n            Reason::RateLimit | Reason::Busy =>",
        "            Reason::Busy =>",
    ),
    (
        "a refusal of the account refuses rows",
        FLOW,
        "Reason::Signature | Reason::UnknownAccount | Reason::Permission",
        "Reason::Permission",
    ),
];

/// Tries each mutant in a copy of the workspace.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments != ["import"] {
        return Err(HELP.to_owned());
    }
    let copy = root().join("target/mutants/tree");
    copy_tree(&copy)?;
    let mut survivors = Vec::new();
    println!("| mutant | found by seed | after |\n| --- | --- | --- |");
    for (name, file, from, to) in MUTANTS {
        let path = copy.join(file);
        let source = read(&root().join(file))?;
        if source.matches(from).count() != 1 {
            return Err(format!("{file}: expected `{from}` once, for the mutant \"{name}\""));
        }
        write(&path, source.replace(from, to))?;
        simulate(&copy, "0").map_err(|error| format!("\"{name}\" does not build: {error}"))?;
        let began = Instant::now();
        match simulate(&copy, SEEDS) {
            Ok(()) => survivors.push(*name),
            Err(seed) => println!("| {name} | {seed} | {:.1} s |", began.elapsed().as_secs_f64()),
        }
        write(&path, &source)?;
    }
    if survivors.is_empty() {
        Ok(())
    } else {
        Err(format!("not found in {SEEDS} seeds: {}", survivors.join("; ")))
    }
}

/// Runs this many seeds; the error is the seed that failed.
fn simulate(copy: &Path, seeds: &str) -> Result<(), String> {
    let mut command =
        cargo(&["test", "--locked", "-p", "vod-core", "--test", "import_simulation", "--", "--nocapture"]);
    command.current_dir(copy).env("CARGO_TARGET_DIR", root().join("target/mutants/target"));
    let output = command
        .env("VOD_IMPORT_SEEDS", seeds)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let seed = said.lines().find_map(|line| line.strip_prefix("seed "));
    Err(seed.map_or(said.clone(), str::to_owned))
}

/// Copies all files that git knows.
fn copy_tree(copy: &Path) -> Outcome {
    // Of an earlier run there may be files that are no more.
    if copy.exists() {
        fs::remove_dir_all(copy).map_err(|error| format!("cannot remove {}: {error}", copy.display()))?;
    }
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = listed.map_err(|error| format!("cannot run git: {error}"))?.stdout;
    for name in String::from_utf8_lossy(&listed).split_terminator('\0') {
        let from = root().join(name);
        if from.is_file() {
            write(
                &copy.join(name),
                &fs::read(&from).map_err(|error| format!("cannot read {name}: {error}"))?,
            )?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Writes only what changed, so that cargo builds no more than that.
fn write(path: &Path, content: impl AsRef<[u8]>) -> Outcome {
    let content = content.as_ref();
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, content));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

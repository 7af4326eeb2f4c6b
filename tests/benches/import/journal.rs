//! Planning into SQLite, imports with the journal beside the same without one, and what the journal says
//! afterwards.

use crate::jobs::Figures;
use crate::support::{Server, median};
use crate::{Bench, child, text};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

pub(crate) fn measure(bench: &Bench) {
    let (mut planned, mut again, mut shell, mut live, mut shown) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..bench.rounds {
        let journal = bench.journal(round);
        // Who is first alternates.
        if round % 2 == 0 {
            shell.extend(import_by_shell(bench));
        }
        planned.push(child(["plan", text(&bench.manifest), text(&journal)]));
        if round % 2 == 1 {
            shell.extend(import_by_shell(bench));
        }
        again.push(child(["plan", text(&bench.manifest), text(&journal)]));
        remove(&journal);
    }
    planning(bench, &planned, &again, &shell);
    for round in 0..bench.rounds {
        let journal = bench.journal(round);
        let (ours, direct) = if round % 2 == 0 {
            let ours = import(bench, &journal);
            (ours, direct(bench))
        } else {
            let direct = direct(bench);
            (import(bench, &journal), direct)
        };
        live.push((ours, direct));
        shown.push(show(bench, &journal));
        remove(&journal);
    }
    importing(bench, &live);
    let of = |at: fn(&(f64, Option<f64>)) -> Option<f64>| shown.iter().filter_map(at).collect::<Vec<_>>();
    println!(
        "vod imports show of {} rows: {:.3} s; {}",
        bench.rows,
        median(of(|shown| Some(shown.0)).into_iter()),
        beside("the view `imports` in the sqlite3 shell", &of(|shown| shown.1), |seconds| format!(
            "{seconds:.3} s"
        )),
    );
}

fn planning(bench: &Bench, planned: &[Figures], again: &[Figures], shell: &[f64]) {
    let rate = |seconds: f64| bench.rows as f64 / seconds;
    let words =
        beside("`.import` of the sqlite3 shell", shell, |seconds| format!("{:.0} rows/s", rate(seconds)));
    for (what, figures) in [("new rows", planned), ("the same rows again", again)] {
        assert!(figures.iter().all(|figures| figures.rows == bench.rows));
        println!(
            "reading, keying and planning {} {what}: {:.0} rows/s, {:.2} µs of processor time a row and {:.1} MiB at most; {words}",
            bench.rows,
            rate(median(figures.iter().map(|figures| figures.planning))),
            median(figures.iter().map(|figures| figures.processor)) / bench.rows as f64 * 1e6,
            peak(figures.iter()),
        );
    }
}

fn importing(bench: &Bench, live: &[(Figures, Figures)]) {
    assert!(live.iter().all(|(ours, direct)| ours.rows == bench.rows && direct.rows == bench.rows));
    assert!(live.iter().all(|(ours, _)| ours.waits == 0), "nothing is in the way");
    let rate = |seconds: f64| bench.rows as f64 / seconds;
    let sending = |figures: &Figures| figures.seconds - figures.planning;
    println!(
        "import of {} rows with a journal, no rate: {:.0} rows/s sent, with planning {:.0} rows/s, {:.1} MiB at most; \
         without a journal {:.0} rows/s and {:.1} MiB; ratio {:.3}, with planning {:.3}; \
         the journal takes {:.2} µs of processor time a row",
        bench.rows,
        median(live.iter().map(|(ours, _)| rate(sending(ours)))),
        median(live.iter().map(|(ours, _)| rate(ours.seconds))),
        peak(live.iter().map(|(ours, _)| ours)),
        median(live.iter().map(|(_, direct)| rate(direct.seconds))),
        peak(live.iter().map(|(_, direct)| direct)),
        median(live.iter().map(|(ours, direct)| direct.seconds / sending(ours))),
        median(live.iter().map(|(ours, direct)| direct.seconds / ours.seconds)),
        median(live.iter().map(|(ours, direct)| ours.processor - direct.processor)) / bench.rows as f64 * 1e6,
    );
}

/// In MiB.
fn peak<'f>(figures: impl Iterator<Item = &'f Figures>) -> f64 {
    figures.map(|figures| figures.peak).max().unwrap_or_default() as f64 / 1024.0
}

/// A reference that the machine may lack.
fn beside(what: &str, seconds: &[f64], show: impl Fn(f64) -> String) -> String {
    if seconds.is_empty() {
        return format!("{what}: not measured, as there is no sqlite3");
    }
    format!("{what} {}", show(median(seconds.iter().copied())))
}

/// An emulator is never used twice, since it keeps what it was sent.
fn import(bench: &Bench, journal: &Path) -> Figures {
    let server = Server::start("emulate");
    child(["import", &server.base, &server.user_id, &server.secret_key, text(&bench.manifest), text(journal)])
}

fn direct(bench: &Bench) -> Figures {
    let server = Server::start("emulate");
    child(["direct", &server.base, &server.user_id, &server.secret_key, text(&bench.manifest)])
}

/// Seconds of `vod imports show`, and of the view in the shell.
fn show(bench: &Bench, journal: &Path) -> (f64, Option<f64>) {
    let start = Instant::now();
    let mut command = Command::new(&bench.vod);
    command.args(["imports", "show", crate::jobs::NAME, "--journal"]).arg(journal);
    let output = command.output().expect("a process");
    let seconds = start.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout);
    let is_there = text.lines().any(|line| line.split_whitespace().eq(["accepted", &bench.rows.to_string()]));
    assert!(output.status.success() && is_there, "{text}");
    (seconds, shell(&[journal.as_os_str(), "SELECT * FROM imports".as_ref()]))
}

/// Seconds of the sqlite3 shell's `.import`, into a fresh file.
fn import_by_shell(bench: &Bench) -> Option<f64> {
    let file = bench.folder.path().join("shell.db");
    let import = format!(".import '{}' rows", bench.manifest.display());
    let seconds = shell(&[file.as_os_str(), ".mode csv".as_ref(), import.as_ref()]);
    remove(&file);
    seconds
}

fn shell(arguments: &[&std::ffi::OsStr]) -> Option<f64> {
    let start = Instant::now();
    let status = Command::new("sqlite3").args(arguments).stdout(Stdio::null()).status();
    match status {
        Ok(status) => {
            assert!(status.success(), "{arguments:?}");
            Some(start.elapsed().as_secs_f64())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("sqlite3: {error}"),
    }
}

/// Removes a database and its log.
fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        // The log is gone where it was closed.
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
}

//! `vod import --dry-run` of a million rows: rows a second and peak memory of the whole process. The
//! reference is the time in which the same machine, in the same run, reads the file's lines and does nothing
//! with them.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const ROWS: u64 = 1_000_000;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("manifest.csv");
    write_manifest(&manifest);
    let vod =
        std::env::current_exe().expect("this program").ancestors().nth(2).expect("a folder").join("vod");
    if !vod.exists() {
        eprintln!("{} is not built: run `cargo build --release -p vod-cli` first", vod.display());
        return ExitCode::FAILURE;
    }
    let mut best = f64::INFINITY;
    let mut peak = 0;
    let mut lines_best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let lines = BufReader::new(std::fs::File::open(&manifest).expect("the manifest"))
            .lines()
            .filter(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
            .count();
        assert_eq!(lines as u64, ROWS + 1);
        lines_best = lines_best.min(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let mut child = Command::new(&vod)
            .args(["import", "--dry-run", "--json"])
            .arg(&manifest)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        // The peak only grows, so the last value before the end is the peak.
        let status = format!("/proc/{}/status", child.id());
        let watch = std::thread::spawn(move || {
            let mut peak = 0;
            while let Some(now) = std::fs::read_to_string(&status).ok().and_then(|text| high_water(&text)) {
                peak = peak.max(now);
                std::thread::yield_now();
            }
            peak
        });
        let mut report = String::new();
        while let Ok(n) = output.read_line(&mut report) {
            if n == 0 {
                break;
            }
        }
        assert!(child.wait().expect("its end").success());
        best = best.min(start.elapsed().as_secs_f64());
        peak = peak.max(watch.join().expect("watched"));
        let last: serde_json::Value =
            serde_json::from_str(report.lines().last().expect("a report")).expect("JSON");
        assert_eq!((last["rows"].as_u64(), last["valid"].as_u64()), (Some(ROWS), Some(ROWS)), "{last}");
    }
    println!(
        "vod import --dry-run of {ROWS} rows: {:.0} rows/s and {:.1} MiB at most; reading lines alone {:.0} rows/s, ratio {:.2}",
        ROWS as f64 / best,
        peak as f64 / 1024.0,
        ROWS as f64 / lines_best,
        lines_best / best,
    );
    ExitCode::SUCCESS
}

fn high_water(status: &str) -> Option<u64> {
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .ok()
}

fn write_manifest(path: &Path) {
    let mut file = BufWriter::new(std::fs::File::create(path).expect("a file"));
    writeln!(file, "fileUrl,title,state").expect("room");
    for i in 0..ROWS {
        writeln!(file, "https://cdn{}.example.com/courses/2026/lesson-{i:07}/master.mp4,\"高一物理 第{i}课，牛顿定律\",row-{i}", i % 9).expect("room");
    }
    file.flush().expect("room");
}

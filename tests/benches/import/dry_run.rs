//! `vod import --dry-run`: rows a second and peak memory of the whole process. The
//! reference is the time in which the same machine, in the same run, reads the file's lines and does nothing
//! with them.

use crate::Bench;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

pub(crate) fn measure(bench: &Bench) {
    let (manifest, rows) = (&bench.manifest, bench.rows);
    let mut best = f64::INFINITY;
    let mut peak = 0;
    let mut lines_best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let lines = BufReader::new(std::fs::File::open(manifest).expect("the manifest"))
            .lines()
            .filter(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
            .count();
        assert_eq!(lines as u64, rows + 1);
        lines_best = lines_best.min(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let mut child = Command::new(&bench.vod)
            .args(["import", "--dry-run", "--json"])
            .arg(manifest)
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
        assert_eq!((last["rows"].as_u64(), last["valid"].as_u64()), (Some(rows), Some(rows)), "{last}");
    }
    println!(
        "vod import --dry-run of {rows} rows: {:.0} rows/s and {:.1} MiB at most; reading lines alone {:.0} rows/s, ratio {:.2}",
        rows as f64 / best,
        peak as f64 / 1024.0,
        rows as f64 / lines_best,
        lines_best / best,
    );
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

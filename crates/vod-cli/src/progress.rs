//! Progress bars, on stderr and only if that is a terminal.

use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};
use std::fmt;
use std::time::Duration;

/// The bars of a command. Other lines for stderr go through [`Bars::note`], so that bars and lines do not
/// overwrite each other.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    all: MultiProgress,
}

impl Bars {
    pub(crate) fn new() -> Self {
        // Draws to stderr, and nothing if that is no terminal.
        Self { all: MultiProgress::new() }
    }

    /// Bars that are never shown.
    pub(crate) fn hidden() -> Self {
        Self { all: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()) }
    }

    /// A bar for this many bytes; a spinner if that is unknown.
    pub(crate) fn bytes(&self, total: Option<u64>, label: &str) -> ProgressBar {
        match total {
            Some(total) => self.add(
                ProgressBar::new(total),
                "{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {msg}",
                label,
            ),
            None => self.add(
                ProgressBar::new_spinner(),
                "{spinner} {prefix} {bytes} {bytes_per_sec} {msg}",
                label,
            ),
        }
    }

    /// A bar for this many rows.
    pub(crate) fn rows(&self, total: u64, label: &str) -> ProgressBar {
        self.add(ProgressBar::new(total), "{prefix} {wide_bar} {pos}/{len} {per_sec} {left} {msg}", label)
    }

    /// A bar for one file, beside those of other files and above that of all.
    pub(crate) fn file(&self, bytes: u64, name: &str, all: Option<&ProgressBar>) -> ProgressBar {
        let bar = ProgressBar::new(bytes);
        let bar = match all {
            Some(all) => self.all.insert_before(all, bar),
            None => self.all.add(bar),
        };
        self.show(bar, "{prefix:20!} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {left}", name)
    }

    /// A bar for all files. Its owner sets the prefix to how many are done, and the message to rate and time
    /// left.
    pub(crate) fn all_files(&self, bytes: u64) -> ProgressBar {
        self.add(ProgressBar::new(bytes), "{prefix:20!} {wide_bar} {bytes}/{total_bytes} {msg}", "all files")
    }

    /// A spinner during a wait.
    pub(crate) fn waiting(&self, label: &str) -> ProgressBar {
        self.add(ProgressBar::new_spinner(), "{spinner} {prefix}", label)
    }

    fn add(&self, bar: ProgressBar, template: &str, label: &str) -> ProgressBar {
        let bar = self.all.add(bar);
        self.show(bar, template, label)
    }

    fn show(&self, bar: ProgressBar, template: &str, label: &str) -> ProgressBar {
        if let Ok(style) = ProgressStyle::with_template(template) {
            let tell = |state: &ProgressState, out: &mut dyn fmt::Write| {
                _ = out.write_str(&left(state.per_sec(), state.eta()));
            };
            bar.set_style(style.with_key("left", tell));
        }
        bar.set_prefix(label.to_owned());
        if !self.all.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        bar
    }

    /// Prints lines on stderr.
    pub(crate) fn note(&self, lines: &str) {
        self.apart(|| crate::output::note(lines));
    }

    /// Calls `write` while no bar is on the screen.
    pub(crate) fn apart<T>(&self, write: impl FnOnce() -> T) -> T {
        self.all.suspend(write)
    }
}

/// The time left; empty while nothing moves, since then it is unknown.
fn left(per_second: f64, time: Duration) -> String {
    if per_second >= 1.0 { format!("{:#}", HumanDuration(time)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_has_no_end_in_sight() {
        assert_eq!(
            (left(0.0, Duration::ZERO), left(5e6, Duration::from_secs(3))),
            (String::new(), "3s".to_owned())
        );
    }
}

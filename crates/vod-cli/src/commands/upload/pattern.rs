//! Path patterns, matched name by name.
//!
//! The `glob` crate matches the names. Its directory walk is not used: it skips names that are not UTF-8, and
//! panics on them if hidden files are excluded.

use glob::{Pattern, PatternError};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The result of matching a pattern.
#[derive(Debug, Default)]
pub(super) struct Matches {
    pub(super) paths: Vec<PathBuf>,
    /// Directories that could not be read.
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
}

/// One part of a pattern.
enum Piece {
    /// A literal name, or a root.
    Name(OsString),
    Pattern(Pattern),
    /// `**`: any number of nested directories, or none.
    Anywhere,
}

/// All paths that match a pattern. As in a shell, hidden names match only if the pattern's own name begins
/// with a dot.
pub(super) fn matches(pattern: &str) -> Result<Matches, PatternError> {
    let mut pieces = Vec::new();
    for component in Path::new(pattern).components() {
        pieces.push(match (component, component.as_os_str().to_str()) {
            // `**/**` matches the same as `**`, but takes longer.
            (Component::Normal(_), Some("**")) if matches!(pieces.last(), Some(Piece::Anywhere)) => continue,
            (Component::Normal(_), Some("**")) => Piece::Anywhere,
            (Component::Normal(_), Some(name)) if name.contains(['*', '?', '[']) => {
                Piece::Pattern(Pattern::new(name)?)
            }
            (component, _) => Piece::Name(component.as_os_str().to_owned()),
        });
    }
    let mut found = Matches::default();
    found.walk(PathBuf::new(), &pieces);
    Ok(found)
}

impl Matches {
    fn walk(&mut self, place: PathBuf, pieces: &[Piece]) {
        let Some((piece, rest)) = pieces.split_first() else {
            if place.symlink_metadata().is_ok() {
                self.paths.push(place);
            }
            return;
        };
        match piece {
            Piece::Name(name) => self.walk(place.join(name), rest),
            Piece::Pattern(pattern) => {
                for entry in self.entries(&place) {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    // A byte that is not valid UTF-8 matches like any character.
                    if (!name.starts_with('.') || pattern.as_str().starts_with('.')) && pattern.matches(&name)
                    {
                        self.walk(place.join(entry.file_name()), rest);
                    }
                }
            }
            // A directory includes what is in it.
            Piece::Anywhere if rest.is_empty() => {
                self.walk(if place.as_os_str().is_empty() { ".".into() } else { place }, rest);
            }
            Piece::Anywhere => {
                for entry in self.entries(&place) {
                    let hidden = entry.file_name().to_string_lossy().starts_with('.');
                    // Links are not followed, as they may form a cycle.
                    if !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                        self.walk(place.join(entry.file_name()), pieces);
                    }
                }
                self.walk(place, rest);
            }
        }
    }

    /// The entries of a directory; none if it does not exist.
    fn entries(&mut self, place: &Path) -> Vec<fs::DirEntry> {
        let directory = if place.as_os_str().is_empty() { Path::new(".") } else { place };
        match fs::read_dir(directory).and_then(Iterator::collect) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Vec::new()
            }
            Err(error) => {
                self.unreadable.push((directory.to_owned(), error));
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_in_a_shell() {
        let root = tempfile::tempdir().unwrap();
        for path in ["1.mp4", "2.mp4", ".3.mp4", "a/1.mp4", "a/b/1.mp4", ".git/1.mp4", "a/.b/1.mp4", "é.mp4"]
        {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        for (pattern, expected) in [
            ("*.mp4", "1.mp4 2.mp4 é.mp4"),
            (".*.mp4", ".3.mp4"),
            ("[1-2].mp4", "1.mp4 2.mp4"),
            ("?.mp4", "1.mp4 2.mp4 é.mp4"),
            ("*/1.mp4", "a/1.mp4"),
            (".*/1.mp4", ".git/1.mp4"),
            (".git/*", ".git/1.mp4"),
            ("**/1.mp4", "1.mp4 a/1.mp4 a/b/1.mp4"),
            ("**/**/b/*", "a/b/1.mp4"),
            ("a/**", "a"),
            ("a/../?.mp4", "a/../1.mp4 a/../2.mp4 a/../é.mp4"),
            ("1.mp4/*", ""),
            ("none/*", ""),
        ] {
            let found = matches(&format!("{}/{pattern}", root.path().display())).unwrap();
            let mut paths: Vec<_> = found
                .paths
                .iter()
                .map(|path| path.strip_prefix(root.path()).unwrap().to_string_lossy().replace('\\', "/"))
                .collect();
            paths.sort();
            assert_eq!((paths.join(" ").as_str(), found.unreadable.len()), (expected, 0), "{pattern}");
        }
        for wrong in ["a[.mp4", "a**/b", "***"] {
            assert!(matches(wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_not_utf_8_are_matched_too() {
        use std::os::unix::ffi::OsStringExt as _;
        let root = tempfile::tempdir().unwrap();
        // 第 in GBK.
        let path = root.path().join(OsString::from_vec(b"\xb5\xda.mp4".to_vec()));
        fs::write(&path, "x").unwrap();
        for pattern in ["*.mp4", "**/*.mp4", "[!.]*"] {
            assert_eq!(
                matches(&format!("{}/{pattern}", root.path().display())).unwrap().paths,
                [path.as_path()],
                "{pattern}"
            );
        }
    }
}

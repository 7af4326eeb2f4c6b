//! What to upload: turns paths, directories, patterns and lists of them into files.

use super::pattern;
use crate::failure::Failure;
use crate::natural_order;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use vod_core::Error;
use vod_core::error::{Fault, FaultKind};
use vod_core::limits::{Rule, Violation};
use vod_core::operation::{Effect, Provider};
use vod_core::upload::is_media_file;
use vod_driver::LocalFile;

/// One file that was asked for.
#[derive(Debug)]
pub(super) struct Found {
    /// The path as given, for messages.
    pub(super) path: PathBuf,
    /// The canonical path, which is equal for all names of the file.
    pub(super) identity: PathBuf,
    /// Its size, or why it cannot be uploaded.
    pub(super) bytes: Result<u64, Error>,
}

/// Collects files, each once.
#[derive(Debug)]
pub(super) struct Files {
    provider: Provider,
    seen: HashSet<PathBuf>,
    found: Vec<Found>,
    left_out: LeftOut,
}

/// What was left out of directories.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Files that are not in a media format, counted by their lower-case extension, which may be empty.
    files: BTreeMap<String, u64>,
    links: u64,
    /// Pipes, sockets and devices.
    others: u64,
}

impl LeftOut {
    pub(super) fn count(&self) -> u64 {
        self.files.values().sum::<u64>() + self.links + self.others
    }

    fn add(&mut self, kind: fs::FileType, name: &str) {
        if kind.is_file() {
            let extension = Path::new(name)
                .extension()
                .map_or_else(String::new, |extension| extension.to_string_lossy().to_lowercase());
            *self.files.entry(extension).or_default() += 1;
        } else if kind.is_symlink() {
            self.links += 1;
        } else {
            self.others += 1;
        }
    }

    /// A sentence about it, with what to do.
    pub(super) fn to_text(&self) -> String {
        let files = self.files.iter().map(|(extension, count)| match extension.as_str() {
            "" => format!("{count} without extension"),
            extension => format!("{count} .{extension}"),
        });
        let several = |count: u64, one: &str| {
            (count > 0).then(|| format!("{count} {one}{}", if count == 1 { "" } else { "s" }))
        };
        let all: Vec<_> =
            files.chain(several(self.links, "link")).chain(several(self.others, "special file")).collect();
        let (verb, them) = if self.count() == 1 { ("was", "it") } else { ("were", "them") };
        format!(
            "{} {verb} left out of directories; name {them} or use a pattern to send {them}",
            all.join(", ")
        )
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "files": self.files, "links": self.links, "others": self.others })
    }
}

impl Files {
    pub(super) fn new(provider: Provider) -> Self {
        Self { provider, seen: HashSet::new(), found: Vec::new(), left_out: LeftOut::default() }
    }

    /// The files in order, and what was left out of directories.
    pub(super) fn into_found(self) -> (Vec<Found>, LeftOut) {
        (self.found, self.left_out)
    }

    /// Adds a path of the command line: a file, a directory or a pattern.
    pub(super) fn argument(&mut self, path: &Path) {
        let pattern = path
            .to_str()
            .filter(|text| text.contains(['*', '?', '[']) && fs::symlink_metadata(path).is_err());
        match pattern {
            Some(pattern) => self.glob(path, pattern),
            None => self.path(path),
        }
    }

    /// Adds a list of paths, one per line or each followed by NUL.
    pub(super) fn list(&mut self, mut list: impl Read, null: bool) -> Result<(), Failure> {
        let unreadable = |error: &dyn std::fmt::Display| {
            Failure::input("stdin", "a list of paths in UTF-8, one a line", error.to_string())
        };
        let mut bytes = Vec::new();
        list.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if !null && bytes.starts_with(b"\xff\xfe") {
            return Err(unreadable(&"UTF-16, as some shells write it"));
        }
        if !null && bytes.contains(&0) {
            return Err(unreadable(&"a NUL; --null reads what `find -print0` writes"));
        }
        // A byte order mark at the start of a text is not part of the first path.
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).filter(|_| !null).unwrap_or(&bytes);
        let mut any = false;
        for line in text.split(|byte| *byte == if null { 0 } else { b'\n' }) {
            let line = if null { line } else { line.strip_suffix(b"\r").unwrap_or(line) };
            if !line.is_empty() {
                any = true;
                self.path(Path::new(&os_string(line).map_err(|error| unreadable(&error))?));
            }
        }
        if !any {
            return Err(unreadable(&"no path"));
        }
        Ok(())
    }

    fn glob(&mut self, path: &Path, text: &str) {
        let mut matches = match pattern::matches(text) {
            Ok(matches) => matches,
            Err(error) => {
                return self.nothing(path, "a file, or a pattern that can be read", error.msg.to_owned());
            }
        };
        if matches.paths.is_empty() && matches.unreadable.is_empty() {
            return self.nothing(path, "a pattern that matches a file", "one that matches none".to_owned());
        }
        for (directory, error) in &matches.unreadable {
            self.unreadable(directory, named(directory, error));
        }
        matches
            .paths
            .sort_by(|one, other| natural_order::compare(&one.to_string_lossy(), &other.to_string_lossy()));
        matches.paths.iter().for_each(|path| self.path(path));
    }

    /// Adds a file, or the files of a directory.
    fn path(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        let left_out = self.left_out.count();
        if !self.directory(path) {
            let others = self.left_out.count() - left_out;
            self.nothing(
                path,
                "a file, or a directory with files of a media format",
                format!("a directory with none, and {others} others"),
            );
        }
    }

    /// Adds the media files of a directory and its subdirectories, without hidden ones. Links are not
    /// followed: their targets are found at their own places, or are not part of the directory. Returns
    /// whether there was anything.
    fn directory(&mut self, directory: &Path) -> bool {
        let entries = fs::read_dir(directory).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(directory, named(directory, &error));
                return true;
            }
        };
        let mut any = false;
        entries.sort_by(|one, other| {
            natural_order::compare(&one.file_name().to_string_lossy(), &other.file_name().to_string_lossy())
        });
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => any |= self.directory(&path),
                Ok(kind) if kind.is_file() && is_media_file(self.provider, &name) => {
                    self.file(&path);
                    any = true;
                }
                Ok(kind) => self.left_out.add(kind, &name),
                Err(error) => {
                    self.unreadable(&path, named(&path, &error));
                    any = true;
                }
            }
        }
        any
    }

    fn file(&mut self, path: &Path) {
        let identity = identity(path);
        if self.seen.insert(identity.clone()) {
            let bytes = LocalFile::open(path).map(|file| file.length()).map_err(local);
            self.found.push(Found { path: path.to_owned(), identity, bytes });
        }
    }

    fn unreadable(&mut self, path: &Path, error: io::Error) {
        self.found.push(Found { path: path.to_owned(), identity: identity(path), bytes: Err(local(error)) });
    }

    fn nothing(&mut self, path: &Path, rule: &'static str, actual: String) {
        let error = Error::invalid(Violation::new("PATH", Rule::Other(rule), actual));
        self.found.push(Found { path: path.to_owned(), identity: identity(path), bytes: Err(error) });
    }
}

/// An error on this machine, not of the provider.
pub(super) fn local(error: io::Error) -> Error {
    Error::transport("upload", Effect::Read, Fault::caused(FaultKind::Source, false, error), 1)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// One path for all names of a file, including links.
pub(super) fn identity(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// The absolute path of a file: directories are resolved, but its own name is kept even if it is a link.
pub(crate) fn place(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (absolute.parent().and_then(|parent| parent.canonicalize().ok()), absolute.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => absolute,
    }
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> Result<OsString, std::convert::Infallible> {
    Ok(std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec()))
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> Result<OsString, std::str::Utf8Error> {
    std::str::from_utf8(bytes).map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with these files, of one byte each.
    fn tree(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        directory
    }

    /// The found names below `root`; those that cannot be uploaded are marked with `!`.
    fn names(files: Files, root: &Path) -> (Vec<String>, String) {
        let (found, left_out) = files.into_found();
        let name = |found: &Found| {
            let path =
                found.path.strip_prefix(root).unwrap_or(&found.path).to_string_lossy().replace('\\', "/");
            if found.bytes.is_ok() { path } else { format!("!{path}") }
        };
        let left_out = if left_out.count() > 0 { left_out.to_text() } else { String::new() };
        (found.iter().map(name).collect(), left_out.split(" left out of").next().unwrap().to_owned())
    }

    #[test]
    fn directories_in_natural_order_without_what_is_no_media() {
        let root = tree(&[
            "10.mp4",
            "2.MOV",
            "notes.txt",
            ".hidden.mp4",
            "part 2/1.mp4",
            "part 10/.git/1.mp4",
            "part 10/a.flv",
            "1.mkv",
            "empty/readme",
        ]);
        let at = |provider, path: &str| {
            let mut files = Files::new(provider);
            files.argument(&root.path().join(path));
            names(files, root.path())
        };
        let all = ["2.MOV", "10.mp4", "part 2/1.mp4", "part 10/a.flv"].map(str::to_owned).to_vec();
        assert_eq!(at(Provider::Polyv, ""), (all, "1 without extension, 1 .mkv, 1 .txt were".to_owned()));
        assert_eq!(at(Provider::QingCloud, "").0[0], "1.mkv");
        assert_eq!(
            at(Provider::Polyv, "empty"),
            (vec!["!empty".to_owned()], "1 without extension was".to_owned())
        );
        assert_eq!(
            at(Provider::Polyv, "notes.txt"),
            (vec!["notes.txt".to_owned()], String::new()),
            "what is named is taken"
        );
        assert_eq!(
            at(Provider::Polyv, "part*"),
            (vec!["part 2/1.mp4".to_owned(), "part 10/a.flv".to_owned()], String::new())
        );
        assert_eq!(
            at(Provider::Polyv, "*.m*"),
            (["1.mkv", "10.mp4"].map(str::to_owned).to_vec(), String::new())
        );
        assert_eq!(at(Provider::Polyv, "**/1.mp4"), (vec!["part 2/1.mp4".to_owned()], String::new()));
        assert_eq!(at(Provider::Polyv, "*.avi"), (vec!["!*.avi".to_owned()], String::new()));
        assert_eq!(at(Provider::Polyv, "a[.mp4"), (vec!["!a[.mp4".to_owned()], String::new()));
        assert_eq!(at(Provider::Polyv, "none.mp4"), (vec!["!none.mp4".to_owned()], String::new()));
    }

    #[test]
    fn a_file_is_found_once_whatever_it_is_called() {
        let root = tree(&["a.mp4", "b/c.mp4", "[1].mp4"]);
        let mut files = Files::new(Provider::Polyv);
        for path in ["b/../a.mp4", "a.mp4", "", "b", "[1].mp4", "none", "none"] {
            files.argument(&root.path().join(path));
        }
        assert_eq!(names(files, root.path()).0, ["b/../a.mp4", "[1].mp4", "b/c.mp4", "!none"]);
        assert_eq!(place(&root.path().join("b/../a.mp4")), place(&root.path().join("a.mp4")));
    }

    #[cfg(unix)]
    #[test]
    fn links_of_directories_are_not_followed_and_named_ones_are() {
        let (root, other) = (tree(&["a.mp4"]), tree(&["out.mp4"]));
        for (link, to) in
            [("around", root.path()), ("out", other.path()), ("out.mp4", &other.path().join("out.mp4"))]
        {
            std::os::unix::fs::symlink(to, root.path().join(link)).unwrap();
        }
        let mut files = Files::new(Provider::Polyv);
        files.argument(root.path());
        assert_eq!(names(files, root.path()), (vec!["a.mp4".to_owned()], "3 links were".to_owned()));
        let mut files = Files::new(Provider::Polyv);
        files.argument(&root.path().join("out.mp4"));
        assert_eq!(names(files, root.path()).0, ["out.mp4"]);
        assert_eq!(place(&root.path().join("out.mp4")).file_name().unwrap(), "out.mp4");
    }

    #[test]
    fn lists_of_paths() {
        let root = tree(&["a.mp4", "b.mp4", "*.mp4"]);
        let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        for (list, null) in [
            (format!("{}\r\n\n{}", at("b.mp4"), at("a.mp4")), false),
            (format!("{}\0{}\0", at("b.mp4"), at("a.mp4")), true),
        ] {
            let mut files = Files::new(Provider::Polyv);
            files.list(list.as_bytes(), null).unwrap();
            assert_eq!(names(files, root.path()).0, ["b.mp4", "a.mp4"]);
        }
        // A line is a path, not a pattern.
        let mut files = Files::new(Provider::Polyv);
        files.list(format!("{}\n{}", at("*.mp4"), at("?.mp4")).as_bytes(), false).unwrap();
        assert_eq!(names(files, root.path()).0, ["*.mp4", "!?.mp4"]);
        let mut files = Files::new(Provider::Polyv);
        files.list(format!("\u{feff}{}\r\n", at("a.mp4")).as_bytes(), false).unwrap();
        assert_eq!(names(files, root.path()).0, ["a.mp4"]);
        for (list, null, expected) in [
            (&b""[..], false, "no path"),
            (b"\n\r\n", false, "no path"),
            (b"\0\0", true, "no path"),
            (b"a.mp4\0b.mp4\0", false, "a NUL; --null reads"),
            (b"\xff\xfea\0", false, "UTF-16"),
        ] {
            let error = Files::new(Provider::Polyv).list(list, null).unwrap_err().to_text();
            assert!(error.contains(expected), "{error}");
        }
    }
}

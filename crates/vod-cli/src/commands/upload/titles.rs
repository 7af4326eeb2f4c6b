//! The list of titles.

use super::composed;
use super::files::{Found, identity};
use crate::failure::Failure;
use crate::output::Printer;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use vod_core::Error;
use vod_core::import::{Encoding, RowError, TitleRow, read_titles};
use vod_core::limits::{Rule, Violation};

/// The largest list, which is read into memory as a whole. Enough for some hundred thousand files.
const LARGEST: u64 = 64 << 20;

/// A row and its line number.
pub(super) type Line = (u64, TitleRow);

/// The list.
#[derive(Debug)]
pub(super) struct Titles {
    path: PathBuf,
    rows: Vec<Line>,
}

impl Titles {
    pub(super) fn read(path: &Path, encoding: Encoding) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
            .map_err(|error| Failure::unreadable(path, &error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(Failure::input(
                path.display().to_string(),
                "a list of at most 64 MiB",
                "a larger file",
            ));
        }
        match read_titles(&bytes, encoding) {
            Ok(rows) => Ok(Self { path: path.to_owned(), rows }),
            Err(faults) => Err(refused(path, faults.iter().flat_map(RowError::located))),
        }
    }

    /// Finds the row of each file: by its path as written, by its path relative to the list, or by its name
    /// if only one file has it; also where only the normal form differs. Rows without a file are an error if
    /// that is `strict`, otherwise they are reported, as files without a row are. Also returns how many rows
    /// found no file.
    pub(super) fn assign(
        self,
        files: &[Found],
        strict: bool,
        printer: Printer,
    ) -> Result<(Vec<Option<Line>>, usize), Failure> {
        let matches = Matches::new(&self.path, files);
        let mut assigned: Vec<Option<Line>> = files.iter().map(|_| None).collect();
        let (mut wrong, mut unused) = (Vec::new(), 0);
        for (line, row) in self.rows {
            match matches.file(&row.file) {
                Ok(file) => match &assigned[file] {
                    None => assigned[file] = Some((line, row)),
                    Some((first, _)) => wrong.push(Violation::new(
                        format!("line {line}: file"),
                        Rule::Other("one row for each file"),
                        format!("{}, which line {first} has too", row.file),
                    )),
                },
                Err(several) if strict => {
                    let rule = Rule::Other(match several {
                        0 => "one of the files that are sent",
                        _ => "the path of one file, as several are called so",
                    });
                    wrong.push(Violation::of_text(format!("line {line}: file"), rule, &row.file));
                }
                Err(several) => {
                    unused += 1;
                    printer.warning(&match several {
                        0 => format!(
                            "{}: line {line}: {} is not among the files",
                            self.path.display(),
                            row.file
                        ),
                        _ => format!(
                            "{}: line {line}: {several} of the files are called {}: name its path",
                            self.path.display(),
                            row.file
                        ),
                    });
                }
            }
        }
        if !wrong.is_empty() {
            return Err(refused(&self.path, wrong.into_iter()));
        }
        for (file, _) in files.iter().zip(&assigned).filter(|(file, row)| file.bytes.is_ok() && row.is_none())
        {
            printer.warning(&format!(
                "{}: not in {}: its title is its name",
                file.path.display(),
                self.path.display()
            ));
        }
        Ok((assigned, unused))
    }
}

/// The errors of a list, with its path.
fn refused(path: &Path, violations: impl Iterator<Item = Violation>) -> Failure {
    let mut violations = violations.map(|mut violation| {
        violation.path = format!("{}: {}", path.display(), violation.path);
        violation
    });
    let first = violations.next().unwrap_or_else(|| {
        Violation::new(path.display().to_string(), Rule::Other("a list of titles"), "none")
    });
    let mut error = Error::invalid(first);
    if let Error::Invalid(invalid) = &mut error {
        invalid.violations.extend(violations);
    }
    Failure::Api(error)
}

/// The files by what a row may call them.
struct Matches<'f> {
    directory: &'f Path,
    by_identity: HashMap<&'f Path, usize>,
    by_name: HashMap<&'f str, Vec<usize>>,
    /// Paths and names in normal form C.
    by_composed: HashMap<String, Vec<usize>>,
}

impl<'f> Matches<'f> {
    fn new(list: &'f Path, files: &'f [Found]) -> Self {
        let by_identity =
            files.iter().enumerate().map(|(index, file)| (file.identity.as_path(), index)).collect();
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_composed: HashMap<_, Vec<_>> = HashMap::new();
        for (index, file) in files.iter().enumerate() {
            if let Some(name) = file.path.file_name().and_then(|name| name.to_str()) {
                by_name.entry(name).or_default().push(index);
                by_composed.entry(composed(name).into_owned()).or_default().push(index);
            }
            if let Some(path) = file.identity.to_str() {
                by_composed.entry(composed(path).into_owned()).or_default().push(index);
            }
        }
        let directory = list.parent().unwrap_or_else(|| Path::new(""));
        Self { directory, by_identity, by_name, by_composed }
    }

    /// The file that a row means, or how many it could mean.
    fn file(&self, called: &str) -> Result<usize, usize> {
        let by_path = |path: &Path| self.by_identity.get(identity(path).as_path()).copied();
        if let Some(file) = by_path(Path::new(called)).or_else(|| by_path(&self.directory.join(called))) {
            return Ok(file);
        }
        let of_name = self.by_name.get(called).map_or(&[][..], Vec::as_slice);
        let of_composed = |called: &str| self.by_composed.get(composed(called).as_ref());
        let path = identity(&self.directory.join(called));
        let others = || of_composed(called).or_else(|| of_composed(path.to_str()?));
        match of_name {
            [] => match others().map_or(&[][..], Vec::as_slice) {
                [file] => Ok(*file),
                several => Err(several.len()),
            },
            [file] => Ok(*file),
            several => Err(several.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::upload::files::Files;
    use vod_core::operation::Provider;

    #[test]
    fn rows_find_their_files() {
        let root = tempfile::tempdir().unwrap();
        for name in ["one/a.mp4", "two/a.mp4", "two/b.mp4", "c.mp4"] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let assign_all = |rows: &str, list: &str, strict: bool| {
            let list = root.path().join(list);
            std::fs::write(&list, format!("file,title\n{rows}")).unwrap();
            let mut files = Files::new(Provider::Polyv);
            files.argument(root.path());
            let (found, _) = files.into_found();
            let titles = Titles::read(&list, Encoding::Auto)?;
            let (rows, _) = titles.assign(&found, strict, Printer::new(false))?;
            // In natural order: c, one/a, two/a, two/b.
            Ok::<_, Failure>(
                rows.into_iter().map(|row| row.map(|(line, row)| (line, row.title))).collect::<Vec<_>>(),
            )
        };
        let assign = |rows: &str, list: &str| assign_all(rows, list, false);
        let row = |line: u64, title: &str| Some((line, title.to_owned()));
        let absolute = root.path().join("two/a.mp4");
        let rows = format!("b.mp4,by name\n{},by path\none/../one/a.mp4,from the list\n", absolute.display());
        assert_eq!(
            assign(&rows, "list.csv").unwrap(),
            [None, row(4, "from the list"), row(3, "by path"), row(2, "by name")]
        );
        assert_eq!(
            assign("a.mp4,which?\nd.mp4,none\n../c.mp4,up\n", "two/list.csv").unwrap(),
            [row(4, "up"), None, row(2, "which?"), None]
        );
        assert_eq!(assign("a.mp4,which?\n", "list.csv").unwrap(), [const { None }; 4]);
        let error = assign("c.mp4,one\n./c.mp4,two\nb.mp4,b\n", "list.csv").unwrap_err().to_text();
        assert!(
            error.contains(
                "list.csv: line 3: file: expected one row for each file, got ./c.mp4, which line 2 has too"
            ),
            "{error}"
        );
        let error = assign_all("c.mp4,c\nd.mp4,d\na.mp4,which?\n", "list.csv", true).unwrap_err().to_text();
        assert!(
            error.contains("line 3: file: expected one of the files that are sent, got \"d.mp4\"")
                && error.contains("line 4: file: expected the path of one file"),
            "{error}"
        );
        let error = assign("c.mp4,\n,x\n", "list.csv").unwrap_err().to_text();
        assert!(
            error.contains("line 2: title: expected more than white space, got \"\"")
                && error.contains("line 3: file: expected more than white space"),
            "{error}"
        );
    }
    #[test]
    fn names_are_equal_in_normal_form_c() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("Cre\u{300}me.mp4");
        std::fs::write(&path, "x").unwrap();
        for called in ["Cr\u{e8}me.mp4".to_owned(), root.path().join("Cr\u{e8}me.mp4").display().to_string()]
        {
            let list = root.path().join("list.csv");
            std::fs::write(&list, format!("file,title\n{called},Dessert\n")).unwrap();
            let mut files = Files::new(Provider::Polyv);
            files.argument(&path);
            let (found, _) = files.into_found();
            let titles = Titles::read(&list, Encoding::Auto).unwrap();
            let (rows, unused) = titles.assign(&found, true, Printer::new(false)).unwrap();
            assert_eq!((rows[0].as_ref().map(|(line, _)| *line), unused), (Some(2), 0), "{called}");
        }
    }
}

//! The floors of vod-core: which room may name which, and no circles of files.

use crate::{Outcome, root};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each room of vod-core, from the ground up, and the rooms that its files may name besides their own.
///
/// A room is a folder or a file directly under `src`. ARCHITECTURE.md says what each is for.
const ROOMS: &[(&str, &[&str])] = &[
    // Ground.
    ("time", &[]),
    ("secret", &[]),
    // Facts: what is documented.
    ("schema", &["time"]),
    ("error", &["schema"]),
    // Engine: how it travels.
    ("accounts", &["error", "schema", "secret"]),
    ("wire", &["accounts", "error", "schema", "secret", "time"]),
    ("operation", &["accounts", "error", "schema", "time", "wire"]),
    ("call", &["accounts", "error", "schema", "time", "wire"]),
    ("callback", &["error", "schema", "secret", "time", "wire"]),
    // Areas: what there is.
    ("polyv", &["accounts", "callback", "error", "operation", "schema", "secret", "time", "wire"]),
    ("qingcloud", &["accounts", "callback", "error", "operation", "schema", "secret", "time", "wire"]),
    // Flows: what is done with it.
    ("catalog", &["operation", "polyv", "qingcloud", "schema", "wire"]),
    ("relay", &["call", "schema", "time"]),
    ("import", &["call", "error", "operation", "polyv", "schema", "time"]),
    (
        "upload",
        &["accounts", "call", "error", "operation", "polyv", "qingcloud", "schema", "secret", "time", "wire"],
    ),
];

/// The most files that may name each other in a circle.
const LARGEST_CIRCLE: usize = 4;

pub(crate) fn run() -> Outcome {
    let house = House::read(&root().join("crates/vod-core/src"))?;
    let mut faults = house.wrong_names();
    faults.extend(house.circles());
    faults.extend(unwritten()?);
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// Rooms that ARCHITECTURE.md does not show with what they may name.
fn unwritten() -> Result<Vec<String>, String> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md"))
        .map_err(|error| format!("ARCHITECTURE.md: {error}"))?;
    let row = |(room, allowed): &(&str, &[&str])| {
        let allowed: Vec<_> = allowed.iter().map(|room| format!("`{room}`")).collect();
        let (begin, end) =
            (format!("| `{room}` | "), format!(" | {} |", allowed.join(", ")).replace("|  |", "| |"));
        let is_there = page.lines().any(|line| line.starts_with(&begin) && line.ends_with(&end));
        (!is_there)
            .then(|| format!("ARCHITECTURE.md: expected a row `{begin}…{end}`, as in xtask/src/rooms.rs"))
    };
    Ok(ROOMS.iter().filter_map(row).collect())
}

/// A module path below the crate: `["wire", "polyv", "sign"]`.
type Module = Vec<String>;

/// A path named in a file, and the module in which it is named.
struct Named {
    module: Module,
    path: Vec<String>,
}

/// A file and the paths that it names.
#[derive(Default)]
struct File {
    shown: String,
    named: Vec<Named>,
}

/// The files of the crate by module, and the names that each module imports.
#[derive(Default)]
struct House {
    files: BTreeMap<Module, File>,
    brought: BTreeMap<(Module, String), Vec<String>>,
}

impl House {
    fn read(source: &Path) -> Result<Self, String> {
        let mut house = Self::default();
        house.folder(source, &Vec::new())?;
        Ok(house)
    }

    fn folder(&mut self, folder: &Path, module: &Module) -> Outcome {
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else {
                continue;
            };
            let below = || module.iter().cloned().chain([stem.clone()]).collect::<Module>();
            if path.is_dir() {
                self.folder(&path, &below())?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let own = if stem == "mod" || (module.is_empty() && stem == "lib") {
                    module.clone()
                } else {
                    below()
                };
                let text = fs::read_to_string(&path).map_err(failed)?;
                let tokens: TokenStream =
                    text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
                let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
                self.files.insert(own.clone(), File { shown, named: Vec::new() });
                self.scan(&tokens.into_iter().collect::<Vec<_>>(), &own, &own);
            }
        }
        Ok(())
    }

    /// Collects the paths that begin with `crate`, `self` or `super`. Comments are not tokens, and links in
    /// docs may point anywhere.
    fn scan(&mut self, tokens: &[TokenTree], file: &Module, module: &Module) {
        let mut at = 0;
        while at < tokens.len() {
            if word(&tokens[at]).as_deref() == Some("mod")
                && let (Some(name), Some(TokenTree::Group(body))) =
                    (tokens.get(at + 1).and_then(word), tokens.get(at + 2))
            {
                let inner = module.iter().cloned().chain([name]).collect();
                self.scan(&body.stream().into_iter().collect::<Vec<_>>(), file, &inner);
                at += 3;
                continue;
            }
            if word(&tokens[at]).as_deref() == Some("use") {
                let end = tokens[at..]
                    .iter()
                    .position(|token| is(token, ';'))
                    .map_or(tokens.len(), |length| at + length);
                let mut leaves = Vec::new();
                tree(&tokens[at + 1..end], &Vec::new(), &mut leaves);
                for (path, name) in leaves {
                    self.brought.insert((module.clone(), name), path.clone());
                    self.name(file, module, path);
                }
                at = end;
                continue;
            }
            let follows = at > 0 && is(&tokens[at - 1], ':');
            match (&tokens[at], word(&tokens[at]).as_deref()) {
                (TokenTree::Group(group), _) => {
                    self.scan(&group.stream().into_iter().collect::<Vec<_>>(), file, module);
                }
                (_, Some("crate" | "self" | "super" | "vod_core")) if !follows => {
                    let path = path(&tokens[at..]);
                    if path.len() > 1 {
                        self.name(file, module, path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn name(&mut self, file: &Module, module: &Module, path: Vec<String>) {
        if let Some(file) = self.files.get_mut(file) {
            file.named.push(Named { module: module.clone(), path });
        }
    }

    /// The file that a path refers to, resolving imports; `None` for another crate.
    fn target(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let mut here: Module = match path.first()?.as_str() {
            "crate" | "vod_core" => Vec::new(),
            "self" | "super" => module.clone(),
            // A name that the module declares or imports.
            first
                if depth > 0
                    && (self.knows(module, first)
                        || self.brought.contains_key(&(module.clone(), first.to_owned()))) =>
            {
                module.clone()
            }
            _ => return None,
        };
        let mut rest = path
            .iter()
            .skip(usize::from(matches!(path[0].as_str(), "crate" | "self" | "vod_core")))
            .peekable();
        while rest.next_if(|segment| *segment == "super").is_some() {
            here.pop();
        }
        while let Some(segment) = rest.next() {
            if self.knows(&here, segment) {
                here.push(segment.clone());
                continue;
            }
            let brought = self.brought.get(&(here.clone(), segment.clone())).filter(|_| depth < 8);
            if let Some(brought) = brought {
                let whole: Vec<_> = brought.iter().chain(rest).cloned().collect();
                return self.target(&here, &whole, depth + 1).or(Some(self.file_of(here)));
            }
            break;
        }
        Some(self.file_of(here))
    }

    fn knows(&self, module: &Module, name: &str) -> bool {
        self.files.contains_key(&module.iter().cloned().chain([name.to_owned()]).collect::<Module>())
    }

    /// The file of a module: its own, or that of the nearest enclosing module.
    fn file_of(&self, mut module: Module) -> Module {
        while !self.files.contains_key(&module) {
            module.pop();
        }
        module
    }

    /// Named rooms that are not in a room's list.
    fn wrong_names(&self) -> Vec<String> {
        let mut faults = BTreeSet::new();
        for (module, file) in &self.files {
            // The crate root names them all.
            let Some(room) = module.first() else { continue };
            let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
                faults.insert(format!(
                    "{}: room `{room}` is not in the table of rooms (xtask/src/rooms.rs)",
                    file.shown
                ));
                continue;
            };
            for named in &file.named {
                let Some(target) = self.target(&named.module, &named.path, 0) else { continue };
                if let Some(other) = target.first()
                    && other != room
                    && !allowed.contains(&other.as_str())
                {
                    faults.insert(format!(
                        "{}: `{}` refers to room `{other}`, which `{room}` must not name",
                        file.shown,
                        named.path.join("::")
                    ));
                }
            }
        }
        faults.into_iter().collect()
    }

    /// Circles of files that are too large.
    fn circles(&self) -> Vec<String> {
        let arrows: BTreeMap<&Module, BTreeSet<Module>> = self
            .files
            .iter()
            .filter(|(module, _)| !module.is_empty())
            .map(|(module, file)| {
                let targets =
                    file.named.iter().filter_map(|named| self.target(&named.module, &named.path, 0));
                (module, targets.filter(|target| target != module && !target.is_empty()).collect())
            })
            .collect();
        let reach = |from: &Module| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(next) = open.pop() {
                for target in arrows.get(&next).into_iter().flatten() {
                    if seen.insert(target.clone()) {
                        open.push(target.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Module, BTreeSet<Module>> =
            arrows.keys().map(|module| (*module, reach(module))).collect();
        let mut faults = BTreeSet::new();
        for (module, far) in &reached {
            let circle: Vec<_> = far
                .iter()
                .filter(|other| reached.get(other).is_some_and(|back| back.contains(*module)))
                .collect();
            if circle.len() > LARGEST_CIRCLE {
                let names: Vec<_> = circle.iter().map(|module| module.join("/")).collect();
                faults.insert(format!(
                    "{} files name each other in a circle, at most {LARGEST_CIRCLE}: {}",
                    circle.len(),
                    names.join(", ")
                ));
            }
        }
        faults.into_iter().collect()
    }
}

fn word(token: &TokenTree) -> Option<String> {
    if let TokenTree::Ident(ident) = token { Some(ident.to_string()) } else { None }
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// The segments of the path at the start of these tokens.
fn path(tokens: &[TokenTree]) -> Vec<String> {
    let mut segments = Vec::new();
    let mut at = 0;
    while let Some(segment) = tokens.get(at).and_then(word) {
        segments.push(segment);
        if !(tokens.get(at + 1).is_some_and(|token| is(token, ':'))
            && tokens.get(at + 2).is_some_and(|token| is(token, ':')))
        {
            break;
        }
        at += 3;
    }
    segments
}

/// The leaves of a `use` tree: each path, and the name under which it is imported.
fn tree(tokens: &[TokenTree], before: &[String], leaves: &mut Vec<(Vec<String>, String)>) {
    for branch in tokens.split(|token| is(token, ',')) {
        let mut whole = before.to_vec();
        let mut alias = None;
        let mut renamed = false;
        let mut group = false;
        for token in branch {
            match token {
                TokenTree::Ident(ident) if ident == "as" => renamed = true,
                TokenTree::Ident(ident) if renamed => alias = Some(ident.to_string()),
                TokenTree::Ident(ident) => whole.push(ident.to_string()),
                TokenTree::Group(inner) if inner.delimiter() == Delimiter::Brace => {
                    tree(&inner.stream().into_iter().collect::<Vec<_>>(), &whole, leaves);
                    group = true;
                }
                _ => {}
            }
        }
        if whole.len() > before.len() && !group {
            if whole.len() > 1 && whole.last().is_some_and(|last| last == "self") {
                whole.pop();
            }
            if let Some(name) = alias.or_else(|| whole.last().cloned()) {
                leaves.push((whole, name));
            }
        }
    }
}

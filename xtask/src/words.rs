//! Words and phrases that readers stumble over: `tidy` keeps them out of comments, texts and pages.

/// Each habit, with a dot in it so that this file does not contain it.
const HABITS: &[&str] = &[
    "a·new",
    "and el·se",
    "are to·ld",
    "as go·od as",
    "be·en told",
    "be i·t",
    "but f·or",
    "came ab·out",
    "come ab·out",
    "comes ab·out",
    "could el·se",
    "go on wi·th",
    "goes on wi·th",
    "gone on wi·th",
    "hand o·n",
    "handed o·n",
    "hands o·n",
    "held agai·nst",
    "hold agai·nst",
    "holds agai·nst",
    "inside o·f",
    "is to·ld",
    "of bef·ore",
    "or el·se",
    "outside o·f",
    "reck·on",
    "reck·oned",
    "reck·ons",
    "was to·ld",
    "were to·ld",
    "what bec·ame of",
    "who·ever",
    "would el·se",
];

/// The habits in the comments and strings of Rust source, as `line: phrase`.
pub(crate) fn in_rust(source: &str) -> Vec<String> {
    prose(source).iter().flat_map(|(line, text)| found(*line, text)).collect()
}

/// The habits in a page of Markdown, as `line: phrase`. Blocks of code are skipped.
pub(crate) fn in_markdown(source: &str) -> Vec<String> {
    let mut code = false;
    let mut paragraphs = vec![(1, String::new())];
    for (number, line) in (1..).zip(source.lines()) {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        if code || fence || line.trim().is_empty() {
            paragraphs.push((number + 1, String::new()));
        } else if let Some((_, text)) = paragraphs.last_mut() {
            text.push_str(line);
            text.push(' ');
        }
    }
    paragraphs.iter().flat_map(|(line, text)| found(*line, text)).collect()
}

/// The habits in a text that starts in this line.
fn found(line: usize, text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && !"'’,;:.`_".contains(c));
    let text =
        format!(" {} ", words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let habits = HABITS.iter().map(|habit| habit.replace('·', ""));
    let habits = habits.filter(|habit| {
        text.match_indices(habit.as_str())
            .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + habit.len()..].starts_with(is_word))
    });
    habits.map(|habit| format!("{line}: “{habit}” is hard to read")).collect()
}

/// The comments and strings of Rust source, each with the line in which it starts. The lines of a comment
/// belong together.
fn prose(source: &str) -> Vec<(usize, String)> {
    let mut pieces: Vec<(usize, String)> = Vec::new();
    let mut comment_ends = 0;
    let (mut rest, mut line) = (source, 1);
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            let text = rest.lines().next().unwrap_or_default();
            let words = text.trim_start_matches(['/', '!']);
            match pieces.last_mut() {
                Some((_, joined)) if comment_ends + 1 == line && !words.trim().is_empty() => {
                    joined.push(' ');
                    joined.push_str(words);
                }
                _ => pieces.push((line, words.to_owned())),
            }
            comment_ends = line;
            text.len()
        } else if let Some(length) = string(rest, before) {
            pieces.push((line, rest[..length].replace("\\\n", " ")));
            length
        } else {
            character(rest).unwrap_or(first.len_utf8())
        };
        line += rest[..taken].matches('\n').count();
        before = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    pieces
}

/// The length of the string at the start of `rest`, if there is one.
fn string(rest: &str, before: char) -> Option<usize> {
    if let Some(inner) = rest.strip_prefix('"') {
        let mut escaped = false;
        let end = inner.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        return Some(end.map_or(rest.len(), |end| end + 2));
    }
    let hashed =
        rest.strip_prefix('r').filter(|_| before == 'b' || !(before.is_alphanumeric() || before == '_'))?;
    let hashes = hashed.len() - hashed.trim_start_matches('#').len();
    let inner = hashed[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(inner.find(&close).map_or(rest.len(), |end| 1 + hashes + 1 + end + close.len()))
}

/// The length of the character literal at the start of `rest`; lifetimes are none.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let first = inner.chars().next()?;
    if first == '\\' {
        return inner[2..].find('\'').map(|end| end + 4);
    }
    inner[first.len_utf8()..].starts_with('\'').then(|| first.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::{in_markdown, in_rust};

    fn habit(text: &str) -> String {
        text.replace('·', "")
    }

    #[test]
    fn comments_and_strings_are_read_but_code_is_not() {
        let source = habit(
            "fn a·new<'a>(c: char) -> bool {\n    c == '\"' // It is begun a·new.\n}\n\n/// Found in·side\n/// of it.\nconst A: &str = \"made \\\n    a·new\";\nconst B: &str = r#\"\"who·ever\"\"#;\n// Renewed.\n",
        );
        let expected = ["2: “a·new”", "5: “inside o·f”", "7: “a·new”", "9: “who·ever”"];
        assert_eq!(in_rust(&source), expected.map(|text| format!("{} is hard to read", habit(text))));
    }

    #[test]
    fn pages_are_read_without_their_code() {
        let page = habit("# Page\n\nBegun\na·new.\n\n```rust\na·new\n```\n");
        assert_eq!(in_markdown(&page), [format!("3: “{}” is hard to read", habit("a·new"))]);
    }
}

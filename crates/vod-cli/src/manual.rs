//! An operation's manual page, printed by `vod call ID --help`: generated from the tables that requests are
//! checked and answers are read by.

use console::{Term, measure_text_width, style};
use std::io::IsTerminal as _;
use vod_core::OperationInfo;
use vod_core::catalog::{plain, title};
use vod_core::field::{Choices, Field, Kind, Layout, TimeForm};

/// The page, as wide as the terminal if stdout is one.
pub(crate) fn page(info: &OperationInfo, command: &str) -> String {
    let width = if std::io::stdout().is_terminal() { usize::from(Term::stdout().size().1) } else { WIDEST };
    Page::new(info, width.clamp(NARROWEST, WIDEST)).operation(command)
}

/// Longer lines are hard to read.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;
/// How deep nested objects are shown.
const DEEPEST: usize = 4;

/// A page being written.
struct Page<'i> {
    info: &'i OperationInfo,
    text: String,
    width: usize,
    /// The objects being described: a nested object of the same kind is not described again.
    inside: Vec<&'static str>,
    /// The value lists already shown, and the field that each was shown for.
    listed: Vec<(&'static Choices, &'static str)>,
}

impl<'i> Page<'i> {
    const fn new(info: &'i OperationInfo, width: usize) -> Self {
        Self { info, text: String::new(), width, inside: Vec::new(), listed: Vec::new() }
    }

    fn operation(mut self, command: &str) -> String {
        let info = self.info;
        self.line(0, &format!("{}: {}", style(info.id).bold(), title(info)));
        if let Some(newer) = info.superseded_by {
            self.line(0, &format!("An old call: use {newer}, which does the same."));
        }
        let doc = plain(info.doc, info.fields, info);
        let more = doc
            .strip_prefix(&plain(info.title(), info.fields, info))
            .unwrap_or(&doc)
            .trim_start_matches('.')
            .trim_start();
        if !more.is_empty() {
            self.gap();
            self.paragraphs(0, more);
        }

        self.heading("Usage");
        let required = info
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| format!("{}{}", field.wire, example(field)));
        let words = ["vod", command, info.id].map(str::to_owned).into_iter().chain(required);
        let optional = info.fields.iter().any(|field| !field.required).then(|| "[NAME=VALUE]…".to_owned());
        self.line(2, &words.chain(optional).collect::<Vec<_>>().join(" "));

        self.heading("Fields");
        if info.fields.is_empty() {
            self.line(2, "None.");
        }
        for field in info.fields {
            self.field(2, field, info.fields);
        }

        self.heading("What comes back");
        self.output(info.output);

        if !info.errors.is_empty() {
            self.heading("Refusals, besides those common to all calls");
            for known in info.errors {
                self.hanging(
                    2,
                    &format!("{}  ", known.code),
                    &format!("{} ({})", known.message, known.reason.words()),
                );
            }
        }

        self.heading("The call");
        self.line(2, &format!("{} https://{}{}", info.method.name(), info.host(), info.path));
        self.line(2, &format!("Fields are sent {}; {}.", info.encoding.words(), info.auth.words()));
        if let Some(name) = info.account {
            self.line(
                2,
                &format!("The account's id is sent as the field `{name}`, filled in automatically."),
            );
        }
        self.line(2, info.effect.words());
        if let Some(alias) = info.alias {
            self.line(2, &format!("Also found as {alias}."));
        }
        self.line(2, &format!("Reference: {}", info.reference));
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    fn field(&mut self, indent: usize, field: &'static Field, siblings: &[Field]) {
        let mut facts = vec![kind(field)];
        if field.required {
            facts.push("required".to_owned());
        }
        facts.extend(field.rules.iter().map(ToString::to_string));
        self.hanging(indent, &format!("{}  ", style(field.wire).bold()), &facts.join(", "));
        self.paragraphs(indent + 4, &plain(field.doc, siblings, self.info));
        self.values(indent + 4, field.wire, &field.kind);
        if let Some(record) = field.kind.record() {
            self.nested(record.name, |page| {
                for inner in record.fields() {
                    page.field(indent + 4, inner, record.fields());
                }
            });
        }
    }

    /// The meanings of a choice's values; shown once if several fields have the same.
    fn values(&mut self, indent: usize, wire: &'static str, kind: &Kind) {
        let Some(choices) = kind.choices() else { return };
        if let Some((_, first)) = self.listed.iter().find(|(known, _)| *known == choices) {
            self.line(indent, &format!("The values are those of `{first}` above."));
            return;
        }
        self.listed.push((choices, wire));
        // Successive values with the same meaning share one line.
        let groups = || choices.values.chunk_by(|(_, one), (_, other)| one == other);
        let names =
            |group: &[(&str, &str)]| group.iter().map(|(wire, _)| *wire).collect::<Vec<_>>().join(", ");
        let widest = groups().map(|group| measure_text_width(&names(group))).max().unwrap_or(0);
        for group in groups() {
            self.hanging(
                indent,
                &format!("{}  ", padded(&names(group), widest)),
                &plain(group[0].1, &[], self.info),
            );
        }
    }

    fn output(&mut self, output: &Kind) {
        match output {
            Kind::Nothing => self.line(2, "Nothing but success."),
            Kind::Json => self.line(2, "JSON as the provider sends it: not described by the reference."),
            Kind::File => self.line(2, "A file, written to stdout unchanged."),
            Kind::Record(record) => self.members(2, record.fields()),
            Kind::List(inner) => {
                self.line(2, &format!("{}.", capitalised(&received(output))));
                match inner.record() {
                    Some(record) => self.members(4, record.fields()),
                    None => self.values(4, "", output),
                }
            }
            _ => {
                self.line(2, &format!("{}.", capitalised(&received(output))));
                self.values(4, "", output);
            }
        }
    }

    /// The members of an object in the output.
    fn members(&mut self, indent: usize, fields: &'static [Field]) {
        let widest = fields.iter().map(|field| measure_text_width(field.wire)).max().unwrap_or(0);
        for field in fields {
            let name = style(padded(field.wire, widest)).bold().to_string();
            self.hanging(
                indent,
                &format!("{name}  "),
                &format!("{} ({})", plain(field.doc, fields, self.info), received(&field.kind)),
            );
            self.values(indent + 4, field.wire, &field.kind);
            if let Some(record) = field.kind.record() {
                self.nested(record.name, |page| page.members(indent + 4, record.fields()));
            }
        }
    }

    /// Describes nested objects, unless that would never end.
    fn nested(&mut self, name: &'static str, describe: impl FnOnce(&mut Self)) {
        if self.inside.len() < DEEPEST && !self.inside.contains(&name) {
            self.inside.push(name);
            describe(self);
            self.inside.pop();
        }
    }

    // ---- lines

    fn gap(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        self.text += "\n\n";
    }

    fn heading(&mut self, text: &str) {
        self.gap();
        self.line(0, &style(format!("{text}:")).bold().underlined().to_string());
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.hanging(indent, "", text);
    }

    /// Markdown: the lines of a paragraph are joined; lists and tables stay line by line.
    fn paragraphs(&mut self, indent: usize, text: &str) {
        for (number, paragraph) in
            text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).enumerate()
        {
            if number > 0 {
                self.gap();
            }
            let mut joined = String::new();
            for line in paragraph.lines() {
                if line.starts_with(['|', '-', '*']) && !joined.is_empty() {
                    self.line(indent, &std::mem::take(&mut joined));
                }
                if !joined.is_empty() {
                    joined.push(' ');
                }
                joined += line.trim();
            }
            self.line(indent, &joined);
        }
    }

    /// Text wrapped to the right of `first`.
    fn hanging(&mut self, indent: usize, first: &str, text: &str) {
        let left = (indent + measure_text_width(first)).min(self.width / 2);
        self.text.extend([&" ".repeat(indent), first]);
        let mut at = indent + measure_text_width(first);
        for (number, word) in text.split_whitespace().enumerate() {
            let width = measure_text_width(word);
            if number > 0 && at + 1 + width > self.width {
                self.text.push('\n');
                self.text += &" ".repeat(left);
                at = left;
            } else if number > 0 {
                self.text.push(' ');
                at += 1;
            }
            self.text += word;
            at += width;
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width - measure_text_width(text))
}

fn capitalised(text: &str) -> String {
    text[..1].to_ascii_uppercase() + &text[1..]
}

/// The example value of a required field in the usage line.
fn example(field: &Field) -> String {
    match &field.kind {
        kind if kind.record().is_some() => ":=JSON".to_owned(),
        Kind::Text | Kind::Secret | Kind::Json => "=TEXT".to_owned(),
        Kind::Integer | Kind::Number => "=NUMBER".to_owned(),
        Kind::Boolean(_) => "=true|false".to_owned(),
        Kind::Time(TimeForm::Day) => "=YYYY-MM-DD".to_owned(),
        Kind::Time(TimeForm::Clock) => "=HH:MM:SS".to_owned(),
        Kind::Time(_) => "=TIME".to_owned(),
        Kind::File => "=PATH".to_owned(),
        Kind::List(_) => "=A,B,…".to_owned(),
        Kind::Choice(choices) => {
            let values = choices.values.iter().map(|(wire, _)| *wire).collect::<Vec<_>>().join("|");
            if measure_text_width(&values) < 24 { format!("={values}") } else { "=VALUE".to_owned() }
        }
        _ => "=VALUE".to_owned(),
    }
}

/// What a field accepts, in words.
fn kind(field: &Field) -> String {
    match &field.kind {
        Kind::List(inner) if inner.record().is_some() => "a JSON list of objects".to_owned(),
        Kind::List(inner) if field.layout == Layout::Json => format!("a JSON list of {}", several(inner)),
        Kind::List(inner) => format!("a list of {}, with commas or the field given again", several(inner)),
        Kind::Record(_) => "a JSON object".to_owned(),
        kind => scalar(kind),
    }
}

fn several(kind: &Kind) -> String {
    match kind {
        Kind::Choice(choices) if choices.open => "these or others".to_owned(),
        Kind::Choice(_) => "these".to_owned(),
        kind => kind.several().map_or_else(|| format!("values, each {}", scalar(kind)), str::to_owned),
    }
}

fn scalar(kind: &Kind) -> String {
    match kind {
        Kind::Secret | Kind::Json => kind.received(),
        Kind::Choice(choices) if choices.open => "one of these or another",
        Kind::Choice(_) => "one of these",
        kind => kind.sent(),
    }
    .to_owned()
}

/// What is returned, in words.
fn received(kind: &Kind) -> String {
    match kind {
        Kind::List(inner) => format!("a list of {}", several(inner)),
        Kind::Choice(_) => scalar(kind),
        kind => kind.received().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::catalog;

    fn shown(id: &str, width: usize) -> String {
        let text = Page::new(catalog::get(id).unwrap().info(), width).operation("call");
        console::strip_ansi_codes(&text).into_owned()
    }

    #[test]
    fn every_page_keeps_to_the_width_and_says_it_all() {
        for info in catalog::all().map(catalog::Entry::info) {
            for width in [NARROWEST, WIDEST] {
                let text = shown(info.id, width);
                assert!(text.starts_with(&format!("{}:", info.id)), "{text}");
                for line in text.lines().filter(|line| measure_text_width(line) > width) {
                    // One word wider than the room for it: a URL, a name after its indent, or a sentence
                    // without spaces.
                    let words = line.split_whitespace().collect::<Vec<_>>();
                    assert!(
                        words.iter().any(|word| measure_text_width(word) + 12 > width / 2),
                        "{}: {line}",
                        info.id
                    );
                }
                for field in info.fields {
                    assert!(text.contains(&format!("\n  {}  ", field.wire)), "{}: {}", info.id, field.wire);
                }
                assert!(
                    !text.contains("```")
                        && !text.contains("[`")
                        && !text.lines().any(|line| line.ends_with(' ')),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn words_wrap_where_they_must() {
        let info = catalog::get("polyv.video.get").unwrap().info();
        let mut page = Page::new(info, 24);
        page.hanging(2, "name  ", "a few words that go on, 一些 中文 too");
        assert_eq!(page.text, "  name  a few words that\n        go on, 一些 中文\n        too\n");
        let mut page = Page::new(info, 40);
        page.paragraphs(2, "One\nline.\n\n* a\n* b");
        assert_eq!(page.text, "  One line.\n\n  * a\n  * b\n");
    }
}

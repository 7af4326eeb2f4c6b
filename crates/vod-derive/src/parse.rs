//! What the macros have in common: doc comments, named fields, `Option`.

use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, GenericArgument, Lit, Meta, PathArguments,
    Type,
};

/// The doc comment as one text with a line for each paragraph, however the source is wrapped. Missing docs
/// are an error: they are shown by the command too.
pub(crate) fn docs(attributes: &[Attribute], span: proc_macro2::Span) -> syn::Result<String> {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned());
        }
    }
    let text = unwrapped(&lines);
    if text.is_empty() {
        return Err(syn::Error::new(
            span,
            "a doc comment is missing: it is shown in the catalogue and in the command's help",
        ));
    }
    Ok(text)
}

/// The lines as Markdown reads them: a line break within a paragraph or a list's item is a space. Code,
/// tables and headings keep theirs.
fn unwrapped(lines: &[String]) -> String {
    let mut text = String::new();
    let mut in_code = false;
    let mut open = false;
    for line in lines {
        let bare = line.trim_start();
        let fence = bare.starts_with("```");
        let item = bare.starts_with("- ") || bare.starts_with("* ");
        let whole = fence || in_code || bare.is_empty() || bare.starts_with(['|', '#', '>']);
        if open && !whole && !item {
            text.push(' ');
            text.push_str(bare);
        } else {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        in_code ^= fence;
        open = !whole;
    }
    text.trim().to_owned()
}

/// The named fields of a struct.
pub(crate) fn named_fields(input: &DeriveInput) -> syn::Result<Vec<&Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => Ok(named.named.iter().collect()),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(unnamed) => Err(syn::Error::new_spanned(unnamed, "fields must have names")),
        },
        Data::Enum(_) | Data::Union(_) => {
            Err(syn::Error::new_spanned(&input.ident, "this derive stands on structs"))
        }
    }
}

/// The `T` of an `Option<T>` or a `Vec<T>`.
pub(crate) fn inside_of<'t>(outer: &str, ty: &'t Type) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != outer {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

/// A field's name without `r#`.
pub(crate) fn plain_name(ident: &syn::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Whether a type is a number or a boolean by name. Those are taken as they are: with `impl Into<i64>` a
/// large literal would be read as an `i32`.
pub(crate) fn is_plain_scalar(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path
        .get_ident()
        .is_some_and(|ident| ["i64", "u32", "u64", "f64", "bool"].iter().any(|name| ident == name))
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    #[test]
    fn docs_are_unwrapped_as_markdown_is() {
        for (lines, expected) in [
            (vec!["One", "two."], "One two."),
            (vec!["", "One.", "", "Two", "three.", ""], "One.\n\nTwo three."),
            (vec!["- one", "  more", "- two", "after"], "- one more\n- two after"),
            (vec!["# Errors", "When", "so."], "# Errors\nWhen so."),
            (vec!["| a |", "| b |", "text"], "| a |\n| b |\ntext"),
            (vec!["so", "```", "let a;", "  let b;", "```", "then"], "so\n```\nlet a;\n  let b;\n```\nthen"),
        ] {
            let lines: Vec<_> = lines.into_iter().map(str::to_owned).collect();
            assert_eq!(unwrapped(&lines), expected, "{lines:?}");
        }
    }
}

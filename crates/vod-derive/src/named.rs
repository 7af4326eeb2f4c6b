//! `crate = "…"`: the path by which a caller knows vod-core.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{DeriveInput, LitStr, Meta, Path};

/// Expands the derive whose attribute is `word`, and has what it wrote name vod-core the caller's way.
pub(crate) fn expand(
    input: &DeriveInput,
    word: &str,
    expand: impl FnOnce(&DeriveInput) -> syn::Result<TokenStream>,
) -> syn::Result<TokenStream> {
    let name = name(input, word)?;
    let written = expand(input)?;
    Ok(name.map_or(written.clone(), |name| renamed(written, &name.into_token_stream())))
}

/// The `crate` of the attribute `word`. An operation's has other words, which it reads itself.
fn name(input: &DeriveInput, word: &str) -> syn::Result<Option<Path>> {
    let mut name = None;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident(word)) {
        let Meta::List(list) = &attribute.meta else { continue };
        let tokens: Vec<_> = list.tokens.clone().into_iter().collect();
        let given = tokens.windows(3).find_map(|three| match three {
            [TokenTree::Ident(key), TokenTree::Punct(equals), TokenTree::Literal(path)]
                if key == "crate" && equals.as_char() == '=' =>
            {
                Some(path.to_token_stream())
            }
            _ => None,
        });
        match given {
            Some(path) => name = Some(syn::parse2::<LitStr>(path)?.parse_with(Path::parse_mod_style)?),
            None if word == "operation" => {}
            None => {
                return Err(syn::Error::new_spanned(
                    attribute,
                    format!("expected `#[{word}(crate = \"…\")]`"),
                ));
            }
        }
    }
    Ok(name)
}

/// The same tokens with `name` in the place of `::vod_core`.
fn renamed(tokens: TokenStream, name: &TokenStream) -> TokenStream {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut written = TokenStream::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at..] {
            [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(ident), ..]
                if one.as_char() == ':' && two.as_char() == ':' && ident == "vod_core" =>
            {
                written.extend(name.clone());
                at += 3;
                continue;
            }
            [TokenTree::Group(group), ..] => {
                let mut inner = Group::new(group.delimiter(), renamed(group.stream(), name));
                inner.set_span(group.span());
                written.extend([TokenTree::Group(inner)]);
            }
            [token, ..] => written.extend([token.clone()]),
            [] => {}
        }
        at += 1;
    }
    written
}

#[cfg(test)]
mod tests {
    use crate::{answer, choice, operation};
    use syn::parse_quote;

    #[test]
    fn nothing_names_vod_core_by_its_own_name() {
        let operation = parse_quote! {
            /// Does something.
            #[operation(crate = "sdk::core", id = "polyv.area.verb", method = Get, path = "/x", encoding = Query,
                        auth = Sha1, effect = Read, output = (), reference = "https://example.com", signed = ["vid"])]
            pub struct DoIt {
                /// The video.
                #[field(max_chars = 3, layout = Json)]
                pub vid: Option<Vec<String>>,
                /// When.
                #[field(time = Beijing)]
                pub at: Timestamp,
            }
        };
        let record = parse_quote! {
            /// A part.
            #[record(crate = "sdk::core")]
            pub struct Part {
                /// Its number.
                #[field(range = 1..=9)]
                pub number: i64,
            }
        };
        let answer = parse_quote! {
            /// An answer.
            #[answer(crate = "sdk::core")]
            pub struct Output {
                /// More.
                #[answer(wire = "Nodes", alias = "nodes")]
                pub nodes: Vec<Output>,
            }
        };
        let choice = parse_quote! {
            /// A word.
            #[choice(crate = "sdk::core")]
            pub enum Word {
                /// Yes.
                #[wire("yes", "y")]
                Yes,
                /// Anything else.
                #[other]
                Other(String),
            }
        };
        for written in [
            super::expand(&operation, "operation", operation::operation),
            super::expand(&record, "record", operation::record),
            super::expand(&answer, "answer", answer::answer),
            super::expand(&choice, "choice", choice::choice),
        ] {
            let written = written.unwrap().to_string();
            assert!(written.contains("sdk :: core ::") && !written.contains("vod_core"), "{written}");
        }
    }
}

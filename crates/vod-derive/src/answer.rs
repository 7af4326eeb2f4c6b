//! `#[derive(Answer)]`: objects that are received.

use crate::parse::{docs, named_fields, plain_name};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Field, LitStr, Type};

pub(crate) fn answer(input: &DeriveInput) -> syn::Result<TokenStream> {
    let name = &input.ident;
    let text = name.to_string();
    let doc = docs(&input.attrs, name.span())?;
    let mut table = Table::default();
    let mut reads = Vec::new();
    for field in named_fields(input)? {
        let ident = field.ident.as_ref().expect("named");
        let doc = docs(&field.attrs, ident.span())?;
        let words = Words::of(field)?;
        let at = table.next();
        if words.flatten {
            let ty = &field.ty;
            table.flatten(ty, &words, &doc);
            reads.push(quote! {
                #ident: <#ty as ::vod_core::answer::FromMembers>::from_members(object, fields.split_at(#at).1)?
            });
        } else {
            table.push(field, &words, &doc)?;
            reads.push(quote!(#ident: object.read(&fields[#at])?));
        }
    }
    let len = table.next();
    let (table, prefix_at) = table.finish();
    Ok(quote! {
        const _: () = {
            #table
            const RECORD: &::vod_core::field::Record = &::vod_core::field::Record { name: #text, doc: #doc, fields: || FIELDS, rows: ::core::option::Option::None };

            #[automatically_derived]
            impl ::vod_core::answer::FromAnswer for #name {
                const KIND: ::vod_core::field::Kind = ::vod_core::field::Kind::Record(RECORD);
                fn from_answer(node: &::vod_core::answer::Node<'_>) -> ::core::result::Result<Self, ::vod_core::answer::Mismatch> {
                    node.object(|object| <Self as ::vod_core::answer::FromMembers>::from_members(object, FIELDS))
                }
            }
            // The message of a wrong type would list whichever answers come first in the alphabet.
            #[diagnostic::do_not_recommend]
            #[automatically_derived]
            impl ::vod_core::answer::FromMembers for #name {
                const FIELDS: &'static [::vod_core::field::Field] = FIELDS;
                const PREFIX_AT: &'static [usize] = #prefix_at;
                fn from_members(object: &::vod_core::answer::Object<'_>, fields: &'static [::vod_core::field::Field]) -> ::core::result::Result<Self, ::vod_core::answer::Mismatch> {
                    // One check of the length in place of one for each field.
                    let fields = fields.split_at(#len).0;
                    ::core::result::Result::Ok(Self { #(#reads),* })
                }
            }
        };
    })
}

/// The words on a field.
#[derive(Default)]
struct Words {
    wire: Option<LitStr>,
    aliases: Vec<LitStr>,
    prefix_after: Option<LitStr>,
    flatten: bool,
    prefix: Option<LitStr>,
}

impl Words {
    fn of(field: &Field) -> syn::Result<Self> {
        let mut words = Self::default();
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("answer")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("wire") {
                    words.wire = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("alias") {
                    words.aliases.push(meta.value()?.parse()?);
                } else if meta.path.is_ident("prefix_after") {
                    words.prefix_after = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("flatten") {
                    words.flatten = true;
                } else if meta.path.is_ident("prefix") {
                    words.prefix = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error(
                        "words for a field of an answer are `wire`, `alias`, `prefix_after`, `flatten` and `prefix`",
                    ));
                }
                Ok(())
            })?;
        }
        let own = words.wire.as_ref().or(words.aliases.first()).or(words.prefix_after.as_ref());
        match (words.flatten, own, &words.prefix) {
            (true, Some(own), _) => {
                Err(syn::Error::new_spanned(own, "a flattened field has no name of its own on the wire"))
            }
            (true, None, Some(prefix)) if prefix.value().is_empty() => {
                Err(syn::Error::new_spanned(prefix, "a prefix is not empty: leave the word out"))
            }
            (false, _, Some(prefix)) => Err(syn::Error::new_spanned(
                prefix,
                "`prefix` goes with `flatten`; a name is given by `wire`",
            )),
            _ => Ok(words),
        }
    }
}

/// The table of a struct's fields while it is put together.
#[derive(Default)]
struct Table<'t> {
    parts: Vec<TokenStream>,
    own: Vec<TokenStream>,
    prefix_at: Vec<usize>,
    flattened: Vec<&'t Type>,
}

impl<'t> Table<'t> {
    /// The index of the next field.
    fn next(&self) -> TokenStream {
        let (own, flattened) = (self.own.len(), &self.flattened);
        quote!(#own #(+ <#flattened as ::vod_core::answer::FromMembers>::FIELDS.len())*)
    }

    fn push(&mut self, field: &'t Field, words: &Words, doc: &str) -> syn::Result<()> {
        let (ty, rust) = (&field.ty, plain_name(field.ident.as_ref().expect("named")));
        let wire = words.wire.as_ref().map_or_else(|| rust.clone(), LitStr::value);
        let aliases = &words.aliases;
        let prefix_at = match &words.prefix_after {
            None => 0,
            Some(after) => {
                let text = after.value();
                if text.len() >= wire.len() || !wire.starts_with(&text) {
                    let message = format!("the wire name `{wire}` must begin with this and go on");
                    return Err(syn::Error::new_spanned(after, message));
                }
                text.len()
            }
        };
        let row = quote! {
            ::vod_core::field::Field {
                name: #rust,
                wire: #wire,
                aliases: &[#(#aliases),*],
                place: ::vod_core::field::Place::Body,
                layout: ::vod_core::field::Layout::Plain,
                kind: <#ty as ::vod_core::answer::FromAnswer>::KIND,
                required: <#ty as ::vod_core::answer::FromAnswer>::REQUIRED,
                may_be_blank: true,
                rules: &[],
                doc: #doc,
            }
        };
        self.parts.push(quote! {
            ::vod_core::answer::flatten::Part { fields: &[#row], prefix_at: &[#prefix_at], prefix: "", doc: "" }
        });
        self.own.push(row);
        self.prefix_at.push(prefix_at);
        Ok(())
    }

    fn flatten(&mut self, ty: &'t Type, words: &Words, doc: &str) {
        let prefix = words.prefix.as_ref().map_or_else(String::new, LitStr::value);
        self.parts.push(quote! {
            ::vod_core::answer::flatten::Part {
                fields: <#ty as ::vod_core::answer::FromMembers>::FIELDS,
                prefix_at: <#ty as ::vod_core::answer::FromMembers>::PREFIX_AT,
                prefix: #prefix,
                doc: #doc,
            }
        });
        self.flattened.push(ty);
    }

    /// The constant `FIELDS`, and the value of `PREFIX_AT`.
    fn finish(self) -> (TokenStream, TokenStream) {
        let Self { parts, own, prefix_at, flattened } = self;
        if flattened.is_empty() {
            let prefix_at = if prefix_at.iter().all(|at| *at == 0) { Vec::new() } else { prefix_at };
            let fields = quote!(const FIELDS: &[::vod_core::field::Field] = &[#(#own),*];);
            return (fields, quote!(&[#(#prefix_at),*]));
        }
        let fields = quote! {
            const PARTS: &[::vod_core::answer::flatten::Part] = &[#(#parts),*];
            const COUNT: usize = ::vod_core::answer::flatten::count(PARTS);
            const TEXT: &[u8] = &::vod_core::answer::flatten::text::<{ ::vod_core::answer::flatten::text_len(PARTS) }>(PARTS);
            const FIELDS: &[::vod_core::field::Field] = &::vod_core::answer::flatten::fields::<COUNT>(PARTS, TEXT);
        };
        (fields, quote!(&::vod_core::answer::flatten::prefix_at::<COUNT>(PARTS)))
    }
}

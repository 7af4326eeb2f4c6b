//! `#[derive(Answer)]`: objects that are received.

use crate::parse::{docs, named_fields, plain_name};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr};

pub(crate) fn answer(input: &DeriveInput) -> syn::Result<TokenStream> {
    let name = &input.ident;
    let text = name.to_string();
    let doc = docs(&input.attrs, name.span())?;
    let mut rows = Vec::new();
    let mut reads = Vec::new();
    for (index, field) in named_fields(input)?.into_iter().enumerate() {
        let ident = field.ident.as_ref().expect("named");
        let ty = &field.ty;
        let rust = plain_name(ident);
        let doc = docs(&field.attrs, ident.span())?;
        let mut wire: Option<LitStr> = None;
        let mut aliases: Vec<LitStr> = Vec::new();
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("answer")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("wire") {
                    wire = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("alias") {
                    aliases.push(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("words for a field of an answer are `wire` and `alias`"));
                }
                Ok(())
            })?;
        }
        let wire = wire.map_or_else(|| rust.clone(), |w| w.value());
        rows.push(quote! {
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
        });
        reads.push(quote!(#ident: object.read(&fields[#index])?));
    }
    Ok(quote! {
        const _: () = {
            const FIELDS: &[::vod_core::field::Field] = &[#(#rows),*];
            const RECORD: &::vod_core::field::Record = &::vod_core::field::Record { name: #text, doc: #doc, fields: || FIELDS, rows: ::core::option::Option::None };

            #[automatically_derived]
            impl ::vod_core::answer::FromAnswer for #name {
                const KIND: ::vod_core::field::Kind = ::vod_core::field::Kind::Record(RECORD);
                fn from_answer(node: &::vod_core::answer::Node<'_>) -> ::core::result::Result<Self, ::vod_core::answer::Mismatch> {
                    let fields = FIELDS;
                    node.object(|object| ::core::result::Result::Ok(Self { #(#reads),* }))
                }
            }
        };
    })
}

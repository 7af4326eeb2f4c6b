//! `#[derive(Choice)]`: enums whose variants stand for wire values.

use crate::parse::docs;
use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Fields, LitStr, Token};

pub(crate) fn choice(input: &DeriveInput) -> syn::Result<TokenStream> {
    let name = &input.ident;
    let text = name.to_string();
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new_spanned(name, "this derive stands on enums"));
    };
    let mut values = Vec::new();
    let mut to_wire = Vec::new();
    let mut from_wire = Vec::new();
    let mut other = None;
    for variant in &data.variants {
        let ident = &variant.ident;
        let doc = docs(&variant.attrs, ident.span())?;
        if variant.attrs.iter().any(|a| a.path().is_ident("other")) {
            other = Some(ident);
            to_wire.push(quote!(Self::#ident(text) => text));
            continue;
        }
        if !matches!(variant.fields, Fields::Unit) {
            return Err(syn::Error::new_spanned(variant, "a variant with a wire value has no fields"));
        }
        let Some(attribute) = variant.attrs.iter().find(|a| a.path().is_ident("wire")) else {
            return Err(syn::Error::new_spanned(variant, "`#[wire(\"…\")]` is missing"));
        };
        let wires = attribute.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)?;
        let Some(first) = wires.first() else {
            return Err(syn::Error::new_spanned(attribute, "`#[wire(\"…\")]` needs a value"));
        };
        to_wire.push(quote!(Self::#ident => #first));
        for wire in &wires {
            values.push(quote!((#wire, #doc)));
            from_wire.push(quote!(#wire => ::core::option::Option::Some(Self::#ident)));
        }
    }
    let open = other.is_some();
    let fallback = match other {
        Some(ident) => quote!(::core::option::Option::Some(Self::#ident(text.to_owned()))),
        None => quote!(::core::option::Option::None),
    };
    Ok(quote! {
        #[automatically_derived]
        impl #name {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_wire(&self) -> &str {
                match self { #(#to_wire),* }
            }
            /// Reads a wire value; `None` if it is not documented and the enum has no arm for others.
            #[must_use]
            pub fn from_wire(text: &str) -> ::core::option::Option<Self> {
                match text { #(#from_wire,)* _ => #fallback }
            }
        }
        #[automatically_derived]
        impl ::vod_core::value::FieldValue for #name {
            const KIND: ::vod_core::field::Kind = ::vod_core::field::Kind::Choice(&::vod_core::field::Choices { name: #text, numeric: false, open: #open, values: &[#(#values),*] });
            fn to_value(&self) -> ::core::option::Option<::vod_core::value::Value<'_>> {
                ::core::option::Option::Some(::vod_core::value::Value::Text(::std::borrow::Cow::Borrowed(self.as_wire())))
            }
        }
        #[automatically_derived]
        impl ::vod_core::answer::FromAnswer for #name {
            const KIND: ::vod_core::field::Kind = <Self as ::vod_core::value::FieldValue>::KIND;
            fn from_answer(node: &::vod_core::answer::Node<'_>) -> ::core::result::Result<Self, ::vod_core::answer::Mismatch> {
                let text = node.scalar_text()?;
                Self::from_wire(&text).ok_or_else(|| node.fault(<Self as ::vod_core::answer::FromAnswer>::KIND.received()))
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { f.pad(self.as_wire()) }
        }
    })
}

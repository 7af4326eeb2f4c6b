//! `#[derive(Operation)]` and `#[derive(Record)]`: structs that are sent.

use crate::parse::{docs, inside_of, is_plain_scalar, named_fields, plain_name};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Expr, Field, Ident, LitInt, LitStr, Token, Type};

/// One `#[operation(…)]`.
#[derive(Default)]
struct Facts {
    id: Option<LitStr>,
    alias: Option<LitStr>,
    superseded_by: Option<LitStr>,
    method: Option<Ident>,
    path: Option<LitStr>,
    host: Option<LitStr>,
    encoding: Option<Ident>,
    auth: Option<Ident>,
    effect: Option<Ident>,
    envelope: Option<Ident>,
    output: Option<Type>,
    reference: Option<LitStr>,
    account: Option<LitStr>,
    signed: Option<Punctuated<LitStr, Token![,]>>,
    check: Option<Expr>,
    errors: Option<Expr>,
}

impl Facts {
    fn of(input: &DeriveInput) -> syn::Result<Self> {
        let mut facts = Self::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("operation")) {
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.require_ident()?.to_string();
                match key.as_str() {
                    // Read by `named`.
                    "crate" => _ = meta.value()?.parse::<LitStr>()?,
                    "id" => facts.id = Some(meta.value()?.parse()?),
                    "alias" => facts.alias = Some(meta.value()?.parse()?),
                    "superseded_by" => facts.superseded_by = Some(meta.value()?.parse()?),
                    "method" => facts.method = Some(meta.value()?.parse()?),
                    "path" => facts.path = Some(meta.value()?.parse()?),
                    "host" => facts.host = Some(meta.value()?.parse()?),
                    "encoding" => facts.encoding = Some(meta.value()?.parse()?),
                    "auth" => facts.auth = Some(meta.value()?.parse()?),
                    "effect" => facts.effect = Some(meta.value()?.parse()?),
                    "envelope" => facts.envelope = Some(meta.value()?.parse()?),
                    "output" => facts.output = Some(meta.value()?.parse()?),
                    "reference" => facts.reference = Some(meta.value()?.parse()?),
                    "account" => facts.account = Some(meta.value()?.parse()?),
                    "signed" => {
                        let value = meta.value()?;
                        let names;
                        syn::bracketed!(names in value);
                        facts.signed = Some(Punctuated::parse_terminated(&names)?);
                    }
                    "check" => facts.check = Some(meta.value()?.parse()?),
                    "errors" => facts.errors = Some(meta.value()?.parse()?),
                    _ => return Err(meta.error(format!("`{key}` is not a fact of an operation"))),
                }
                Ok(())
            })?;
        }
        Ok(facts)
    }
}

fn need<T>(value: Option<T>, name: &str, input: &DeriveInput) -> syn::Result<T> {
    value.ok_or_else(|| {
        syn::Error::new_spanned(&input.ident, format!("`#[operation({name} = …)]` is missing"))
    })
}

/// The tokens of an `Option`.
fn optional(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

pub(crate) fn operation(input: &DeriveInput) -> syn::Result<TokenStream> {
    let name = &input.ident;
    let text = name.to_string();
    let facts = Facts::of(input)?;
    let id = need(facts.id, "id", input)?;
    let method = need(facts.method, "method", input)?;
    let path = need(facts.path, "path", input)?;
    let encoding = need(facts.encoding, "encoding", input)?;
    let auth = need(facts.auth, "auth", input)?;
    // There is no default: who declares an operation must decide what sending it twice does.
    let effect = need(facts.effect, "effect", input)?;
    let output = need(facts.output, "output", input)?;
    let reference = need(facts.reference, "reference", input)?;
    let docs = docs(&input.attrs, name.span())?;

    let declared = declared(input, Some(&path.value()))?;
    let (rows, pushes, constructors) = (&declared.rows, &declared.pushes, &declared.constructors);
    let (alias, superseded_by) = (optional(facts.alias), optional(facts.superseded_by));
    let (host, account) = (optional(facts.host), optional(facts.account));
    let signed = optional(facts.signed.map(|names| quote!(&[#names])));
    let check = optional(facts.check);
    let errors = facts.errors.map_or_else(|| quote!(&[]), |e| quote!(#e));
    let envelope = facts.envelope.map_or_else(
        || quote!(::vod_core::operation::Auth::#auth.usual_envelope()),
        |e| quote!(::vod_core::operation::Envelope::#e),
    );
    let count = declared.rows.len();
    let paged = paged(input, &output)?;

    Ok(quote! {
        #constructors
        #paged

        #[automatically_derived]
        impl ::vod_core::Operation for #name {
            type Output = #output;
            const INFO: &'static ::vod_core::OperationInfo = &::vod_core::OperationInfo {
                id: #id,
                name: #text,
                alias: #alias,
                superseded_by: #superseded_by,
                method: ::vod_core::operation::Method::#method,
                host: #host,
                path: #path,
                encoding: ::vod_core::operation::Encoding::#encoding,
                auth: ::vod_core::operation::Auth::#auth,
                effect: ::vod_core::operation::Effect::#effect,
                envelope: #envelope,
                account: #account,
                signed: #signed,
                fields: &[#(#rows),*],
                output: &<#output as ::vod_core::answer::Output>::KIND,
                check: #check,
                errors: #errors,
                reference: #reference,
                doc: #docs,
            };
            fn values(&self) -> ::vod_core::value::Values<'_> {
                let fields = <Self as ::vod_core::Operation>::INFO.fields;
                let mut values = ::vod_core::value::Values::with_capacity(#count);
                #(#pushes)*
                values
            }
        }

        const _: () = <#name as ::vod_core::Operation>::INFO.assert_sound();
    })
}

/// An operation that answers a `Page<…>` and has a field `page` turns its pages by itself.
fn paged(input: &DeriveInput, output: &Type) -> syn::Result<TokenStream> {
    let fields = named_fields(input)?;
    let has = |name: &str| fields.iter().any(|field| field.ident.as_ref().is_some_and(|ident| ident == name));
    let Some(item) = inside_of("Page", output).filter(|_| has("page")) else { return Ok(TokenStream::new()) };
    let name = &input.ident;
    let size = if has("page_size") { quote!(self.page_size) } else { quote!(::core::option::Option::None) };
    Ok(quote! {
        #[automatically_derived]
        impl ::vod_core::page::Paged for #name {
            type Item = #item;
            fn turn(&mut self, answer: #output) -> ::vod_core::page::Turn<#item> {
                answer.turn(&mut self.page, #size)
            }
        }
    })
}

pub(crate) fn record(input: &DeriveInput) -> syn::Result<TokenStream> {
    let name = &input.ident;
    let text = name.to_string();
    let docs = docs(&input.attrs, name.span())?;
    let declared = declared(input, None)?;
    let (rows, pushes, constructors) = (&declared.rows, &declared.pushes, &declared.constructors);
    let count = declared.rows.len();
    Ok(quote! {
        #constructors

        const _: () = {
            const FIELDS: &[::vod_core::field::Field] = &[#(#rows),*];
            const RECORD: &::vod_core::field::Record = &::vod_core::field::Record { name: #text, doc: #docs, fields: || FIELDS, rows: ::core::option::Option::None };

            #[automatically_derived]
            impl ::vod_core::value::FieldValue for #name {
                const KIND: ::vod_core::field::Kind = ::vod_core::field::Kind::Record(RECORD);
                fn to_value(&self) -> ::core::option::Option<::vod_core::value::Value<'_>> {
                    let fields = FIELDS;
                    let mut values = ::vod_core::value::Values::with_capacity(#count);
                    #(#pushes)*
                    ::core::option::Option::Some(::vod_core::value::Value::Record(values))
                }
            }

            ::vod_core::field::assert_rules(FIELDS);
        };
    })
}

struct Declared {
    rows: Vec<TokenStream>,
    pushes: Vec<TokenStream>,
    constructors: TokenStream,
}

fn declared(input: &DeriveInput, path: Option<&str>) -> syn::Result<Declared> {
    let fields = named_fields(input)?;
    let mut rows = Vec::new();
    let mut pushes = Vec::new();
    let mut parameters = Vec::new();
    let mut initial = Vec::new();
    let mut setters = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let ident = field.ident.as_ref().expect("named");
        let row = row(field, path)?;
        rows.push(row);
        pushes.push(quote!(values.push(&fields[#index], &self.#ident);));
        match inside_of("Option", &field.ty) {
            Some(inner) => {
                initial.push(quote!(#ident: ::core::option::Option::None));
                let setter = format_ident!("with_{}", plain_name(ident));
                let doc = docs(&field.attrs, ident.span())?;
                let (ty, convert) = argument(inner);
                setters.push(quote! {
                    #[doc = #doc]
                    #[must_use]
                    pub fn #setter(mut self, #ident: #ty) -> Self {
                        self.#ident = ::core::option::Option::Some(#ident #convert);
                        self
                    }
                });
            }
            None => {
                let (ty, convert) = argument(&field.ty);
                parameters.push(quote!(#ident: #ty));
                initial.push(quote!(#ident: #ident #convert));
            }
        }
    }
    // An input without required fields also has a `Default`, as readers and clippy expect.
    let name = &input.ident;
    let default = parameters.is_empty().then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for #name { fn default() -> Self { Self::new() } }
        }
    });
    let constructors = quote! {
        #[automatically_derived]
        impl #name {
            /// Takes the required fields; the `with_…` methods set the rest.
            #[must_use]
            pub fn new(#(#parameters),*) -> Self { Self { #(#initial),* } }
            #(#setters)*
        }
        #default
    };
    Ok(Declared { rows, pushes, constructors })
}

/// How a constructor takes a value of this type, and what turns that into the type.
fn argument(ty: &Type) -> (TokenStream, TokenStream) {
    if is_plain_scalar(ty) {
        return (quote!(#ty), quote!());
    }
    if let Some(element) = inside_of("Vec", ty) {
        let each = if is_plain_scalar(element) {
            quote!(#element)
        } else {
            quote!(impl ::core::convert::Into<#element>)
        };
        return (
            quote!(impl ::core::iter::IntoIterator<Item = #each>),
            quote!(.into_iter().map(::core::convert::Into::into).collect()),
        );
    }
    (quote!(impl ::core::convert::Into<#ty>), quote!(.into()))
}

/// One field's line in the table.
fn row(field: &Field, path: Option<&str>) -> syn::Result<TokenStream> {
    let ident = field.ident.as_ref().expect("named");
    let name = plain_name(ident);
    let ty = &field.ty;
    let doc = docs(&field.attrs, ident.span())?;
    let mut words = Words::default();
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
        attribute.parse_nested_meta(|meta| words.read(&meta))?;
    }
    let wire = words.wire.map_or_else(|| name.clone(), |w| w.value());
    let place = match path {
        _ if words.header => quote!(Header),
        Some(path) if path.contains(&format!("{{{wire}}}")) && words.in_body => quote!(PathAndBody),
        Some(path) if path.contains(&format!("{{{wire}}}")) => quote!(Path),
        _ if words.in_body => {
            return Err(syn::Error::new_spanned(ident, "`in_body` is for a field of the path"));
        }
        _ => quote!(Body),
    };
    let layout = words.layout.map_or_else(|| quote!(Plain), |l| quote!(#l));
    let kind = match (words.flag, words.time) {
        _ if words.secret => quote!(::vod_core::field::Kind::Secret),
        (Some(form), _) => quote!(::vod_core::field::Kind::Boolean(::vod_core::field::BooleanForm::#form)),
        (_, Some(form)) => quote!(::vod_core::field::Kind::Time(::vod_core::field::TimeForm::#form)),
        _ => quote!(<#ty as ::vod_core::value::FieldValue>::KIND),
    };
    let rules = &words.rules;
    let may_be_blank = words.may_be_blank;
    Ok(quote! {
        ::vod_core::field::Field {
            name: #name,
            wire: #wire,
            aliases: &[],
            place: ::vod_core::field::Place::#place,
            layout: ::vod_core::field::Layout::#layout,
            kind: #kind,
            required: <#ty as ::vod_core::value::FieldValue>::REQUIRED,
            may_be_blank: #may_be_blank,
            rules: &[#(#rules),*],
            doc: #doc,
        }
    })
}

/// One `#[field(…)]`.
#[derive(Default)]
struct Words {
    wire: Option<LitStr>,
    layout: Option<Ident>,
    flag: Option<Ident>,
    time: Option<Ident>,
    header: bool,
    in_body: bool,
    may_be_blank: bool,
    secret: bool,
    rules: Vec<TokenStream>,
}

impl Words {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.require_ident()?.to_string();
        match key.as_str() {
            "wire" => self.wire = Some(meta.value()?.parse()?),
            "layout" => self.layout = Some(meta.value()?.parse()?),
            "time" => self.time = Some(meta.value()?.parse()?),
            "flag" => self.flag = Some(meta.value()?.parse()?),
            "header" => self.header = true,
            "in_body" => self.in_body = true,
            "may_be_blank" => self.may_be_blank = true,
            "secret" => self.secret = true,
            _ => self.rules.push(rule(&key, meta)?),
        }
        Ok(())
    }
}

/// A word for a rule.
fn rule(key: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<TokenStream> {
    let number = || -> syn::Result<LitInt> { meta.value()?.parse() };
    let name = || -> syn::Result<LitStr> { meta.value()?.parse() };
    let rule = match key {
        "required" => quote!(Required),
        "http_url" => quote!(HttpUrl),
        "no_comma" => quote!(NoComma),
        "max_chars" => number().map(|n| quote!(MaxChars(#n)))?,
        "max_bytes" => number().map(|n| quote!(MaxBytes(#n)))?,
        "max_file_bytes" => number().map(|n| quote!(MaxFileBytes(#n)))?,
        "min_items" => number().map(|n| quote!(MinItems(#n)))?,
        "max_items" => number().map(|n| quote!(MaxItems(#n)))?,
        "range" => {
            let value = meta.value()?;
            let min: LitInt = value.parse()?;
            value.parse::<Token![..=]>()?;
            let max: LitInt = value.parse()?;
            quote!(Range { min: #min, max: #max })
        }
        "form" => {
            let form: Expr = meta.value()?.parse()?;
            quote!(Form(&#form))
        }
        "file_type" => texts(meta).map(|types| quote!(FileType(&[#types])))?,
        "only" => texts(meta).map(|values| quote!(Only(&[#values])))?,
        "after" => name().map(|field| quote!(After { field: #field }))?,
        "seconds_after" => {
            distance(meta).map(|(n, field)| quote!(SecondsAfter { field: #field, least: #n }))?
        }
        "days_after" => distance(meta).map(|(n, field)| quote!(DaysAfter { field: #field, most: #n }))?,
        "year_after" => name().map(|field| quote!(YearAfter { field: #field }))?,
        "count_of" => name().map(|field| quote!(CountOf { field: #field }))?,
        "together_with" => name().map(|field| quote!(Together { field: #field }))?,
        "or" => {
            let groups = texts(meta)?.into_iter().map(|group| {
                let fields: Vec<_> = group.value().split(" with ").map(str::to_owned).collect();
                quote!(&[#(#fields),*])
            });
            quote!(Instead { of: &[#(#groups),*] })
        }
        "not_with" => texts(meta).map(|fields| quote!(NotWith { fields: &[#fields] }))?,
        "only_with" => {
            let Condition { field, values, .. } = Condition::of(&name()?)?;
            quote!(OnlyWith { field: #field, values: &[#(#values),*] })
        }
        "when" => {
            let content;
            syn::parenthesized!(content in meta.input);
            let Condition { field, values, or_absent } = Condition::of(&content.parse()?)?;
            content.parse::<Token![,]>()?;
            let mut inner = None;
            let words = syn::meta::parser(|meta| {
                inner = Some(rule(&meta.path.require_ident()?.to_string(), &meta)?);
                Ok(())
            });
            syn::parse::Parser::parse2(words, content.parse()?)?;
            let inner = inner.ok_or_else(|| meta.error("`when` has a condition and a rule"))?;
            quote!(When { field: #field, values: &[#(#values),*], or_absent: #or_absent, rule: &#inner })
        }
        // What `check` of the operation sees to, in words.
        "rule" => {
            let words: Expr = meta.value()?.parse()?;
            quote!(Other(#words))
        }
        _ => return Err(meta.error(format!("`{key}` is not a word for a field"))),
    };
    Ok(quote!(::vod_core::limits::Rule::#rule))
}

/// Texts in parentheses.
fn texts(meta: &ParseNestedMeta<'_>) -> syn::Result<Punctuated<LitStr, Token![,]>> {
    let content;
    syn::parenthesized!(content in meta.input);
    Punctuated::parse_terminated(&content)
}

/// A number and a field in parentheses: `(31, "start")`.
fn distance(meta: &ParseNestedMeta<'_>) -> syn::Result<(LitInt, LitStr)> {
    let content;
    syn::parenthesized!(content in meta.input);
    let number = content.parse()?;
    content.parse::<Token![,]>()?;
    Ok((number, content.parse()?))
}

/// `location = 1 or 3 or none`, where `none` stands for a field that is not given.
struct Condition {
    field: String,
    values: Vec<String>,
    or_absent: bool,
}

impl Condition {
    fn of(text: &LitStr) -> syn::Result<Self> {
        let whole = text.value();
        let Some((field, values)) = whole.split_once(" = ") else {
            return Err(syn::Error::new_spanned(text, "a condition is written `field = value or value`"));
        };
        let mut values: Vec<_> = values.split(" or ").map(str::to_owned).collect();
        let or_absent = values.pop_if(|last| last == "none").is_some();
        Ok(Self { field: field.to_owned(), values, or_absent })
    }
}

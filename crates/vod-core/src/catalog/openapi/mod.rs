//! A provider's API as an OpenAPI 3.1 document, made of the operations' tables alone. Neither provider
//! publishes one.
//!
//! ```
//! use vod_core::{openapi, operation::Provider};
//!
//! let document = openapi::document(Provider::Polyv);
//! let import = &document["paths"]["/v2/video/grab/{userid}/upload/multi"]["post"];
//! assert_eq!(import["operationId"], "polyv.upload.urls");
//! let infos = &import["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]["uploadInfos"];
//! assert_eq!((infos["maxItems"].as_u64(), infos["items"]["$ref"].as_str()), (Some(100), Some("#/components/schemas/UploadInfo")));
//! ```
//!
//! # What OpenAPI has no word for, and what stands in its place
//!
//! | the provider's way | in the document |
//! | --- | --- |
//! | several operations at one path and method, told apart by a field of the query (`/uc/services/rest?method=…`) | a path item each, under the path with that field behind a `#`, which no client sends; the field is a parameter of one value |
//! | JSON in a field of a form or of the query | the JSON's schema, with `application/json` as the field's content type |
//! | lists with commas | `style: form`, `explode: false` |
//! | lists as `X.1`, `X.2`, … | an object of such members, which `style: form`, `explode: true` writes so |
//! | time, signature, account id and tokens, which a client fills in | fields like the others, with `x-filled-in` |
//! | a signature over some of the fields | a security scheme that words the rule; `x-signing` on the operation says which fields it covers |
//! | limits in bytes | `x-max-bytes`; as many characters are the most in any case, so `maxLength` says that |
//! | numbers that are now numbers and now text, one record as a list of one, nothing as `""` or `null` | answers refer to the schemas `answer.…`, which allow all that is read; make them stricter there, at one place |
//! | refusals under HTTP 200, told by the envelope's code | both shapes of the answer under `200`; the documented refusals in `x-errors` and in the description |
//! | what sending twice does | `x-effect`: `read`, `idempotent`, `once` |
//!
//! Every schema keeps to JSON Schema 2020-12.

mod answer;
mod names;
mod request;
mod signing;

use crate::catalog;
use crate::catalog::describe::{plain, title};
use crate::operation::{Effect, KnownError, OperationInfo, Provider};
use names::Names;
use serde_json::{Map, Value as Json, json};

/// A provider's whole API.
#[must_use]
pub fn document(provider: Provider) -> Json {
    let mut names = Names::default();
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for area in catalog::areas(provider) {
        tags.push(json!({ "name": area.name, "description": area.about }));
    }
    let operations = catalog::areas(provider).iter().flat_map(|area| area.operations);
    for info in operations.map(catalog::Entry::info) {
        let method = info.method.name().to_ascii_lowercase();
        let mut path = info.path.replacen('?', "#", 1);
        if paths.get(&path).is_some_and(|item| item.get(&method).is_some()) {
            path = format!("{path}#{}", info.id);
        }
        let described = operation(info, &mut names);
        paths.entry(path).or_insert_with(|| json!({}))[method] = described;
    }
    let responses = answer::refused(provider, &mut names);
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": provider.info().product,
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The provider's HTTP API, as its reference describes it",
            "description": ABOUT,
            "license": { "name": "MIT or Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": format!("https://{}", provider.host()) }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": names.into_schemas(),
            "responses": responses,
            "securitySchemes": signing::schemes(provider),
        },
    })
}

const ABOUT: &str = "\
Made by the vod project from its catalogue of operations; the provider publishes no such document and has no part in it. The version is that of the catalogue.

* `x-filled-in`: a field that a client fills in by itself, such as the time and the signature.
* `x-signing`: the signing family and the fields that the signature covers. The rule itself stands in the security scheme.
* `x-effect`: what sending a request twice does. `read`: nothing. `idempotent`: as much as sending it once. `once`: it does it twice, so send it again only where \
the first certainly did not arrive.
* `x-errors`: the documented refusals: the envelope's code, its message, in which `%s` stands for any text, and what it means.
* `x-max-bytes`: a limit in bytes: of UTF-8, or of a file.
* A path with a `#`: what stands behind it is not sent. It tells operations apart that share path and method, which OpenAPI otherwise cannot list.

The providers write numbers as text now and then, one record as a list of one, and nothing as `\"\"` or `null`. Answers say so by referring to the schemas `answer.…`.";

fn operation(info: &'static OperationInfo, names: &mut Names) -> Json {
    let request = request::request(info, names);
    let mut operation = json!({
        "operationId": info.id,
        "tags": [info.area()],
        "summary": title(info),
        "description": description(info),
        "parameters": request.parameters,
        "responses": answer::responses(info, names),
        "security": [{ signing::scheme(info.auth): [] }],
        "x-signing": signing::of(info),
        "x-effect": info.effect.name(),
        "x-errors": info.errors.iter().map(|known| json!({ "code": known.code, "message": known.message, "reason": known.reason.name() })).collect::<Vec<_>>(),
    });
    if let Some(body) = request.body {
        operation["requestBody"] = body;
    }
    if info.reference.starts_with("http") {
        operation["externalDocs"] =
            json!({ "url": info.reference, "description": "The provider's reference, in Chinese" });
    }
    if let Some(host) = info.host {
        operation["servers"] = json!([{ "url": format!("https://{host}") }]);
    }
    if let Some(alias) = info.alias {
        operation["x-alias"] = json!(alias);
    }
    if let Some(newer) = info.superseded_by {
        operation["deprecated"] = json!(true);
        operation["x-superseded-by"] = json!(newer);
    }
    operation
}

/// What no other member of the operation has a place for, as Markdown.
fn description(info: &OperationInfo) -> String {
    let mut text = plain(info.doc, info.fields, info);
    if let Some(newer) = info.superseded_by {
        text += &format!("\n\nAn old call: `{newer}` does the same.");
    }
    if info.effect != Effect::Read {
        text += &format!("\n\n{}", info.effect.words());
    }
    if !info.reference.starts_with("http") {
        text += &format!("\n\nReference: {}.", info.reference);
    }
    if !info.errors.is_empty() {
        text += "\n\nRefusals beside those that every call can give:\n\n";
        text += &errors(info.errors);
    }
    text
}

/// Refusals as a table of Markdown.
fn errors(known: &[KnownError]) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let rows = known
        .iter()
        .map(|known| format!("\n| {} | {} | {} |", known.code, cell(known.message), known.reason.words()));
    rows.fold("| code | message | meaning |\n| --- | --- | --- |".to_owned(), |table, row| table + &row)
}

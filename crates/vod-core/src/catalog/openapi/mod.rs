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
use crate::error::Reason;
use crate::operation::{Effect, KnownError, OperationInfo, Provider};
use names::Names;
use serde_json::{Map, Value as Json, json};

/// A provider's whole API.
#[must_use]
pub fn document(provider: Provider) -> Json {
    let mut names = Names::default();
    let mut paths = Map::new();
    let mut tags: Vec<&str> = Vec::new();
    for info in catalog::all().map(catalog::Entry::info).filter(|info| info.provider() == provider) {
        let area = info.area();
        if !tags.contains(&area) {
            tags.push(area);
        }
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
            "title": match provider {
                Provider::Polyv => "Polyv VOD (保利威云点播)",
                Provider::QingCloud => "QingCloud VOD (青云云点播)",
            },
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The provider's HTTP API, as its reference describes it",
            "description": ABOUT,
            "license": { "name": "MIT or Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": format!("https://{}", provider.host()) }],
        "tags": tags.iter().map(|tag| json!({ "name": tag, "description": about(tag) })).collect::<Vec<_>>(),
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

/// An area in a few words.
fn about(area: &str) -> &'static str {
    match area {
        "account" => "The account itself",
        "advertising" => "Ads before, in and after videos",
        "category" => "Categories: the tree that videos are kept in",
        "clip" => "New videos out of others: pieces cut out, or several joined",
        "courseware" => "Slides that go with a video",
        "cover" => "Cover images",
        "danmaku" => "Danmaku (弹幕): comments that run over the picture",
        "encryption" => "The account's encryption settings",
        "exam" => "Questions (问答) that a video asks while it plays, and what viewers answered",
        "keyframe" => "Markers (打点) on a video's progress bar",
        "legacy" => "Calls of the old service that newer ones have taken the place of",
        "media" => "Media: finding, changing, processing and deleting them",
        "player" => "Players, the domains that may play, and play tokens",
        "playlist" => "Playlists",
        "screenshot" => "Screenshots of videos: taken at given seconds, or uploaded",
        "source_file" => "Download links of source files",
        "statistics" => "What was played, when, where and by whom",
        "subaccount" => "Videos and categories as a sub-account sees them",
        "subtitle" => "Subtitles: files that are uploaded, and texts that the provider generates",
        "sync" => "The tasks of imports by URL",
        "upload" => "Getting videos into the account",
        "video" => "Videos: finding, reading, changing and deleting them",
        "watermark" => "Watermarks",
        _ => "",
    }
}

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
    text += match info.effect {
        Effect::Read => "",
        Effect::Idempotent => "\n\nSending it twice does as much as sending it once.",
        Effect::Once => {
            "\n\nSending it twice does it twice: send it again only where the first certainly did not arrive."
        }
    };
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
        .map(|known| format!("\n| {} | {} | {} |", known.code, cell(known.message), meaning(known.reason)));
    rows.fold("| code | message | meaning |\n| --- | --- | --- |".to_owned(), |table, row| table + &row)
}

/// A reason in words.
const fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Clock => "the request's time is off",
        Reason::Signature => "the signature is wrong or missing",
        Reason::UnknownAccount => "no such account or key",
        Reason::Permission => "the account may not do this",
        Reason::Field => "a field is missing or malformed",
        Reason::Limit => "a limit is exceeded",
        Reason::NotFound => "there is no such thing",
        Reason::Conflict => "it exists already, or its state forbids this",
        Reason::RateLimit => "too many calls",
        Reason::Quota => "a quota of the account is used up",
        Reason::Busy => "the provider is busy",
        Reason::Internal => "the provider failed inside",
        Reason::Other => "",
    }
}

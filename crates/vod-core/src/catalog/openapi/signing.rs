//! How requests are signed, as OpenAPI, and the fields that a client fills in for it.

use crate::operation::{Auth, OperationInfo, Provider};
use crate::schema::signing::{FilledIn, Filling};
use serde_json::{Value as Json, json};

/// The security scheme's name of a signing family.
pub(super) const fn scheme(auth: Auth) -> &'static str {
    match auth {
        Auth::Sha1 => "sha1",
        Auth::Md5 => "md5",
        Auth::Playsafe => "playsafe",
        Auth::PlaysafeChild => "playsafe-child",
        Auth::WriteToken => "writetoken",
        Auth::Qvod => "qvod",
    }
}

/// The security schemes of a provider.
pub(super) fn schemes(provider: Provider) -> Json {
    let key = |name: &str, rule: &str| json!({ "type": "apiKey", "in": "query", "name": name, "description": rule });
    match provider {
        Provider::Polyv => json!({
            "sha1": key("sign", "\
        Take all fields that are sent, the time `ptime` in milliseconds among them, without `sign` and without files; if the operation's `x-signing` has a list, take \
        those of the list that are sent, and the account's id as `userid` whether or not it is sent. Drop the empty ones. Sort by name in byte order. Join as `name=value` \
        with `&`, values before any encoding. Append the main account's secret key. `sign` is the SHA-1 of the UTF-8 text in upper-case hex. It is sent with \
        the other fields: in the query or in the form, depending on the operation."),
            "md5": key("sign", "\
        For sub-accounts. Take all fields that are sent, `appId` and the time `timestamp` in milliseconds among them, without `sign`. Drop the empty ones. Sort by name in \
        byte order. Join names and values without anything between. Put the sub-account's secret key before and after it. `sign` is the MD5 of the UTF-8 text in upper-case \
        hex. The key itself is never sent."),
            "playsafe": key("sign", "As `md5`, with the main account's secret key, and with the time as `ts`."),
            "playsafe-child": key("sign", "As `md5`, with the time as `ts`."),
            "writetoken": key("writetoken", "The account's write token, sent as an additional field. Nothing is signed."),
        }),
        Provider::QingCloud => json!({
            "qvod": {
                "type": "http",
                "scheme": "QVOD",
                "description": "\
        `Authorization: QVOD <access key id>:<signature>`. The signature is the Base64 of the HMAC-SHA256, keyed with the secret access key, of five lines without a line \
        end behind the last: the method, the value of `Content-MD5`, the value of `Content-Type`, the value of `Date`, and the path as it is sent, percent-encoded and \
        without the query. A header that is not sent is an empty line.",
            },
        }),
    }
}

/// An operation's `x-signing`.
pub(super) fn of(info: &OperationInfo) -> Json {
    let covers = match (info.auth, info.signed) {
        (Auth::WriteToken, _) => json!("nothing"),
        (Auth::Qvod, _) => json!("method, Content-MD5, Content-Type, Date and path"),
        (_, Some(names)) => json!(names),
        (_, None) => json!("every field that is sent, except sign and files"),
    };
    json!({ "family": info.auth.name(), "covers": covers })
}

/// A field that a client fills in.
pub(super) struct Filled {
    pub(super) name: &'static str,
    pub(super) schema: Json,
    pub(super) doc: &'static str,
}

/// The fields that a client fills in beside those of the path and the headers, in the order in which it sends
/// them.
pub(super) fn filled_in(info: &OperationInfo) -> impl Iterator<Item = Filled> {
    let text = || json!({ "type": "string", "minLength": 1 });
    info.filled_in().map(move |FilledIn { name, what }| {
        let (schema, doc) = match what {
            Filling::Account => (text(), ACCOUNT),
            Filling::SubAccount => (text(), "The sub-account's id."),
            Filling::Time => (
                json!({ "type": "integer", "format": "int64" }),
                "Now, in milliseconds since 1970; at most 3 minutes off.",
            ),
            Filling::WriteToken => (text(), "The account's write token."),
            Filling::Signature(scheme) => (
                json!({ "type": "string", "pattern": format!("^[0-9A-F]{{{}}}$", scheme.digits()) }),
                "The signature; the security scheme has the rule.",
            ),
        };
        Filled { name, schema, doc }
    })
}

/// The description of the account's id, wherever it is sent.
pub(super) const ACCOUNT: &str = "The account's id.";

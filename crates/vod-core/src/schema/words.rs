//! The words of the tables: what help, errors, OpenAPI and the command call kinds, encodings, signing
//! families, effects and reasons. There is no other list of them.

use super::field::{Kind, TimeForm};
use super::info::{Auth, Effect, Encoding, Method, Reason};

/// Any object of an answer.
pub(crate) const OBJECT: &str = "an object";

impl Kind {
    /// The word for it in the catalogue: `text`, `integer`, `list of UploadInfo`, ….
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Secret => "secret text".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Boolean(_) => "boolean".to_owned(),
            Self::Time(TimeForm::Day) => "date".to_owned(),
            Self::Time(TimeForm::Clock) => "hours, minutes, seconds".to_owned(),
            Self::Time(_) => "time".to_owned(),
            Self::Choice(choices) => choices.name.to_owned(),
            Self::List(inner) => format!("list of {}", inner.name()),
            Self::Record(record) => record.name.to_owned(),
            Self::Json => "json".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::File => "file".to_owned(),
        }
    }

    /// What an input of this kind is, as an error and a field's help say it: `a whole number`.
    #[must_use]
    pub const fn sent(&self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean(_) => "true or false",
            Self::Time(TimeForm::Day) => "a day of the calendar, written YYYY-MM-DD",
            Self::Time(TimeForm::Clock) => "a time written HH:MM:SS",
            Self::Time(_) => {
                "a time: RFC 3339, milliseconds since 1970, or YYYY-MM-DD HH:MM:SS in Beijing time"
            }
            Self::List(_) => "a list",
            Self::Record(_) => "a JSON object",
            Self::File => "the path of a file",
            Self::Text | Self::Secret | Self::Choice(_) | Self::Json | Self::Nothing => "text",
        }
    }

    /// What a value of an answer is, as an error and the help say it: `a whole number`.
    #[must_use]
    pub const fn received(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Secret => "secret text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean(_) => "yes or no",
            Self::Time(TimeForm::Day) => "a day",
            Self::Time(TimeForm::Clock) => "hours, minutes and seconds",
            Self::Time(_) => "a time",
            Self::Choice(_) => "one of the documented values",
            Self::List(_) => "a list",
            Self::Record(_) => OBJECT,
            Self::Json => "JSON",
            Self::Nothing => "nothing",
            Self::File => "a file",
        }
    }

    /// Several of them: `whole numbers`; `None` where there is no better word than values.
    #[must_use]
    pub const fn several(&self) -> Option<&'static str> {
        match self {
            Self::Text | Self::Secret => Some("texts"),
            Self::Integer => Some("whole numbers"),
            Self::Number => Some("numbers"),
            Self::Time(TimeForm::Day) => Some("days"),
            Self::Time(_) => Some("times"),
            Self::List(_) => Some("lists"),
            Self::Record(_) => Some("objects"),
            Self::File => Some("files"),
            Self::Boolean(_) | Self::Choice(_) | Self::Json | Self::Nothing => None,
        }
    }
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl Encoding {
    /// The word for it in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Form => "form",
            Self::Json => "json",
            Self::Multipart => "multipart",
        }
    }

    /// How fields are sent, in words: `in the query`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Query => "in the query",
            Self::Form => "as a form",
            Self::Json => "as JSON",
            Self::Multipart => "as a multipart form, with the files",
        }
    }
}

impl Auth {
    /// The word for it in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::Playsafe | Self::PlaysafeChild => "playsafe",
            Self::WriteToken => "writetoken",
            Self::Qvod => "qvod",
        }
    }

    /// How a request is signed, in words: `signed with the main account's key`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Sha1 | Self::Playsafe => "signed with the main account's key",
            Self::Md5 | Self::PlaysafeChild => "signed with the sub-account's key",
            Self::WriteToken => "not signed: the write token is sent",
            Self::Qvod => "signed with the access key",
        }
    }
}

impl Effect {
    /// The word for it in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Once => "once",
        }
    }

    /// What sending it twice does, and when it is sent again, in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Read => "It changes nothing, so it is retried if no answer came.",
            Self::Idempotent => {
                "Idempotent: sending it again changes nothing more, so it is retried if no answer came."
            }
            Self::Once => "Not idempotent: it is retried only if it certainly was not executed.",
        }
    }
}

impl Reason {
    /// The word for it, as in the error's JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Signature => "signature",
            Self::UnknownAccount => "unknown_account",
            Self::Permission => "permission",
            Self::Field => "field",
            Self::Limit => "limit",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimit => "rate_limit",
            Self::Quota => "quota",
            Self::Busy => "busy",
            Self::Internal => "internal",
            Self::Other => "other",
        }
    }

    /// What it means, in words: `the request's time is off`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Clock => "the request's time is off",
            Self::Signature => "the signature is wrong or missing",
            Self::UnknownAccount => "no such account or key",
            Self::Permission => "the account may not do this",
            Self::Field => "a field is missing or malformed",
            Self::Limit => "a limit is exceeded",
            Self::NotFound => "not found",
            Self::Conflict => "it exists already, or its state forbids this",
            Self::RateLimit => "too many calls",
            Self::Quota => "a quota of the account is used up",
            Self::Busy => "the provider is busy",
            Self::Internal => "internal failure of the provider",
            Self::Other => "another reason",
        }
    }
}

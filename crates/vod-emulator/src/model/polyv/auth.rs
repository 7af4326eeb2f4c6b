//! Authentication: the account, the clock and the signature of a call, by its family of signatures.

use super::envelope::{Envelope, Refusal};
use crate::credentials::DemoCredentials;
use crate::model::route::{Depth, Handler, Route};
use crate::model::wire::Fields;
use md5::Md5;
use sha1::{Digest, Sha1};
use std::borrow::Cow;

/// A request's time may be three minutes off, either way.
const CLOCK_MILLIS: i64 = 180_000;
/// The same for play tokens: ten minutes.
const TOKEN_MILLIS: i64 = 600_000;
/// The same for the one call of v4: thirty minutes.
const V4_MILLIS: i64 = 1_800_000;
/// The largest number of fields for which an unsigned field is looked for.
const EXPLAINED: usize = 64;

impl Route {
    /// An operation of Polyv that signs every field it sends, as most do.
    pub(crate) const fn polyv(
        id: &'static str,
        methods: &'static [&'static str],
        path: &'static str,
        fields: &'static [&'static str],
        answer: super::Handler,
    ) -> Self {
        Self {
            id,
            methods,
            path,
            fields,
            handler: Handler::Polyv { auth: Auth::Sent, answer },
            depth: Depth::Modelled,
        }
    }

    /// Signs exactly these fields.
    pub(crate) const fn fixed(self, names: &'static [&'static str]) -> Self {
        self.with(Auth::Fixed(names))
    }

    /// Uses another family of signatures.
    pub(crate) const fn with(self, auth: Auth) -> Self {
        match self.handler {
            Handler::Polyv { answer, .. } => Self { handler: Handler::Polyv { auth, answer }, ..self },
            Handler::QingCloud(_) => self,
        }
    }
}

/// The refusals of a sub-account's call, with the numbers and words of the v4 page.
fn in_v4(refusal: Refusal) -> Refusal {
    let (error, message) = match refusal.error {
        Some(100) => (10003, "时间戳过期"),
        Some(101) => (20003, "application not found."),
        Some(104) => (10002, "签名错误"),
        _ => return refusal,
    };
    // Messages of strict mode keep their own words.
    if refusal.message.starts_with("strict: ") { refusal } else { Refusal::new(message).error(error) }
}

/// How a call is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// SHA-1 with the account's secret key over every field that is sent.
    Sent,
    /// SHA-1 over exactly these fields. The account id counts as `userid` even when it is not sent as a
    /// field.
    Fixed(&'static [&'static str]),
    /// MD5 with the sub-account's secret; the time is `timestamp`.
    SubAccount,
    /// As for a sub-account; for the one call of v4, whose time is valid longer.
    V4,
    /// MD5 with the account's secret key; the time is `ts`.
    Playsafe,
    /// MD5 with the sub-account's secret; the time is `ts`.
    PlaysafeChild,
    /// No signature: anybody with the write token may call.
    WriteToken,
}

impl Auth {
    /// The envelope of this family's answers.
    pub(crate) fn envelope(self) -> Envelope {
        match self {
            Self::SubAccount | Self::V4 => Envelope::V3,
            Self::WriteToken => Envelope::V1,
            Self::Sent | Self::Fixed(_) | Self::Playsafe | Self::PlaysafeChild => Envelope::V2,
        }
    }

    /// Fields that every call of the family may have. Some clients send `requestId`, the account id and,
    /// beside another time, `ptime`, although no page mentions them.
    pub(crate) fn common(self) -> &'static [&'static str] {
        match self {
            Self::Sent | Self::Fixed(_) => &["ptime", "sign", "userid", "userId", "requestId"],
            Self::SubAccount | Self::V4 => &["appId", "timestamp", "sign", "ptime", "requestId"],
            Self::Playsafe => &["userId", "ts", "sign", "ptime", "requestId"],
            Self::PlaysafeChild => &["appId", "ts", "sign", "ptime", "requestId"],
            Self::WriteToken => &["method", "writetoken"],
        }
    }

    /// Refuses a call with a wrong account, time or signature. `explain` is set to the text that should have
    /// been signed.
    pub(super) fn check(self, who: &Caller<'_>, explain: &mut Option<String>) -> Result<(), Refusal> {
        match self {
            Self::Sent | Self::Fixed(_) => self.check_v2(who, explain),
            Self::SubAccount => self.check_v3(who, CLOCK_MILLIS, explain),
            Self::V4 => self.check_v3(who, V4_MILLIS, explain).map_err(in_v4),
            Self::Playsafe | Self::PlaysafeChild => self.check_playsafe(who, explain),
            Self::WriteToken => match who.fields.get("writetoken") {
                None => Err(Refusal::new("writetoken is empty").error(2)),
                Some(token) if token == who.credentials.polyv_write_token => Ok(()),
                Some(_) => Err(Refusal::new("no user for this writetoken").error(1)),
            },
        }
    }

    fn check_v2(self, who: &Caller<'_>, explain: &mut Option<String>) -> Result<(), Refusal> {
        let fields = who.fields;
        if fields.get("sign").is_none() {
            return Err(Refusal::new("sign can not be empty."));
        }
        let account = who.account.or_else(|| fields.get("userid")).or_else(|| fields.get("userId"));
        if account != Some(who.credentials.polyv_user_id.as_str()) {
            return Err(Refusal::new("Could not find user by userid."));
        }
        let Some(ptime) = millis(fields.get("ptime")) else {
            return Err(Refusal::new("ptime is illegal."));
        };
        if who.now - ptime > CLOCK_MILLIS {
            return Err(Refusal::new("ptime is too old."));
        }
        if ptime - who.now > CLOCK_MILLIS {
            return Err(Refusal::new("ptime is illegal."));
        }
        self.check_sign(who, explain, || Refusal::new("the sign is not right."))
    }

    fn check_v3(self, who: &Caller<'_>, good_for: i64, explain: &mut Option<String>) -> Result<(), Refusal> {
        let fields = who.fields;
        if who.strict && fields.get("secretKey").is_some() {
            return Err(Refusal::new("strict: field `secretKey` is sent, and a secret must never travel"));
        }
        if fields.get("appId") != Some(who.credentials.polyv_app_id.as_str()) {
            return Err(Refusal::new("application not exist").error(101));
        }
        if millis(fields.get("timestamp")).is_none_or(|time| (who.now - time).abs() > good_for) {
            return Err(Refusal::new("invalid timestamp").error(100));
        }
        self.check_sign(who, explain, || Refusal::new("invalid signature").code(403).error(104))
    }

    fn check_playsafe(self, who: &Caller<'_>, explain: &mut Option<String>) -> Result<(), Refusal> {
        let fields = who.fields;
        let (name, id) = match self {
            Self::PlaysafeChild => ("appId", &who.credentials.polyv_app_id),
            _ => ("userId", &who.credentials.polyv_user_id),
        };
        if who.strict && fields.get("secretKey").is_some() {
            return Err(Refusal::new("strict: field `secretKey` is sent, and a secret must never travel"));
        }
        if fields.get(name) != Some(id.as_str()) {
            return Err(Refusal::new("user_not_found").data("user secretKey not found."));
        }
        if millis(fields.get("ts")).is_none_or(|time| (who.now - time).abs() > TOKEN_MILLIS) {
            return Err(Refusal::new("ts_expired").code(403).data("ts is not within 10 minutes of now."));
        }
        self.check_sign(who, explain, || Refusal::new("sign_invalid").data("the sign is not right."))
    }

    fn check_sign(
        self,
        who: &Caller<'_>,
        explain: &mut Option<String>,
        wrong: impl Fn() -> Refusal,
    ) -> Result<(), Refusal> {
        let sign = who.fields.get("sign").unwrap_or_default();
        let secret = match self {
            Self::SubAccount | Self::V4 | Self::PlaysafeChild => &who.credentials.polyv_app_secret,
            _ => &who.credentials.polyv_secret_key,
        };
        if self.signature(who.fields, &who.credentials.polyv_user_id, secret, None) == sign {
            return Ok(());
        }
        *explain = Some(self.text(who.fields, &who.credentials.polyv_user_id, "<secret>", None));
        // Each field costs a signature over all of them, so a request with very many is not explained.
        if who.strict && who.fields.iter().count() <= EXPLAINED {
            let unsigned = who.fields.iter().map(|(name, _)| name);
            let mut unsigned = unsigned.filter(|name| {
                self.signature(who.fields, &who.credentials.polyv_user_id, secret, Some(name)) == sign
            });
            if let Some(name) = unsigned.next() {
                return Err(Refusal {
                    message: Cow::Owned(format!("strict: field `{name}` is sent but not signed")),
                    ..wrong()
                });
            }
        }
        Err(wrong())
    }

    /// The text to sign, including the secret. Names are in byte order and values raw; `sign` and empty
    /// values are omitted.
    pub(super) fn text(self, fields: &Fields, account: &str, secret: &str, without: Option<&str>) -> String {
        let mut pairs: Vec<(&str, &str)> = match self {
            Self::Fixed(names) => {
                let value = |name: &'static str| match name {
                    "userid" => Some(fields.get(name).unwrap_or(account)),
                    _ => fields.get(name),
                };
                names.iter().filter_map(|&name| Some((name, value(name)?))).collect()
            }
            _ => fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()).collect(),
        };
        pairs.retain(|(name, _)| without != Some(*name));
        pairs.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        match self {
            Self::Sent | Self::Fixed(_) => {
                let pairs: Vec<String> =
                    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
                pairs.join("&") + secret
            }
            _ => {
                let pairs: String = pairs.into_iter().flat_map(|(name, value)| [name, value]).collect();
                format!("{secret}{pairs}{secret}")
            }
        }
    }

    pub(crate) fn signature(
        self,
        fields: &Fields,
        account: &str,
        secret: &str,
        without: Option<&str>,
    ) -> String {
        let text = self.text(fields, account, secret, without);
        match self {
            Self::Sent | Self::Fixed(_) => hex::encode_upper(Sha1::digest(text)),
            _ => hex::encode_upper(Md5::digest(text)),
        }
    }
}

/// What is known of a call before it is authenticated.
pub(super) struct Caller<'a> {
    pub(super) credentials: &'a DemoCredentials,
    /// The account id in the path, if the path has one.
    pub(super) account: Option<&'a str>,
    pub(super) fields: &'a Fields,
    pub(super) now: i64,
    pub(super) strict: bool,
}

/// A time of 13 digits, as all families write it.
fn millis(text: Option<&str>) -> Option<i64> {
    text.filter(|text| text.len() == 13 && text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// Strict mode: every name is documented, and comes once.
pub(super) fn known_fields<'a>(
    route: &Route,
    auth: Auth,
    fields: &'a Fields,
    files: impl Iterator<Item = &'a str>,
) -> Result<(), Refusal> {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name).chain(files).collect();
    if let Some(name) = names.iter().find(|name| !auth.common().contains(name) && !route.knows(name)) {
        return Err(Refusal::new(format!("strict: field `{name}` is not known to {}", route.id)));
    }
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Refusal::new(format!("strict: field `{}` is sent more than once", pair[0]))),
        None => Ok(()),
    }
}

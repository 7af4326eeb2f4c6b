//! The fields that signing fills in: what requests are signed with, what OpenAPI lists, and what an input
//! must leave out.

use super::info::{Auth, OperationInfo};

/// A field that the client fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilledIn {
    /// The name on the wire.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) what: Filling,
}

/// What is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filling {
    /// The account's id.
    Account,
    /// The sub-account's application id.
    SubAccount,
    /// The time, in milliseconds since 1970.
    Time,
    /// The account's write token.
    WriteToken,
    /// The signature over the fields before it.
    Signature(Scheme),
}

/// A scheme of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// SHA-1 with the main account's key.
    Sha1,
    /// MD5 with the main account's key.
    Md5,
    /// MD5 with the sub-account's key.
    Md5SubAccount,
}

#[cfg(feature = "openapi")]
impl Scheme {
    /// The signature's length in hex digits.
    pub(crate) const fn digits(self) -> u8 {
        match self {
            Self::Sha1 => 40,
            Self::Md5 | Self::Md5SubAccount => 32,
        }
    }
}

const fn row(name: &'static str, what: Filling) -> FilledIn {
    FilledIn { name, what }
}

const SHA1: &[FilledIn] = &[row("ptime", Filling::Time), row("sign", Filling::Signature(Scheme::Sha1))];
const MD5: &[FilledIn] = &[
    row("appId", Filling::SubAccount),
    row("timestamp", Filling::Time),
    row("sign", Filling::Signature(Scheme::Md5SubAccount)),
];
const PLAYSAFE: &[FilledIn] = &[row("ts", Filling::Time), row("sign", Filling::Signature(Scheme::Md5))];
const PLAYSAFE_CHILD: &[FilledIn] = &[
    row("appId", Filling::SubAccount),
    row("ts", Filling::Time),
    row("sign", Filling::Signature(Scheme::Md5SubAccount)),
];
const WRITE_TOKEN: &[FilledIn] = &[row("writetoken", Filling::WriteToken)];

/// The names under which operations send the account's id.
pub(crate) const ACCOUNT_NAMES: [&str; 2] = ["userid", "userId"];

impl Auth {
    /// The fields that it fills in, in the order in which they are sent. QingCloud's signature is a header.
    pub(crate) const fn filled_in(self) -> &'static [FilledIn] {
        match self {
            Self::Sha1 => SHA1,
            Self::Md5 => MD5,
            Self::Playsafe => PLAYSAFE,
            Self::PlaysafeChild => PLAYSAFE_CHILD,
            Self::WriteToken => WRITE_TOKEN,
            Self::Qvod => &[],
        }
    }
}

impl OperationInfo {
    /// The fields that a client fills in beside those of the path and the headers, in the order in which they
    /// are sent.
    pub(crate) fn filled_in(&self) -> impl Iterator<Item = FilledIn> {
        let account = self.account.map(|name| row(name, Filling::Account));
        account.into_iter().chain(self.auth.filled_in().iter().copied())
    }
}

/// Whether the client fills in this field, of whichever operation.
pub(crate) fn is_filled_in(name: &str) -> bool {
    let signing = [SHA1, MD5, PLAYSAFE, PLAYSAFE_CHILD, WRITE_TOKEN];
    ACCOUNT_NAMES.contains(&name) || signing.into_iter().flatten().any(|field| field.name == name)
}

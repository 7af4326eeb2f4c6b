//! Where callbacks may go.

use std::fmt;
use thiserror::Error;
use url::{Host, Url};

/// Where the providers send callbacks, as set in an account's console. Default: nowhere.
///
/// Only addresses of this machine (`localhost`, `127.0.0.0/8`, `::1`) are allowed, unless
/// [`Options::callbacks_anywhere`](crate::Options::callbacks_anywhere) is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callbacks {
    /// The URL for Polyv's callbacks. Its own query is kept, and Polyv's fields are appended.
    pub polyv: Option<Url>,
    /// The URL for QingCloud's callbacks, which is signed in the normal form shown here.
    pub qingcloud: Option<Url>,
}

/// A target that is not allowed; the message names the member and the rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("callbacks.{0}")]
pub struct CallbackTargetError(String);

impl CallbackTargetError {
    pub(crate) fn new(member: &str, reason: impl fmt::Display) -> Self {
        Self(format!("{member}: {reason}"))
    }
}

/// Longest target, in bytes.
const MAX_TARGET: usize = 2000;

impl Callbacks {
    pub(crate) fn check(&self, anywhere: bool) -> Result<(), CallbackTargetError> {
        for (member, target) in [("polyv", &self.polyv), ("qingcloud", &self.qingcloud)] {
            let Some(target) = target else {
                continue;
            };
            let refuse = |reason: String| Err(CallbackTargetError::new(member, reason));
            let length = target.as_str().len();
            if length > MAX_TARGET {
                return refuse(format!("{length} bytes, at most {MAX_TARGET}"));
            }
            if !matches!(target.scheme(), "http" | "https") {
                return refuse(format!("scheme `{}`, only http and https", target.scheme()));
            }
            if target.fragment().is_some() {
                return refuse("a fragment, which no request can carry".to_owned());
            }
            if !anywhere && !is_local(target) {
                let host = target.host_str().unwrap_or_default();
                return refuse(format!(
                    "host `{host}` is another machine; only loopback addresses, unless the emulator was started with `callbacks_anywhere`"
                ));
            }
        }
        Ok(())
    }
}

/// Whether a URL leads to this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_by_table() {
        let long = format!("http://localhost/{}", "a".repeat(MAX_TARGET));
        let cases = [
            ("http://127.0.0.1:9/a?b=c", "", ""),
            ("http://127.9.9.9", "", ""),
            ("https://localhost/a", "", ""),
            ("http://[::1]:9/", "", ""),
            ("http://192.0.2.1/a", "host `192.0.2.1` is another machine", ""),
            ("http://0.0.0.0/", "host `0.0.0.0` is another machine", ""),
            ("http://[2001:db8::1]/", "host `[2001:db8::1]` is another machine", ""),
            ("http://localhost.example.com/", "host `localhost.example.com` is another machine", ""),
            ("http://127.0.0.1.example.com/", "host `127.0.0.1.example.com` is another machine", ""),
            ("http://localhost@example.com/", "host `example.com` is another machine", ""),
            ("ftp://localhost/", "scheme `ftp`, only http and https", "scheme `ftp`"),
            ("file:///tmp/a", "scheme `file`", "scheme `file`"),
            ("http://localhost/#a", "a fragment", "a fragment"),
            (&long, "2017 bytes, at most 2000", "2017 bytes"),
        ];
        for (target, here, anywhere) in cases {
            for (name, allowed, expected) in [("polyv", false, here), ("qingcloud", true, anywhere)] {
                let mut callbacks = Callbacks::default();
                *(if name == "polyv" { &mut callbacks.polyv } else { &mut callbacks.qingcloud }) =
                    Some(target.parse().unwrap());
                let said = callbacks.check(allowed).err().map(|error| error.to_string()).unwrap_or_default();
                let expected =
                    if expected.is_empty() { String::new() } else { format!("callbacks.{name}: {expected}") };
                assert!(
                    said.starts_with(&expected) && said.is_empty() == expected.is_empty(),
                    "{target}: {said}"
                );
            }
        }
    }
}

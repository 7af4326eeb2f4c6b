//! The keys and rules by which callbacks are verified.

use crate::failure::Failure;
use crate::settings::{self, Settings};
use bytes::Bytes;
use clap::Args;
use std::time::Duration;
use vod_core::callback::CallbackError;
use vod_core::operation::Provider;
use vod_core::{Timestamp, polyv, qingcloud};

/// How QingCloud's signatures are verified against a URL and a time.
#[derive(Debug, Args)]
pub(super) struct Rules {
    /// QingCloud's callback URL exactly as entered in its console: the signature covers it. Default: the URL
    /// that was called
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<String>,
    /// The largest difference between the time of a QingCloud callback and now, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = qingcloud::callback::WINDOW.as_secs(), value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub(super) window: u64,
    /// Accept QingCloud's callbacks without a signature, for an account without a callback key: anybody can
    /// send them
    #[arg(long)]
    pub(super) unsigned: bool,
}

/// The verifiers for which there are keys.
pub(super) struct Verifiers {
    polyv: Option<polyv::callback::Verifier>,
    qingcloud: Option<qingcloud::callback::Verifier>,
}

impl Verifiers {
    /// The verifiers from the settings: that of the named provider, or of all with a key, at least one.
    pub(super) fn of(settings: &Settings, only: Option<Provider>, rules: &Rules) -> Result<Self, Failure> {
        let polyv =
            match settings.secret(&settings::POLYV_SECRET_KEY)?.filter(|_| only != Some(Provider::QingCloud))
            {
                Some(key) => {
                    let verifier = polyv::callback::Verifier::new(key);
                    Some(match settings.secret(&settings::POLYV_OLD_SECRET_KEY)? {
                        Some(old) => verifier.with_old_key(old),
                        None => verifier,
                    })
                }
                None => None,
            };
        let key =
            settings.secret(&settings::QINGCLOUD_CALLBACK_KEY)?.filter(|_| only != Some(Provider::Polyv));
        let qingcloud = match (key, rules.unsigned) {
            (Some(_), true) => {
                return Err(Failure::Usage(format!(
                    "--unsigned is for an account without a callback key, and {} is set",
                    settings::QINGCLOUD_CALLBACK_KEY.env
                )));
            }
            (None, true) => Some(qingcloud::callback::Verifier::unsigned()),
            (Some(key), false) => {
                let verifier =
                    qingcloud::callback::Verifier::new(key).with_window(Duration::from_secs(rules.window));
                let verifier = match &rules.public_url {
                    Some(url) => verifier
                        .with_url(url)
                        .map_err(|_| Failure::text("--public-url", "an http or https URL", url))?,
                    None => verifier,
                };
                Some(match settings.secret(&settings::QINGCLOUD_CALLBACK_OLD_KEY)? {
                    Some(old) => verifier.with_old_key(old),
                    None => verifier,
                })
            }
            (None, false) => None,
        };
        match (only, &polyv, &qingcloud) {
            (None, None, None) => {
                Err(settings::missing(&[&settings::POLYV_SECRET_KEY, &settings::QINGCLOUD_CALLBACK_KEY]))
            }
            (Some(Provider::Polyv), None, _) => Err(settings::missing(&[&settings::POLYV_SECRET_KEY])),
            (Some(Provider::QingCloud), _, None) => {
                Err(settings::missing(&[&settings::QINGCLOUD_CALLBACK_KEY]))
            }
            _ => Ok(Self { polyv, qingcloud }),
        }
    }

    /// Whether there is a verifier for this provider.
    pub(super) const fn has(&self, provider: Provider) -> bool {
        match provider {
            Provider::Polyv => self.polyv.is_some(),
            Provider::QingCloud => self.qingcloud.is_some(),
            _ => false,
        }
    }

    /// The verified callback as JSON. Without a key for its provider, no callback is valid.
    pub(super) fn verify(
        &self,
        provider: Provider,
        request: &http::Request<Bytes>,
        now: Timestamp,
    ) -> Result<serde_json::Value, CallbackError> {
        match (provider, &self.polyv, &self.qingcloud) {
            (Provider::Polyv, Some(verifier), _) => verifier.verify(request, now)?.to_json(),
            (Provider::QingCloud, _, Some(verifier)) => verifier.verify(request, now)?.to_json(),
            _ => Err(CallbackError::NoKey),
        }
    }
}

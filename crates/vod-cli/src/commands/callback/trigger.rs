//! `vod callback trigger`: sends a callback as a provider would.

use super::target::Target;
use crate::commands::runtime;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fields;
use crate::output::Printer;
use crate::settings::{self, Settings};
use crate::table::table;
use bytes::Bytes;
use clap::Args;
use serde_json::{Map, Value, json};
use vod_core::operation::Provider;
use vod_core::{Secret, driver, polyv, qingcloud};
use vod_driver::now;

/// Send a correctly signed sample of an event, for testing a receiver
///
/// Fields that are not given are taken from an example. Exits with 4 if the receiver does not respond with
/// 2xx, and with 5 if it does not respond.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// The event, by its wire name; `--list` prints them
    #[arg(value_name = "EVENT", required_unless_present = "list")]
    event: Option<String>,
    /// A field by its wire name: `name=value`, `name=@file`, or `name:=json`; `name:=null` omits it
    #[arg(value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// The receiver's URL
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    to: Option<String>,
    /// The URL for QingCloud's signature, if not that of the receiver
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Send QingCloud's callback without a signature
    #[arg(long)]
    unsigned: bool,
    /// List the events
    #[arg(long, conflicts_with_all = ["event", "to"])]
    list: bool,
}

/// An event that can be created.
#[derive(Clone, Copy)]
enum Sample {
    Polyv(polyv::callback::EventType),
    QingCloud(qingcloud::callback::EventType),
}

impl Sample {
    fn all() -> impl Iterator<Item = Self> {
        let polyv = polyv::callback::EventType::ALL.iter().copied().map(Self::Polyv);
        polyv.chain(qingcloud::callback::EventType::ALL.iter().copied().map(Self::QingCloud))
    }

    fn name(&self) -> &str {
        match self {
            Self::Polyv(event) => event.as_wire(),
            Self::QingCloud(event) => event.as_wire(),
        }
    }

    const fn provider(self) -> Provider {
        match self {
            Self::Polyv(_) => Provider::Polyv,
            Self::QingCloud(_) => Provider::QingCloud,
        }
    }

    fn method(self) -> http::Method {
        match self {
            Self::Polyv(event) => event.method(),
            Self::QingCloud(_) => http::Method::POST,
        }
    }

    fn request(
        self,
        url: &str,
        fields: &Map<String, Value>,
        key: Option<&Secret>,
    ) -> Result<http::Request<Bytes>, vod_core::Error> {
        match (self, key) {
            (Self::Polyv(event), key) => {
                polyv::callback::sample(event, url, fields, key.unwrap_or(&Secret::new("")))
            }
            (Self::QingCloud(event), key) => qingcloud::callback::sample(event, url, fields, key, now()),
        }
    }
}

impl Trigger {
    pub(crate) fn run(
        self,
        settings: impl FnOnce() -> Result<Settings, Failure>,
        printer: Printer,
    ) -> Result<Exit, Failure> {
        let (Some(name), Some(to)) = (&self.event, &self.to) else { return list(printer) };
        let sample = Sample::all().find(|sample| sample.name() == name).ok_or_else(|| unknown(name))?;
        let target = Target::new("--to", to)?;
        let fields = fields::named(&self.fields)?;
        let settings = settings()?;
        let key = match sample {
            Sample::Polyv(_) => Some(required(&settings, &settings::POLYV_SECRET_KEY)?),
            Sample::QingCloud(_) if self.unsigned => None,
            Sample::QingCloud(_) => Some(required(&settings, &settings::QINGCLOUD_CALLBACK_KEY)?),
        };
        let request = sample.request(self.public_url.as_ref().unwrap_or(to), &fields, key.as_ref())?;
        let method = request.method().clone();
        let answered = runtime()?.block_on(target.post(request));
        let (status, why) = match &answered {
            Ok(status) => (Some(status.as_u16()), None),
            Err(why) => (None, Some(why.as_str())),
        };
        let exit = match &answered {
            Ok(status) if status.is_success() => Exit::Done,
            Ok(_) => Exit::Refused,
            Err(_) => Exit::Transport,
        };
        if printer.json() {
            let provider = sample.provider().name();
            printer.line(&json!({ "event": name, "provider": provider, "method": method.as_str(), "status": status, "error": why }))?;
        } else {
            printer.text(&match &answered {
                Ok(status) => format!("{name}: {status}"),
                Err(why) => format!("{name}: no response: {why}"),
            })?;
        }
        Ok(exit)
    }
}

fn required(settings: &Settings, setting: &'static settings::Setting) -> Result<Secret, Failure> {
    settings.secret(setting)?.ok_or_else(|| settings::missing(&[setting]))
}

fn unknown(name: &str) -> Failure {
    let known: Vec<_> = Sample::all().collect();
    let near = driver::nearest(name, known.iter().map(Sample::name));
    let hint = near.map_or_else(
        || "`vod callback trigger --list` names them".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Failure::Usage(format!("there is no event `{name}`; {hint}"))
}

fn list(printer: Printer) -> Result<Exit, Failure> {
    let rows = Sample::all().map(|sample| {
        [sample.provider().name().to_owned(), sample.method().to_string(), sample.name().to_owned()]
    });
    if printer.json() {
        let object = |[provider, method, event]: [String; 3]| json!({ "event": event, "provider": provider, "method": method });
        printer.line(&rows.map(object).collect::<Value>())?;
    } else {
        printer.text(&table(["PROVIDER", "METHOD", "EVENT"], &rows.collect::<Vec<_>>()))?;
    }
    Ok(Exit::Done)
}

//! Credentials and endpoints, from flags, the environment or a profile of the configuration file, in this
//! order. Secrets have no flag, since everybody on the machine can see arguments; they come from the
//! environment, a file or a terminal.

use crate::failure::Failure;
use crate::output::Printer;
use clap::Args;
use etcetera::BaseStrategy as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use vod_core::limits::{Rule, Violation};
use vod_core::operation::Provider;
use vod_core::{Accounts, Endpoint, Error, Secret, polyv, qingcloud};

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The environment variable.
    pub(crate) env: &'static str,
    /// The table of a profile.
    section: &'static str,
    /// The key in that table. A secret may also be in a file, named by the key with `_file` appended.
    key: &'static str,
    secret: bool,
    doc: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident = $env:literal $section:literal $key:literal $secret:literal;)*) => {
        $($(#[doc = $doc])* pub(crate) const $name: Setting =
            Setting { env: $env, section: $section, key: $key, secret: $secret, doc: concat!($($doc),*) };)*
        /// All settings.
        const ALL: &[Setting] = &[$($name),*];
    };
}

settings! {
    /// The Polyv account's id
    POLYV_USER_ID = "VOD_POLYV_USER_ID" "polyv" "user_id" false;
    /// The Polyv account's secret key
    POLYV_SECRET_KEY = "VOD_POLYV_SECRET_KEY" "polyv" "secret_key" true;
    /// Polyv's previous secret key, accepted for callbacks during a key rotation
    POLYV_OLD_SECRET_KEY = "VOD_POLYV_OLD_SECRET_KEY" "polyv" "old_secret_key" true;
    /// The token of Polyv's old v1 calls
    POLYV_WRITE_TOKEN = "VOD_POLYV_WRITE_TOKEN" "polyv" "write_token" true;
    /// A Polyv sub-account's application id
    POLYV_APP_ID = "VOD_POLYV_APP_ID" "polyv" "app_id" false;
    /// The Polyv sub-account's secret
    POLYV_APP_SECRET = "VOD_POLYV_APP_SECRET" "polyv" "app_secret" true;
    /// A URL to use instead of Polyv's hosts
    POLYV_ENDPOINT = "VOD_POLYV_ENDPOINT" "polyv" "endpoint" false;
    /// The QingCloud access key's id
    QINGCLOUD_ACCESS_KEY_ID = "VOD_QINGCLOUD_ACCESS_KEY_ID" "qingcloud" "access_key_id" false;
    /// The QingCloud access key's secret
    QINGCLOUD_SECRET_ACCESS_KEY = "VOD_QINGCLOUD_SECRET_ACCESS_KEY" "qingcloud" "secret_access_key" true;
    /// A URL to use instead of QingCloud's host
    QINGCLOUD_ENDPOINT = "VOD_QINGCLOUD_ENDPOINT" "qingcloud" "endpoint" false;
    /// The key that signs QingCloud's callbacks
    QINGCLOUD_CALLBACK_KEY = "VOD_QINGCLOUD_CALLBACK_KEY" "qingcloud" "callback_key" true;
    /// QingCloud's previous callback key, accepted during a key rotation
    QINGCLOUD_CALLBACK_OLD_KEY = "VOD_QINGCLOUD_CALLBACK_OLD_KEY" "qingcloud" "callback_old_key" true;
}

/// The profile, if the flag does not name one.
const PROFILE: &str = "VOD_PROFILE";
/// The directory of what the command remembers: checkpoints and the shared rate.
pub(crate) const STATE_DIR: &str = "VOD_STATE_DIR";
/// The journal of imports, if the flag does not name one.
pub(crate) const JOURNAL: &str = "VOD_JOURNAL";
/// The directory of checkpoints, if the flag does not name one.
pub(crate) const CHECKPOINTS: &str = "VOD_CHECKPOINTS";
/// The profile if nothing names one.
const DEFAULT_PROFILE: &str = "default";

/// The settings as `--help` explains them.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Settings, strongest first: flag, environment, profile of the configuration file.\n\nEnvironment:\n",
    );
    for setting in ALL {
        let _ = writeln!(
            text,
            "  {:33}{} ({}.{}{})",
            setting.env,
            setting.doc.trim(),
            setting.section,
            setting.key,
            if setting.secret { " or …_file" } else { "" }
        );
    }
    let _ = write!(
        text,
        "  {PROFILE:33}The profile\n  {CHECKPOINTS:33}The directory of checkpoints; default: uploads in VOD_STATE_DIR\n  \
         {JOURNAL:33}The journal of imports; default: imports.sqlite in VOD_STATE_DIR\n  \
         {STATE_DIR:33}The directory of checkpoints, the journal and the rate; default: vod in the user's state directory\n\n\
         The providers limit the calls of an address: 1500 in 10 s at Polyv, 2000 an hour at QingCloud. All\n\
         commands of this user share the file `rate` in VOD_STATE_DIR and stay below the limits together.\n\n\
         The configuration file has a table for each profile, `{DEFAULT_PROFILE}` unless one is named:\n\n  \
         [{DEFAULT_PROFILE}.polyv]\n  user_id = \"…\"\n  secret_key_file = \"/run/secrets/polyv\""
    );
    text
}

/// Settings from flags.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Flags {
    /// The configuration file; default: vod/config.toml in the user's configuration directory
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The profile of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// The Polyv account's id
    #[arg(long, global = true, value_name = "ID")]
    polyv_user_id: Option<String>,
    /// A URL to use instead of Polyv's hosts
    #[arg(long, global = true, value_name = "URL")]
    polyv_endpoint: Option<String>,
    /// The QingCloud access key's id
    #[arg(long, global = true, value_name = "ID")]
    qingcloud_access_key_id: Option<String>,
    /// A URL to use instead of QingCloud's host
    #[arg(long, global = true, value_name = "URL")]
    qingcloud_endpoint: Option<String>,
}

impl Flags {
    fn get(&self, setting: &Setting) -> Option<&str> {
        let flag = match setting.env {
            env if env == POLYV_USER_ID.env => &self.polyv_user_id,
            env if env == POLYV_ENDPOINT.env => &self.polyv_endpoint,
            env if env == QINGCLOUD_ACCESS_KEY_ID.env => &self.qingcloud_access_key_id,
            env if env == QINGCLOUD_ENDPOINT.env => &self.qingcloud_endpoint,
            _ => return None,
        };
        flag.as_deref()
    }
}

/// A profile: its tables, and the values in them.
type Profile = BTreeMap<String, BTreeMap<String, String>>;

/// The merged sources of settings.
pub(crate) struct Settings {
    flags: Flags,
    environment: fn(&str) -> Option<String>,
    profile: Profile,
    printer: Printer,
}

impl Settings {
    /// Merges flags, this process's environment and the profile that they name.
    pub(crate) fn load(flags: Flags, printer: Printer) -> Result<Self, Failure> {
        Self::load_from(flags, |name| std::env::var(name).ok(), printer)
    }

    fn load_from(
        flags: Flags,
        environment: fn(&str) -> Option<String>,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let profile = flags.profile.clone().or_else(|| environment(PROFILE).filter(|name| !name.is_empty()));
        let profile = match (&flags.config, default_path(environment)) {
            (Some(path), _) => read_profile(path, profile.as_deref(), printer)?,
            (None, Some(path)) if path.exists() => read_profile(&path, profile.as_deref(), printer)?,
            (None, path) => match profile {
                None => Profile::new(),
                Some(name) => {
                    let path =
                        path.map_or_else(|| "vod/config.toml".to_owned(), |path| path.display().to_string());
                    return Err(Failure::input(
                        path,
                        "a file with the profile that is named",
                        format!("no file for profile {name}"),
                    ));
                }
            },
        };
        Ok(Self { flags, environment, profile, printer })
    }

    /// What warnings are printed with.
    pub(crate) const fn printer(&self) -> Printer {
        self.printer
    }

    /// The credentials that a provider's calls need.
    pub(crate) fn account(&self, provider: Provider) -> Result<Accounts, Failure> {
        match provider {
            Provider::Polyv => {
                let (user_id, secret_key) = self.pair(&POLYV_USER_ID, &POLYV_SECRET_KEY)?;
                let mut account = polyv::Credentials::new(user_id, secret_key);
                if let Some(token) = self.secret(&POLYV_WRITE_TOKEN)? {
                    account = account.with_write_token(token);
                }
                match (self.text(&POLYV_APP_ID), self.secret(&POLYV_APP_SECRET)?) {
                    (None, None) => {}
                    (Some(id), Some(secret)) => account = account.with_sub_account(id, secret),
                    // Otherwise calls would silently use the main account.
                    (Some(_), None) => return Err(missing(&[&POLYV_APP_SECRET])),
                    (None, Some(_)) => return Err(missing(&[&POLYV_APP_ID])),
                }
                if let Some(endpoint) = self.endpoint(&POLYV_ENDPOINT)? {
                    account = account.with_endpoint(endpoint);
                }
                Ok(account.into())
            }
            Provider::QingCloud => {
                let (id, secret) = self.pair(&QINGCLOUD_ACCESS_KEY_ID, &QINGCLOUD_SECRET_ACCESS_KEY)?;
                let mut account = qingcloud::Credentials::new(id, secret);
                if let Some(endpoint) = self.endpoint(&QINGCLOUD_ENDPOINT)? {
                    account = account.with_endpoint(endpoint);
                }
                Ok(account.into())
            }
            other => Err(Failure::Unexpected(format!("no settings for {}", other.name()))),
        }
    }

    /// An id and its secret; the secret may be typed at a terminal.
    fn pair(&self, id: &Setting, secret: &Setting) -> Result<(String, Secret), Failure> {
        match (self.text(id), self.secret(secret)?) {
            (Some(id), Some(secret)) => Ok((id, secret)),
            (Some(id), None) => prompt(secret)?.map(|secret| (id, secret)).ok_or_else(|| missing(&[secret])),
            (None, Some(_)) => Err(missing(&[id])),
            (None, None) => Err(missing(&[id, secret])),
        }
    }

    pub(crate) fn text(&self, setting: &Setting) -> Option<String> {
        let set = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let flag = self.flags.get(setting).map(str::to_owned).and_then(set);
        flag.or_else(|| (self.environment)(setting.env).and_then(set))
            .or_else(|| self.in_profile(setting.section, setting.key).and_then(set))
    }

    /// A secret, if it is set.
    pub(crate) fn secret(&self, setting: &Setting) -> Result<Option<Secret>, Failure> {
        if let Some(text) = self.text(setting) {
            return Ok(Some(Secret::new(text)));
        }
        let Some(path) = self.in_profile(setting.section, &format!("{}_file", setting.key)) else {
            return Ok(None);
        };
        let path = PathBuf::from(path);
        let text = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))?;
        warn_if_others_may_read(&path, self.printer);
        Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(Secret::from))
    }

    fn endpoint(&self, setting: &Setting) -> Result<Option<Endpoint>, Failure> {
        let Some(text) = self.text(setting) else { return Ok(None) };
        Endpoint::parse(&text).map(Some).map_err(|mut error| {
            if let Error::Invalid(invalid) = &mut error {
                invalid
                    .violations
                    .iter_mut()
                    .for_each(|violation| setting.env.clone_into(&mut violation.path));
            }
            Failure::Api(error)
        })
    }

    fn in_profile(&self, section: &str, key: &str) -> Option<String> {
        self.profile.get(section)?.get(key).cloned()
    }
}

/// Required settings that are missing: at least one.
pub(crate) fn missing(settings: &[&Setting]) -> Failure {
    let mut violations = settings.iter().map(|setting| {
        let doc = setting.doc.trim();
        let (first, rest) = doc.split_at(doc.chars().next().map_or(0, char::len_utf8));
        Violation::new(setting.env, Rule::Required, format!("nothing ({}{rest})", first.to_lowercase()))
    });
    let mut error = Error::invalid(violations.next().expect("at least one setting is missing"));
    if let Error::Invalid(invalid) = &mut error {
        invalid.violations.extend(violations);
    }
    Failure::Api(error)
}

/// What the command remembers is in this directory: `VOD_STATE_DIR`, or `vod` in the user's state directory.
/// `None` if there is no home directory.
pub(crate) fn state_directory() -> Option<PathBuf> {
    let named = std::env::var_os(STATE_DIR).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| {
        let base = etcetera::base_strategy::Xdg::new().ok()?;
        Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("vod"))
    })
}

/// `vod/config.toml` in the user's configuration directory, by the XDG convention.
fn default_path(environment: fn(&str) -> Option<String>) -> Option<PathBuf> {
    let directory = match environment("XDG_CONFIG_HOME").filter(|path| Path::new(path).is_absolute()) {
        Some(path) => PathBuf::from(path),
        None => etcetera::base_strategy::Xdg::new().ok()?.config_dir(),
    };
    Some(directory.join("vod").join("config.toml"))
}

/// A profile of a configuration file; without a name the default one, which is optional.
fn read_profile(path: &Path, name: Option<&str>, printer: Printer) -> Result<Profile, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    // The file's text is not repeated, as it may contain secrets: only the line of the error.
    let file: BTreeMap<String, BTreeMap<String, BTreeMap<String, toml::Value>>> = toml::from_str(&text)
        .map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            Failure::input(
                shown.to_string(),
                "TOML of the form [profile.provider] key = \"value\"",
                format!("something else in line {line}"),
            )
        })?;
    let wanted = name.unwrap_or(DEFAULT_PROFILE);
    let Some(tables) = file.get(wanted) else {
        return match name {
            None => Ok(Profile::new()),
            Some(name) => Err(Failure::input(
                shown.to_string(),
                "the profile that is named",
                format!("no profile {name}"),
            )),
        };
    };
    let mut profile = Profile::new();
    let mut holds_a_secret = false;
    for (section, values) in tables {
        for (key, value) in values {
            let at = format!("{shown}: {wanted}.{section}.{key}");
            let known = |setting: &&Setting| {
                setting.section == section
                    && (setting.key == key
                        || setting.secret && key.strip_suffix("_file") == Some(setting.key))
            };
            let Some(setting) = ALL.iter().find(known) else {
                return Err(Failure::input(
                    at,
                    "one of the settings that `vod --help` lists",
                    "another name",
                ));
            };
            let toml::Value::String(text) = value else {
                return Err(Failure::input(at, "text in quotes", value.type_str()));
            };
            holds_a_secret |= setting.secret && setting.key == key;
            profile.entry(section.clone()).or_default().insert(key.clone(), text.clone());
        }
    }
    if holds_a_secret {
        warn_if_others_may_read(path, printer);
    }
    Ok(profile)
}

#[cfg(unix)]
fn warn_if_others_may_read(path: &Path, printer: Printer) {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o044 != 0) {
        printer.warning(&format!(
            "{} contains a secret and others can read it; run `chmod 600`",
            path.display()
        ));
    }
}

#[cfg(not(unix))]
fn warn_if_others_may_read(_: &Path, _: Printer) {}

/// Asks for a secret without showing what is typed; only on a terminal.
fn prompt(setting: &Setting) -> Result<Option<Secret>, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let terminal = console::Term::stderr();
    let asked =
        terminal.write_str(&format!("{}: ", setting.doc.trim())).and_then(|()| terminal.read_secure_line());
    let text = asked.map_err(|error| Failure::Unexpected(format!("the terminal: {error}")))?;
    Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(Secret::from))
}

//! Where credentials come from, and that secrets are never shown.

mod support;

use support::{Done, Provider, file, run, run_with, vod, with_polyv};
use tempfile::TempDir;

/// A secret that occurs nowhere else.
const CANARY: &str = "cAnArY-5e1f0c2d";

const CONFIG: &str = r#"
[default.polyv]
user_id = "default-id"
secret_key_file = "KEYFILE"
endpoint = "https://default.example.com/prefix/"

[other.polyv]
user_id = "other-id"
secret_key = "cAnArY-5e1f0c2d"

[other.qingcloud]
access_key_id = "OTHER"
secret_access_key = "cAnArY-5e1f0c2d"
"#;

/// A configuration directory with [`CONFIG`] and the key file that it names.
fn configured() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let key = file(&directory, "key", format!("{CANARY}\n"));
    std::fs::create_dir(directory.path().join("vod")).unwrap();
    let config = file(&directory, "vod/config.toml", CONFIG.replace("KEYFILE", &key));
    for path in [key, config] {
        only_ours(&path, 0o600);
    }
    directory
}

#[cfg(unix)]
fn only_ours(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn only_ours(_: &str, _: u32) {}

const REQUEST: [&str; 4] = ["request", "polyv.sync.list", "--at", "1700000000000"];

/// The URL of a request with a directory's settings and these arguments and variables.
fn url(directory: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = vod(&[&REQUEST[..], arguments].concat());
    let done =
        run(command.env("XDG_CONFIG_HOME", directory.path()).envs(variables.iter().copied())).expect(0);
    assert_eq!(done.stderr, "");
    done.json()["url"].as_str().unwrap().to_owned()
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_profile() {
    let directory = configured();
    let begins = |arguments: &[&str], variables: &[(&str, &str)], expected: &str| {
        let url = url(&directory, arguments, variables);
        assert!(url.starts_with(expected), "{url}");
        url
    };
    let in_file = begins(
        &[],
        &[],
        "https://default.example.com/prefix/v2/video/grab/default-id/list?ptime=1700000000000&sign=",
    );
    // An empty variable counts as not set.
    begins(
        &[],
        &[("VOD_POLYV_USER_ID", ""), ("VOD_PROFILE", "")],
        "https://default.example.com/prefix/v2/video/grab/default-id/",
    );
    begins(
        &[],
        &[("VOD_POLYV_USER_ID", "env-id"), ("VOD_POLYV_ENDPOINT", "http://127.0.0.1:9")],
        "http://127.0.0.1:9/v2/video/grab/env-id/",
    );
    begins(
        &["--polyv-user-id", "flag-id"],
        &[("VOD_POLYV_USER_ID", "env-id")],
        "https://default.example.com/prefix/v2/video/grab/flag-id/",
    );
    begins(&[], &[("VOD_PROFILE", "other")], "https://api.polyv.net/v2/video/grab/other-id/");
    begins(
        &["--profile", "other"],
        &[("VOD_PROFILE", "none")],
        "https://api.polyv.net/v2/video/grab/other-id/",
    );
    // The key from the file signs like the same key from the environment, and not like another.
    assert_eq!(in_file, begins(&[], &[("VOD_POLYV_SECRET_KEY", CANARY)], "https://default.example.com/"));
    assert_ne!(in_file, begins(&[], &[("VOD_POLYV_SECRET_KEY", "another")], "https://default.example.com/"));

    let config = directory.path().join("vod/config.toml");
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(
        url(&elsewhere, &["--config", config.to_str().unwrap(), "--profile", "other"], &[])
            .contains("/other-id/")
    );
}

#[test]
fn missing_settings_are_named() {
    let error = run(&mut vod(&[&REQUEST[..], &["--json"]].concat())).expect(3).error();
    let paths: Vec<_> = error["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| violation["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["VOD_POLYV_USER_ID", "VOD_POLYV_SECRET_KEY"]);
    // There is no terminal, so the key is not asked for.
    let error = run(vod(&REQUEST).env("VOD_POLYV_USER_ID", "x")).expect(3).stderr;
    assert_eq!(
        error,
        "error: VOD_POLYV_SECRET_KEY: expected a value, got nothing (the Polyv account's secret key)\n"
    );
    // Half of a sub-account's credentials are rejected.
    for (given, wanted) in
        [("VOD_POLYV_APP_ID", "VOD_POLYV_APP_SECRET"), ("VOD_POLYV_APP_SECRET", "VOD_POLYV_APP_ID")]
    {
        let error = run(with_polyv(&mut vod(&REQUEST)).env(given, "x")).expect(3).stderr;
        assert!(
            error.starts_with(&format!("error: {wanted}: "))
                && error.contains("expected a value, got nothing ("),
            "{error}"
        );
    }
    let error = run(with_polyv(&mut vod(&[&REQUEST[..], &["--polyv-endpoint", "ftp://x"]].concat())))
        .expect(3)
        .stderr;
    assert!(error.contains("VOD_POLYV_ENDPOINT: expected an http or https URL, got 7 characters"), "{error}");
}

#[test]
fn configuration_files_that_are_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let with = |text: &str, more: &[&str]| {
        let path = file(&directory, "config.toml", text);
        only_ours(&path, 0o600);
        let done = run(&mut vod(&[&REQUEST[..], &["--config", &path], more].concat())).expect(3);
        assert!(!done.stderr.contains(CANARY), "{}", done.stderr);
        done.stderr
    };
    let key = format!("secret_key = \"{CANARY}\"");
    assert!(
        with(&format!("[default.polyv]\n{key}\n{CANARY} = = \n"), &[])
            .contains("got something else in line 3")
    );
    assert!(
        with(&format!("[default.polyv]\n{key}\nuser = \"x\"\n"), &[])
            .contains("default.polyv.user: expected one of the settings")
    );
    assert!(
        with("[default.polyv]\nuser_id = 7\n", &[])
            .contains("default.polyv.user_id: expected text in quotes, got integer")
    );
    assert!(with(&format!("{key}\n"), &[]).contains(": expected TOML of the form"));
    assert!(with(CONFIG, &["--profile", "none"]).contains("no profile none"));
    assert!(
        with("[default.polyv]\nuser_id = \"x\"\nsecret_key_file = \"/no/such/key\"\n", &[])
            .contains("cannot read /no/such/key: no such file")
    );
    let error = run(vod(&REQUEST).env("VOD_PROFILE", "x")).expect(3).stderr;
    assert!(error.contains("vod/config.toml") && error.contains("no file for profile x"), "{error}");
    run(&mut vod(&[&REQUEST[..], &["--config", "/no/such/config.toml"]].concat())).expect(3);
}

#[cfg(unix)]
#[test]
fn readable_secrets_cause_a_warning() {
    let directory = configured();
    let config = directory.path().join("vod/config.toml");
    only_ours(config.to_str().unwrap(), 0o644);
    only_ours(directory.path().join("key").to_str().unwrap(), 0o640);
    for (arguments, named) in [(&["--profile", "other"][..], "config.toml"), (&[], "key")] {
        let done =
            run(vod(&[&REQUEST[..], arguments].concat()).env("XDG_CONFIG_HOME", directory.path())).expect(0);
        assert!(
            done.stderr.starts_with("warning: ")
                && done.stderr.contains(&format!("{named} contains a secret")),
            "{}",
            done.stderr
        );
        let done =
            run(vod(&[&REQUEST[..], arguments, &["--json"]].concat())
                .env("XDG_CONFIG_HOME", directory.path()))
            .expect(0);
        assert_eq!(done.error()["kind"], "warning");
    }
}

/// A secret in every encoding in which it could leak.
fn forms(secret: &str) -> [String; 3] {
    [secret.to_owned(), hex::encode(secret), form_urlencoded::byte_serialize(secret.as_bytes()).collect()]
}

#[test]
fn no_output_contains_a_secret() {
    const SECRETS: [&str; 7] = [
        "VOD_POLYV_SECRET_KEY",
        "VOD_POLYV_WRITE_TOKEN",
        "VOD_POLYV_APP_SECRET",
        "VOD_QINGCLOUD_SECRET_ACCESS_KEY",
        "VOD_QINGCLOUD_CALLBACK_KEY",
        "VOD_QINGCLOUD_CALLBACK_OLD_KEY",
        "VOD_POLYV_OLD_SECRET_KEY",
    ];
    let directory = tempfile::tempdir().unwrap();
    let video = file(&directory, "v.mp4", b"video");
    let provider = Provider::start();
    let manifest = provider.manifest(2);
    let look = |done: Done, what: &[&str], secrets: &[String]| {
        for form in secrets.iter().flat_map(|secret| forms(secret)) {
            assert!(
                !done.stdout.contains(&form) && !done.stderr.contains(&form),
                "{what:?}: {}{}",
                done.stdout,
                done.stderr
            );
        }
    };
    let commands: [&[&str]; 11] = [
        &["call", "polyv.sync.list"],
        &["call", "qingcloud.media.search"],
        &["call", "qingcloud.media.get", "MediaId=1"],
        &["request", "polyv.sync.list"],
        &["request", "qingcloud.media.search", "--format", "http", "--show-secrets"],
        &["request", "polyv.sync.list", "--format", "curl", "--show-secrets"],
        &["import", "-"],
        &["upload", &video, "--to", "qingcloud"],
        &["call", "polyv.video.get", "vid="],
        &["callback", "verify", "/?sign=0cc175b9c0f1b6a831c399e269772661&type=pass&vid=a"],
        &["callback", "trigger", "pass", "--to", "http://127.0.0.1:1/"],
    ];
    for command in commands {
        for more in [&["-vv"][..], &["-vv", "--json"]] {
            let arguments = [command, more].concat();
            let own = provider
                .settings()
                .into_iter()
                .filter(|(name, _)| SECRETS.contains(name))
                .map(|(_, value)| value)
                .collect::<Vec<_>>();
            look(run_with(&mut provider.vod(&arguments), &manifest), &arguments, &own);
            // With a wrong key the provider refuses.
            let mut wrong = provider.vod(&arguments);
            wrong.envs(SECRETS.map(|name| (name, CANARY)));
            look(run_with(&mut wrong, &manifest), &arguments, &[CANARY.to_owned()]);
        }
    }
}

//! The commands share one rate: in the state directory, with everything else that is given the file.

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{Provider, file, run};
use vod_core::call::{Call, Outcome};
use vod_core::{Endpoint, Operation, polyv};
use vod_driver::{CallTask, Settings, now};

/// Another program with this file receives the provider's refusal for too many calls.
fn refused_elsewhere(provider: &Provider, rate: &Path) {
    let credentials = provider.emulator.credentials();
    let account = polyv::Credentials::new(&credentials.polyv_user_id, credentials.polyv_secret_key.as_str())
        .with_endpoint(Endpoint::parse(&provider.emulator.url()).unwrap());
    let mut settings = Settings::new(account.into());
    settings.shared_rate = Some(rate.to_owned());
    let client = settings.build(None).unwrap();
    let list = polyv::sync::ListTasks::new();
    let mut call = client.drive(Call::new(polyv::sync::ListTasks::INFO, list.values(), now()).unwrap());
    assert!(matches!(call.next_task(), CallTask::Send(_)));
    let answer = http::Response::builder().status(429).header("Retry-After", "300").body("".into()).unwrap();
    call.done(Outcome::Answer(answer));
    assert!(matches!(call.next_task(), CallTask::Done(Err(_))));
}

#[test]
fn a_block_stops_every_command_before_it_sends() {
    let (provider, directory) = (Provider::start(), tempfile::tempdir().unwrap());
    let state = directory.path().join("state");
    let vod = |arguments: &[&str]| run(provider.vod(arguments).env("VOD_STATE_DIR", &state));
    vod(&["call", "polyv.sync.list"]).expect(0);
    refused_elsewhere(&provider, &state.join("rate"));

    let refused = vod(&["call", "polyv.sync.list", "--json"]).expect(4).error();
    assert!(refused["message"].as_str().unwrap().contains("nothing was sent"), "{refused}");
    let manifest = file(&directory, "lessons.csv", provider.manifest(1));
    vod(&["import", "--no-journal", &manifest]).expect(4);
    assert_eq!((provider.count("polyv.sync.list"), provider.count("polyv.upload.urls")), (1, 0));

    // Another provider, another file and another endpoint are not concerned.
    vod(&["call", "qingcloud.media.search"]).expect(0);
    run(&mut provider.vod(&["call", "polyv.sync.list"])).expect(0);
    let other = Provider::start();
    run(other.vod(&["call", "polyv.sync.list"]).env("VOD_STATE_DIR", &state)).expect(0);
}

#[test]
fn the_file_is_in_the_state_directory() {
    let (provider, directory) = (Provider::start(), tempfile::tempdir().unwrap());
    let vod = |name: &str, path: &Path| {
        run(provider.vod(&["call", "polyv.sync.list"]).env(name, path)).expect(0);
    };
    vod("XDG_STATE_HOME", directory.path());
    assert!(directory.path().join("vod/rate").is_file());
    vod("VOD_STATE_DIR", &directory.path().join("mine"));
    assert!(directory.path().join("mine/rate").is_file());
}

#[test]
fn a_file_that_cannot_be_used_is_said_once_and_stops_nothing() {
    let (provider, directory) = (Provider::start(), tempfile::tempdir().unwrap());
    let occupied = file(&directory, "occupied", "a file where the directory should be");
    let other = directory.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("rate"), "a letter").unwrap();
    for state in [Path::new(&occupied), &other] {
        let vod =
            |arguments: &[&str]| run(provider.vod(arguments).env("VOD_STATE_DIR", state)).expect(0).stderr;
        let said = vod(&["call", "polyv.sync.list"]);
        assert!(said.starts_with("warning: cannot ") && said.lines().count() == 1, "{said}");
        assert!(said.contains("this process keeps to the rate limits alone; VOD_STATE_DIR"), "{said}");
        let said: Value = serde_json::from_str(&vod(&["call", "polyv.sync.list", "--json"])).unwrap();
        assert_eq!(said["kind"], "warning");
    }
    assert_eq!(fs::read_to_string(other.join("rate")).unwrap(), "a letter");
}

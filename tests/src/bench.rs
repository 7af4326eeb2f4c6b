//! An emulator, and a client for it.

use crate::{How, Setup, Transport};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;
use vod_core::catalog::{self, Input};
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::upload::Uploaded;
use vod_core::{Accounts, Endpoint, Error, polyv, qingcloud};
use vod_driver::Checkpoints;
use vod_emulator::{Emulator, FaultPlan, Options};

/// The seed of every bench, which determines its accounts' keys.
pub const SEED: u64 = 20;

/// An emulator for one test, and a client for it.
#[derive(Debug)]
pub struct Bench<T> {
    /// The providers.
    pub emulator: Emulator,
    /// The client.
    pub client: T,
    files: TempDir,
}

impl<T: Transport> Bench<T> {
    /// A bench with the usual client.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A bench with a modified client.
    pub async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let emulator = Emulator::start(Options { seed: SEED, ..Options::default() }).await.unwrap();
        let mut setup = Setup::new(accounts(&emulator));
        change(&mut setup);
        Self { client: T::new(&setup), emulator, files: TempDir::new().unwrap() }
    }

    /// Another client for the same emulator.
    pub fn client(&self, change: impl FnOnce(&mut Setup)) -> T {
        let mut setup = Setup::new(accounts(&self.emulator));
        change(&mut setup);
        T::new(&setup)
    }

    /// Sets the fault plan.
    pub fn faults(&self, plan: &Value) {
        self.emulator.set_faults(FaultPlan::from_json(plan.to_string().as_bytes()).unwrap());
    }

    /// Posts to one of the emulator's own paths.
    pub async fn control(&self, path: &str, json: &Value) {
        let (url, body) = (format!("{}/_emulator/{path}", self.emulator.url()), json.to_string());
        let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
        tokio::task::spawn_blocking(move || agent.post(url).send(body)).await.unwrap().unwrap();
    }

    /// How often an operation was called.
    pub fn count(&self, id: &str) -> u64 {
        self.emulator.state()["counts"][id].as_u64().unwrap_or(0)
    }

    /// The input of an operation, validated.
    pub fn input(id: &str, json: &Value) -> Input {
        catalog::get(id).unwrap().input(json).unwrap_or_else(|error| panic!("{id}: {error}"))
    }

    /// A URL that the emulator can fetch.
    pub fn sample(&self) -> String {
        format!("{}/_emulator/sample/1.mp4", self.emulator.url())
    }

    /// A file for uploads.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// An empty directory of checkpoints.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::open(self.files.path().join("uploads")).unwrap()
    }

    /// A provider's bytes of a video or media.
    pub async fn object(&self, id: &str) -> Vec<u8> {
        let url = format!("{}/_emulator/objects/{id}", self.emulator.url());
        let download = move || {
            let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
            agent.get(url).call().unwrap().body_mut().with_config().limit(1 << 30).read_to_vec().unwrap()
        };
        tokio::task::spawn_blocking(download).await.unwrap()
    }

    /// Uploads a file without a cancel token.
    ///
    /// # Errors
    /// Those of the upload.
    pub async fn upload(&self, file: PathBuf) -> Result<Uploaded, Error> {
        self.client.upload(file, apply(), How::default()).await
    }

    /// The media of the QingCloud account, in the order of their ids.
    pub fn media(&self) -> Vec<Value> {
        self.emulator.state()["media"].as_array().unwrap().clone()
    }

    /// The statuses of the media, in the order of their ids.
    pub fn states(&self) -> Vec<String> {
        self.media().iter().map(|media| media["status"].as_str().unwrap().to_owned()).collect()
    }

    /// Creates a video in the Polyv account and a media in the QingCloud account: `{url, vid, task, media}`.
    pub async fn subjects(&self) -> Value {
        let order =
            json!({ "uploadInfos": [{ "fileUrl": self.sample(), "title": "第一课", "state": "row-1" }] });
        self.client.call(&Self::input("polyv.upload.urls", &order)).await.unwrap();
        self.emulator.settled().await;
        let uploaded = self.upload(self.file("subject.mp4", vod_emulator::sample_mp4())).await.unwrap();
        let state = self.emulator.state();
        json!({ "url": self.sample(), "vid": state["videos"][0]["vid"], "task": state["tasks"][0]["taskid"], "media": uploaded.id })
    }
}

/// The metadata of every upload in the tests.
pub(crate) fn apply() -> ApplyUpload {
    ApplyUpload::new("第一课", "pek3b", MediaType::of_file_name("lesson.mp4").unwrap())
}

fn accounts(emulator: &Emulator) -> Accounts {
    let endpoint: Endpoint = emulator.url().parse().unwrap();
    let keys = emulator.credentials();
    let polyv = polyv::Credentials::new(keys.polyv_user_id.as_str(), keys.polyv_secret_key.as_str())
        .with_write_token(keys.polyv_write_token.as_str())
        .with_sub_account(keys.polyv_app_id.as_str(), keys.polyv_app_secret.as_str());
    let qingcloud = qingcloud::Credentials::new(
        keys.qingcloud_access_key_id.as_str(),
        keys.qingcloud_secret_access_key.as_str(),
    );
    Accounts::from(polyv.with_endpoint(endpoint.clone())).with_qingcloud(qingcloud.with_endpoint(endpoint))
}

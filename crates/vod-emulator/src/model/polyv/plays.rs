//! The log of plays, from which the statistics are computed.

use crate::model::Model;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::IpAddr;

/// How many plays are kept; older ones are dropped, but stay in the videos' counts.
const KEPT: usize = 100_000;
/// Longest text, in Unicode scalar values.
const MAX_TEXT: usize = 200;
/// Longest play, in seconds: a day.
const MAX_SECONDS: u64 = 86_400;

/// One play of a video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Play {
    /// When it began, in Unix milliseconds.
    pub(super) at: i64,
    pub(super) vid: String,
    /// The caller's own id of the viewer.
    pub(super) viewer: Option<String>,
    /// The viewer's address.
    pub(super) ip: IpAddr,
    /// How long it was watched, in seconds.
    pub(super) seconds: u64,
    /// The second of the video at which it began.
    pub(super) from: u64,
    /// The host name of the page that played it; empty if unknown.
    pub(super) domain: String,
    pub(super) device: Device,
    pub(super) os: String,
    pub(super) browser: String,
    pub(super) country: String,
    pub(super) province: String,
    pub(super) city: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Device {
    Pc,
    Mobile,
}

/// A play as recorded by a test; only the video is required.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Played {
    vid: String,
    viewer: Option<String>,
    at: Option<i64>,
    ip: Option<IpAddr>,
    seconds: Option<u64>,
    from: Option<u64>,
    domain: Option<String>,
    device: Option<Device>,
    os: Option<String>,
    browser: Option<String>,
    country: Option<String>,
    province: Option<String>,
    city: Option<String>,
}

/// The plays, in the order recorded.
#[derive(Debug, Default)]
pub(crate) struct Log(VecDeque<Play>);

impl Log {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Play> {
        self.0.iter()
    }

    /// Plays that began in a span of time; its end is exclusive.
    pub(super) fn between(&self, from: i64, until: i64) -> impl Iterator<Item = &Play> {
        self.iter().filter(move |play| (from..until).contains(&play.at))
    }

    fn add(&mut self, play: Play) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(play);
    }

    pub(super) fn forget(&mut self, vid: &str) {
        self.0.retain(|play| play.vid != vid);
    }

    pub(super) fn json(&self) -> Value {
        // The newest are enough.
        let shown = self.0.iter().rev().take(1000).map(|play| {
            let Play { at, vid, viewer, ip, seconds, from, domain, device, os, browser, country, province, city } = play;
            json!({
                "at": at, "vid": vid, "viewer": viewer, "ip": ip, "seconds": seconds, "from": from, "domain": domain,
                "device": device.name(), "os": os, "browser": browser, "country": country, "province": province, "city": city,
            })
        });
        json!({ "count": self.0.len(), "newest": shown.collect::<Value>() })
    }
}

impl Device {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Mobile => "mobile",
        }
    }
}

impl Model {
    /// Records a play for a request of a play URL, and returns where the bytes are. How long the viewer
    /// watches is unknown, so it counts as watched to the end.
    pub(crate) fn played(
        &mut self,
        wall: i64,
        peer: IpAddr,
        vid: &str,
        referer: &str,
        user_agent: &str,
    ) -> Result<String, &'static str> {
        let source = self.source_of(vid)?.to_owned();
        let now = self.now(wall);
        let mobile = ["Mobile", "Android", "iPhone", "iPad"].iter().any(|word| user_agent.contains(word));
        let domain = url::Url::parse(referer).ok().and_then(|url| url.host_str().map(str::to_owned));
        if let Some(video) = self.polyv.live_mut(vid) {
            video.plays += 1;
            let play = Play {
                at: now,
                vid: vid.to_owned(),
                viewer: None,
                ip: peer,
                seconds: video.seconds(),
                from: 0,
                domain: domain.unwrap_or_default(),
                device: if mobile { Device::Mobile } else { Device::Pc },
                os: String::new(),
                browser: String::new(),
                country: String::new(),
                province: String::new(),
                city: String::new(),
            };
            self.polyv.plays.add(play);
        }
        Ok(source)
    }

    /// Records plays for a test; none if one of them is wrong.
    pub(crate) fn record_plays(
        &mut self,
        wall: i64,
        peer: IpAddr,
        plays: Vec<Played>,
    ) -> Result<usize, String> {
        let now = self.now(wall);
        let mut checked = Vec::with_capacity(plays.len());
        for (index, play) in plays.into_iter().enumerate() {
            checked.push(self.checked(now, peer, play).map_err(|reason| format!("[{index}].{reason}"))?);
        }
        let count = checked.len();
        for play in checked {
            if let Some(video) = self.polyv.live_mut(&play.vid) {
                video.plays += 1;
            }
            self.polyv.plays.add(play);
        }
        Ok(count)
    }

    fn checked(&self, now: i64, peer: IpAddr, play: Played) -> Result<Play, String> {
        let Played {
            vid,
            viewer,
            at,
            ip,
            seconds,
            from,
            domain,
            device,
            os,
            browser,
            country,
            province,
            city,
        } = play;
        let Some(video) = self.polyv.live(&vid) else {
            return Err(format!("vid: no video `{vid}`"));
        };
        let texts = [("viewer", &viewer), ("domain", &domain), ("os", &os), ("browser", &browser)];
        for (name, text) in
            texts.into_iter().chain([("country", &country), ("province", &province), ("city", &city)])
        {
            let characters = text.as_ref().map_or(0, |text| text.chars().count());
            if characters > MAX_TEXT {
                return Err(format!("{name}: {characters} characters, at most {MAX_TEXT}"));
            }
        }
        let at = at.unwrap_or(now);
        if !(0..=now).contains(&at) {
            return Err(format!("at: {at}, at least 0 and at most {now}, which is now"));
        }
        let from = from.unwrap_or(0);
        if from >= video.seconds() {
            return Err(format!("from: {from}, and the video has {} seconds", video.seconds()));
        }
        let seconds = seconds.unwrap_or(video.seconds() - from);
        if seconds > MAX_SECONDS {
            return Err(format!("seconds: {seconds}, at most {MAX_SECONDS}"));
        }
        Ok(Play {
            at,
            vid,
            viewer,
            ip: ip.unwrap_or(peer),
            seconds,
            from,
            domain: domain.unwrap_or_default(),
            device: device.unwrap_or(Device::Pc),
            os: os.unwrap_or_default(),
            browser: browser.unwrap_or_default(),
            country: country.unwrap_or_default(),
            province: province.unwrap_or_default(),
            city: city.unwrap_or_default(),
        })
    }
}

//! The plan: rules, their validation, and which fault fires for which request.

use super::Fault;
use crate::model::random::Random;
use crate::model::route;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Pseudo operation of a PUT to a presigned storage URL.
pub(crate) const STORAGE_PUT: &str = "qingcloud.put";
/// Pseudo operation of a GET or HEAD of an object at its own address, without a signature.
pub(crate) const STORAGE_OBJECT: &str = "qingcloud.object";
/// Pseudo operations of the storage behind Polyv's uploads.
pub(crate) const POLYV_STORAGE: &[&str] = &[
    "polyv.oss.init",
    "polyv.oss.part",
    "polyv.oss.list",
    "polyv.oss.complete",
    "polyv.oss.abort",
    "polyv.oss.put",
    "polyv.oss.head",
];
/// Pseudo operation of the server's own download of a URL from `polyv.upload.urls`.
pub(crate) const FETCH: &str = "fetch";
/// Pseudo operation of a new Polyv video.
pub(crate) const VIDEO: &str = "video";
/// Pseudo operation of a callback of either provider.
const CALLBACK: &str = "callback";
/// Pseudo operations of one provider's callbacks.
const CALLBACKS: [&str; 2] = ["callback.polyv", "callback.qingcloud"];

/// When a fault fires. In JSON:
/// `{"operation": "polyv.upload.urls", "nth": 2, "fault": {"kind": "reset_after"}}`.
///
/// Each rule counts the requests of its operation from 1. All conditions that are set must hold; a rule
/// without conditions always fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// An operation's id, or `*` for all of them; `qingcloud.put` for a PUT to a presigned URL,
    /// `qingcloud.object` for a GET or HEAD of that object; `polyv.oss.` with `init`, `part`, `list`,
    /// `complete`, `abort`, `put` or `head` for the storage of Polyv's uploads; `fetch` for a download by the
    /// server; `video` for a new Polyv video; or `callback`, `callback.polyv` or `callback.qingcloud` for a
    /// callback. `*` includes the storages, but neither `fetch` nor `video` nor callbacks, since no client
    /// requests these.
    pub operation: String,
    /// Only the request with this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only this many requests from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Only requests whose number is a multiple of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Only with this probability, 0 to 1, drawn from the emulator's seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The fault.
    pub fault: Fault,
}

impl FaultRule {
    /// A rule that fires for every request of `operation`.
    #[must_use]
    pub fn new(operation: impl Into<String>, fault: Fault) -> Self {
        Self { operation: operation.into(), nth: None, first: None, every: None, probability: None, fault }
    }

    /// Fires only for the request with this number, counted from 1.
    #[must_use]
    pub fn with_nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Fires only for the first `count` requests.
    #[must_use]
    pub fn with_first(mut self, count: u64) -> Self {
        self.first = Some(count);
        self
    }

    /// Fires only for each `every`th request.
    #[must_use]
    pub fn with_every(mut self, every: u64) -> Self {
        self.every = Some(every);
        self
    }

    /// Fires only with this probability.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    fn check(&self) -> Result<(), String> {
        let operation = self.operation.as_str();
        let of_callbacks = operation == CALLBACK || CALLBACKS.contains(&operation);
        let pseudo = of_callbacks
            || matches!(operation, "*" | STORAGE_PUT | STORAGE_OBJECT | FETCH | VIDEO)
            || POLYV_STORAGE.contains(&operation);
        if !pseudo && !route::all().any(|route| route.id == operation) {
            let nearest = route::nearest_id(
                operation,
                POLYV_STORAGE.iter().copied().chain([STORAGE_PUT, STORAGE_OBJECT, FETCH, VIDEO, CALLBACK]),
            );
            return Err(format!("operation: `{operation}` is not known; the nearest is `{nearest}`"));
        }
        for (name, value) in [("nth", self.nth), ("first", self.first), ("every", self.every)] {
            if value == Some(0) {
                return Err(format!("{name}: 0, at least 1"));
            }
        }
        if let Some(probability) = self.probability
            && !(0.0..=1.0).contains(&probability)
        {
            return Err(format!("probability: {probability}, at least 0 and at most 1"));
        }
        match &self.fault {
            fault
                if of_callbacks
                    && !fault.is_of_callbacks()
                    && !matches!(fault, Fault::Latency { .. } | Fault::Skew { .. }) =>
            {
                Err(format!(
                    "fault: {} does not happen to callbacks; latency, skew, twice, out_of_order, lost and wrong_signature do",
                    fault.kind()
                ))
            }
            fault if !of_callbacks && fault.is_of_callbacks() => {
                Err(format!("fault: {} happens to callbacks only, and `{operation}` is none", fault.kind()))
            }
            fault if (operation == VIDEO) != matches!(fault, Fault::ShownLate { .. }) => Err(format!(
                "fault: {} does not happen to `{operation}`; shown_late happens to video, and nothing else does",
                fault.kind()
            )),
            Fault::ShownLate { seconds, up_to: Some(up_to) } if up_to < seconds => {
                Err(format!("fault.up_to: {up_to}, at least {seconds}, which is `seconds`"))
            }
            fault
                if operation != "*"
                    && fault.concerned().is_some_and(|concerned| !concerned.contains(&operation)) =>
            {
                let concerned = fault.concerned().unwrap_or_default().join(", ");
                Err(format!("fault: {} happens to {concerned}, and not to `{operation}`", fault.kind()))
            }
            Fault::Block {}
                if operation != "*"
                    && (!operation.starts_with("polyv.") || POLYV_STORAGE.contains(&operation)) =>
            {
                Err(format!("fault: block is Polyv's, `{operation}` is not"))
            }
            Fault::Status { code, .. } if !(400..=599).contains(code) => {
                Err(format!("fault.code: {code}, at least 400 and at most 599"))
            }
            Fault::Html { status } if !(200..=599).contains(status) => {
                Err(format!("fault.status: {status}, at least 200 and at most 599"))
            }
            _ => Ok(()),
        }
    }
}

/// A validated list of rules, in JSON an array. The first rule that fires for a request wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<FaultRule>", into = "Vec<FaultRule>")]
pub struct FaultPlan {
    rules: Vec<FaultRule>,
}

impl FaultPlan {
    /// A plan of these rules.
    ///
    /// # Errors
    ///
    /// If a rule names an unknown operation, or a number is out of range.
    pub fn new(rules: Vec<FaultRule>) -> Result<Self, FaultPlanError> {
        for (index, rule) in rules.iter().enumerate() {
            rule.check().map_err(|reason| FaultPlanError(format!("[{index}].{reason}")))?;
        }
        Ok(Self { rules })
    }

    /// Reads a plan from JSON.
    ///
    /// # Errors
    ///
    /// If the text is not the documented JSON (the message names an unknown kind or member), or as for
    /// [`FaultPlan::new`].
    pub fn from_json(json: &[u8]) -> Result<Self, FaultPlanError> {
        serde_json::from_slice(json).map_err(|error| FaultPlanError(error.to_string()))
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[FaultRule] {
        &self.rules
    }
}

impl TryFrom<Vec<FaultRule>> for FaultPlan {
    type Error = FaultPlanError;

    fn try_from(rules: Vec<FaultRule>) -> Result<Self, Self::Error> {
        Self::new(rules)
    }
}

impl From<FaultPlan> for Vec<FaultRule> {
    fn from(plan: FaultPlan) -> Self {
        plan.rules
    }
}

/// Why a fault plan is invalid; the message names the rule and the member.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("fault plan: {0}")]
pub struct FaultPlanError(String);

/// A plan in use: its rules, how many requests each has counted, and the random generator.
#[derive(Debug)]
pub(crate) struct FaultState {
    rules: Vec<(FaultRule, u64)>,
    random: Random,
}

impl FaultState {
    pub(crate) fn new(plan: FaultPlan, seed: u64) -> Self {
        Self {
            rules: plan.rules.into_iter().map(|rule| (rule, 0)).collect(),
            random: Random::new(seed ^ 0x6661_756c_7473),
        }
    }

    /// The fault for the next request of `operation`. Every rule that applies counts it, whether or not it
    /// fires.
    pub(crate) fn fire(&mut self, operation: &str) -> Option<Fault> {
        let mut fired = None;
        for (rule, seen) in &mut self.rules {
            let concerned = match rule.operation.as_str() {
                "*" => ![FETCH, VIDEO].contains(&operation) && !CALLBACKS.contains(&operation),
                CALLBACK => CALLBACKS.contains(&operation),
                named => named == operation,
            };
            let spared = rule.fault.concerned().is_some_and(|concerned| !concerned.contains(&operation));
            let is_polyv = operation.starts_with("polyv.") && !POLYV_STORAGE.contains(&operation);
            if !concerned || spared || matches!(rule.fault, Fault::Block {}) && !is_polyv {
                continue;
            }
            *seen += 1;
            let holds = rule.nth.is_none_or(|nth| *seen == nth)
                && rule.first.is_none_or(|first| *seen <= first)
                && rule.every.is_none_or(|every| *seen % every == 0)
                && rule.probability.is_none_or(|probability| self.random.chance(probability));
            if holds && fired.is_none() {
                fired = Some(rule.fault.clone());
            }
        }
        fired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(plan: &str, operations: &[&str]) -> Vec<bool> {
        let mut state = FaultState::new(FaultPlan::from_json(plan.as_bytes()).unwrap(), 7);
        operations.iter().map(|operation| state.fire(operation).is_some()).collect()
    }

    #[test]
    fn conditions_by_table() {
        const GET: &str = "polyv.video.get";
        const POLYV: &str = "callback.polyv";
        let cases: [(&str, &[&str], &[bool]); 13] = [
            (r#"[{"operation":"polyv.video.get","fault":{"kind":"empty"}}]"#, &[GET, GET], &[true, true]),
            (
                r#"[{"operation":"polyv.video.get","nth":2,"fault":{"kind":"empty"}}]"#,
                &[GET, GET, GET],
                &[false, true, false],
            ),
            (
                r#"[{"operation":"polyv.video.get","first":2,"fault":{"kind":"empty"}}]"#,
                &[GET, GET, GET],
                &[true, true, false],
            ),
            (
                r#"[{"operation":"*","every":2,"fault":{"kind":"empty"}}]"#,
                &[GET, "qingcloud.put", GET, GET],
                &[false, true, false, true],
            ),
            (
                r#"[{"operation":"*","fault":{"kind":"empty"}}]"#,
                &["fetch", "video", "qingcloud.put"],
                &[false, false, true],
            ),
            (r#"[{"operation":"*","fault":{"kind":"latency","millis":1}}]"#, &[POLYV, GET], &[false, true]),
            (
                r#"[{"operation":"callback","nth":2,"fault":{"kind":"lost"}}]"#,
                &[POLYV, GET, "callback.qingcloud"],
                &[false, false, true],
            ),
            (
                r#"[{"operation":"callback.polyv","fault":{"kind":"twice"}}]"#,
                &["callback.qingcloud", POLYV],
                &[false, true],
            ),
            (
                r#"[{"operation":"*","fault":{"kind":"block"}}]"#,
                &["qingcloud.media.get", GET],
                &[false, true],
            ),
            (r#"[{"operation":"*","fault":{"kind":"block"}}]"#, &["polyv.oss.part", GET], &[false, true]),
            (
                r#"[{"operation":"*","nth":2,"fault":{"kind":"corrupt"}}]"#,
                &["polyv.oss.part", GET, "qingcloud.put"],
                &[false, false, true],
            ),
            (
                r#"[{"operation":"*","fault":{"kind":"expired_token"}}]"#,
                &["polyv.oss.list", "qingcloud.put", GET],
                &[true, false, false],
            ),
            (
                r#"[{"operation":"*","probability":0.0,"fault":{"kind":"empty"}}]"#,
                &[GET, GET],
                &[false, false],
            ),
        ];
        for (plan, operations, expected) in cases {
            assert_eq!(fired(plan, operations), expected, "{plan}");
        }
    }

    #[test]
    fn chance_is_seeded() {
        let plan = r#"[{"operation":"*","probability":0.5,"fault":{"kind":"empty"}}]"#;
        let operations = ["polyv.video.get"; 200];
        let one = fired(plan, &operations);
        assert_eq!(one, fired(plan, &operations));
        let hits = one.iter().filter(|hit| **hit).count();
        assert!((60..140).contains(&hits), "{hits}");
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            (
                r#"[{"operation":"polyv.upload.url","fault":{"kind":"empty"}}]"#,
                "nearest is `polyv.upload.urls`",
            ),
            (r#"[{"operation":"*","fault":{"kind":"explode"}}]"#, "unknown variant `explode`"),
            (r#"[{"operation":"*","fault":{"kind":"empty","millis":1}}]"#, "unknown field `millis`"),
            (r#"[{"operation":"*","when":1,"fault":{"kind":"empty"}}]"#, "unknown field `when`"),
            (r#"[{"operation":"*","nth":0,"fault":{"kind":"empty"}}]"#, "[0].nth: 0, at least 1"),
            (r#"[{"operation":"*","probability":1.5,"fault":{"kind":"empty"}}]"#, "[0].probability: 1.5"),
            (r#"[{"operation":"fetch","fault":{"kind":"block"}}]"#, "[0].fault: block is Polyv's"),
            (r#"[{"operation":"polyv.oss.parts","fault":{"kind":"empty"}}]"#, "nearest is `polyv.oss.part`"),
            (r#"[{"operation":"polyv.oss.part","fault":{"kind":"block"}}]"#, "[0].fault: block is Polyv's"),
            (
                r#"[{"operation":"polyv.upload.init","fault":{"kind":"corrupt"}}]"#,
                "corrupt happens to polyv.oss.part, polyv.oss.put, qingcloud.put, and not to `polyv.upload.init`",
            ),
            (
                r#"[{"operation":"qingcloud.put","fault":{"kind":"wrong_crc"}}]"#,
                "wrong_crc happens to polyv.oss.part, polyv.oss.put",
            ),
            (
                r#"[{"operation":"callback.vod","fault":{"kind":"lost"}}]"#,
                "[0].operation: `callback.vod` is not known",
            ),
            (
                r#"[{"operation":"callback","fault":{"kind":"empty"}}]"#,
                "[0].fault: empty does not happen to callbacks; latency, skew, twice",
            ),
            (
                r#"[{"operation":"callback.polyv","fault":{"kind":"block"}}]"#,
                "[0].fault: block does not happen to callbacks",
            ),
            (
                r#"[{"operation":"*","fault":{"kind":"twice"}}]"#,
                "[0].fault: twice happens to callbacks only, and `*` is none",
            ),
            (
                r#"[{"operation":"fetch","fault":{"kind":"lost"}}]"#,
                "[0].fault: lost happens to callbacks only",
            ),
            (r#"[{"operation":"callback","fault":{"kind":"lost","millis":1}}]"#, "unknown field `millis`"),
            (r#"[{"operation":"*","fault":{"kind":"status","code":200}}]"#, "[0].fault.code: 200"),
            (r#"[{"operation":"*","fault":{"kind":"html","status":99}}]"#, "[0].fault.status: 99"),
            (
                r#"[{"operation":"*","fault":{"kind":"shown_late","seconds":1}}]"#,
                "[0].fault: shown_late does not happen to `*`",
            ),
            (
                r#"[{"operation":"video","fault":{"kind":"empty"}}]"#,
                "[0].fault: empty does not happen to `video`",
            ),
            (
                r#"[{"operation":"video","fault":{"kind":"shown_late","seconds":9,"up_to":8}}]"#,
                "[0].fault.up_to: 8, at least 9",
            ),
            (r#"{"operation":"*"}"#, "invalid type: map"),
        ];
        for (plan, expected) in cases {
            let error = FaultPlan::from_json(plan.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{plan}: {error}");
        }
    }

    #[test]
    fn plans_survive_json() {
        let plan = FaultPlan::new(vec![
            FaultRule::new("*", Fault::Status { code: 503, retry_after: Some(1) }).with_nth(1),
            FaultRule::new("fetch", Fault::Latency { millis: 5 })
                .with_first(1)
                .with_every(2)
                .with_probability(0.25),
        ])
        .unwrap();
        let json = serde_json::to_vec(&plan).unwrap();
        assert_eq!(FaultPlan::from_json(&json).unwrap(), plan);
    }
}

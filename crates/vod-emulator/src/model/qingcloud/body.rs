//! A JSON request body, read by the documented types.

use super::Refusal;
use serde_json::{Map, Value};

/// Template types: video, adaptive stream, audio, snapshot, clip, watermark.
const TEMPLATE_TYPES: [i64; 6] = [1, 2, 4, 8, 16, 32];

#[derive(Debug)]
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// An empty body is an empty object: some operations have no fields.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Refusal::malformed("body: not a JSON object")),
            Err(error) => Err(Refusal::malformed(format!("body: not JSON: {error}"))),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A member that is neither missing nor null.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let wrong = || Refusal::malformed(format!("{name}: not a text"));
        self.get(name).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    /// A text that is required and not empty.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::malformed(format!("{name}: missing"));
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name).map(|value| integer(name, value)).transpose()
    }

    /// `Templates` and `Tasks`, which two operations share; true when there is at least one of either.
    pub(super) fn processing(&self) -> Result<bool, Refusal> {
        let templates = self.array("Templates")?;
        for (index, template) in templates.iter().enumerate() {
            let path = |member: &str| format!("Templates[{index}].{member}");
            let kind = integer(&path("Type"), &template["Type"])?;
            if !TEMPLATE_TYPES.contains(&kind) {
                return Err(Refusal::malformed(format!(
                    "{}: {kind} is none of 1, 2, 4, 8, 16, 32",
                    path("Type")
                )));
            }
            integer(&path("Id"), &template["Id"])?;
        }
        let tasks = self.array("Tasks")?;
        for (index, task) in tasks.iter().enumerate() {
            integer(&format!("Tasks[{index}]"), task)?;
        }
        Ok(!templates.is_empty() || !tasks.is_empty())
    }

    fn array(&self, name: &str) -> Result<&[Value], Refusal> {
        match self.get(name) {
            None => Ok(&[]),
            Some(value) => value
                .as_array()
                .map(Vec::as_slice)
                .ok_or_else(|| Refusal::malformed(format!("{name}: not an array"))),
        }
    }
}

fn integer(path: &str, value: &Value) -> Result<i64, Refusal> {
    value.as_i64().ok_or_else(|| Refusal::malformed(format!("{path}: not a whole number")))
}

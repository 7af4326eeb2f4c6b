//! The options that all rows of an order share, as the journal keeps them.

use crate::JournalError;
use serde_json::{Map, Value};
use vod_core::polyv::CategoryId;
use vod_core::polyv::upload::{UploadInfo, UploadUrls, WatermarkLocation};

/// The names under which the options are kept: those of the wire.
const CATEGORY: &str = "cataid";
const SCREEN_RECORDING: &str = "luping";
const WATERMARK: &str = "watermark";
const WATERMARK_LOCATION: &str = "watermarkLocation";

/// An order's options as JSON; its videos are left out.
pub(crate) fn write(order: &UploadUrls) -> String {
    let mut members = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    };
    set(CATEGORY, order.category_id.map(|id| id.get().into()));
    set(SCREEN_RECORDING, order.screen_recording.map(Value::from));
    set(WATERMARK, order.watermark.clone().map(Value::from));
    set(WATERMARK_LOCATION, order.watermark_location.map(|location| location.as_wire().into()));
    Value::Object(members).to_string()
}

/// An order of these rows with these options.
pub(crate) fn read(template: &str, rows: Vec<UploadInfo>) -> Result<UploadUrls, JournalError> {
    let damaged =
        || JournalError::Damaged { place: "an order's options".to_owned(), got: template.to_owned() };
    let Ok(Value::Object(members)) = serde_json::from_str(template) else { return Err(damaged()) };
    let mut order = UploadUrls::new().with_upload_infos(rows);
    for (name, value) in &members {
        match (name.as_str(), value) {
            (CATEGORY, Value::Number(id)) => {
                order.category_id = Some(CategoryId::from(id.as_i64().ok_or_else(damaged)?));
            }
            (SCREEN_RECORDING, Value::Bool(is_on)) => order.screen_recording = Some(*is_on),
            (WATERMARK, Value::String(url)) => order.watermark = Some(url.clone()),
            (WATERMARK_LOCATION, Value::String(place)) => {
                order.watermark_location = Some(WatermarkLocation::from_wire(place).ok_or_else(damaged)?);
            }
            _ => return Err(damaged()),
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vod_core::Operation as _;

    #[test]
    fn options_come_back() {
        let orders = [
            UploadUrls::new(),
            UploadUrls::new().with_category_id(1_602_671_097_888),
            UploadUrls::new()
                .with_screen_recording(false)
                .with_watermark("https://cdn.example.com/标志.png")
                .with_watermark_location(WatermarkLocation::BottomRight),
        ];
        let rows = || vec![UploadInfo::new("https://cdn.example.com/01.mp4", "第一课")];
        for order in orders {
            let written = write(&order);
            let read = read(&written, rows()).unwrap();
            assert_eq!(read.values(), order.with_upload_infos(rows()).values(), "{written}");
        }
        for damaged in ["", "[]", r#"{"cataid":"1"}"#, r#"{"other":1}"#, r#"{"watermarkLocation":"9"}"#] {
            assert!(read(damaged, rows()).is_err(), "{damaged}");
        }
    }
}

//! Polyv's statistics: days, months and times in their forms and in their order.

use serde_json::{Value, json};
use vod_core::{Error, catalog};

/// What is wrong with an input, without the operation's name.
fn wrong(id: &str, input: &Value) -> Vec<String> {
    match catalog::get(&format!("polyv.statistics.{id}")).unwrap().input(input) {
        Ok(_) => Vec::new(),
        Err(Error::Invalid(error)) => error.violations.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn days_months_and_times_in_their_forms() {
    let nothing: &[&str] = &[];
    for (id, input, expected) in [
        ("view_logs_of_day", json!({ "day": "20240229" }), nothing),
        ("view_logs_of_day", json!({ "day": 20_240_229 }), nothing),
        (
            "view_logs_of_day",
            json!({ "day": "20230229" }),
            &["day: expected a day written YYYYMMDD, got \"20230229\""],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "2024-02-29" }),
            &["day: expected a day written YYYYMMDD, got \"2024-02-29\""],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "２０２４0229" }),
            &["day: expected a day written YYYYMMDD, got \"２０２４0229\""],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "长".repeat(21) }),
            &["day: expected a day written YYYYMMDD, got \"长长长长长长长长长长长长长长长长长长长长长\""],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "20240229", "timeStart": "000000", "timeEnd": "235959" }),
            nothing,
        ),
        (
            "view_logs_of_day",
            json!({ "day": "20240229", "timeStart": "235959", "timeEnd": "235959" }),
            nothing,
        ),
        ("view_logs_of_day", json!({ "day": "20240229", "timeStart": " ", "timeEnd": "" }), nothing),
        (
            "view_logs_of_day",
            json!({ "day": "20240229", "timeStart": "000000" }),
            &["timeEnd: expected a value together with timeStart, got nothing"],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "20240229", "timeEnd": "000000" }),
            &["timeStart: expected a value together with timeEnd, got nothing"],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "20240229", "timeStart": "120000", "timeEnd": "115959" }),
            &["timeEnd: expected no earlier than timeStart (120000), got 115959"],
        ),
        (
            "view_logs_of_day",
            json!({ "day": "20240229", "timeStart": "240000", "timeEnd": "12:00:00" }),
            &[
                "timeStart: expected a time of day written HHMMSS, got \"240000\"",
                "timeEnd: expected a time of day written HHMMSS, got \"12:00:00\"",
            ],
        ),
        ("view_logs_of_month", json!({ "month": "202612" }), nothing),
        (
            "view_logs_of_month",
            json!({ "month": "202613" }),
            &["month: expected a month written YYYYMM, got \"202613\""],
        ),
        (
            "view_logs_of_month",
            json!({ "month": "202600" }),
            &["month: expected a month written YYYYMM, got \"202600\""],
        ),
        (
            "view_logs_of_month",
            json!({ "month": "2026-1" }),
            &["month: expected a month written YYYYMM, got \"2026-1\""],
        ),
        ("view_logs_of_month", json!({ "month": "202611", "currentDay": "2026-11-30" }), nothing),
        (
            "view_logs_of_month",
            json!({ "month": "202611", "currentDay": "2026-12-01" }),
            &["currentDay: expected a day of month (202611), got 2026-12-01"],
        ),
        (
            "view_logs_of_month",
            json!({ "month": "202611", "currentDay": "2025-11-01" }),
            &["currentDay: expected a day of month (202611), got 2025-11-01"],
        ),
    ] {
        assert_eq!(wrong(id, &input), expected, "{id} {input}");
    }
}

#[test]
fn both_days_or_neither_in_their_order() {
    for entry in catalog::all().filter(|entry| entry.info().id.starts_with("polyv.statistics.")) {
        let has = |wire: &str| entry.info().fields.iter().any(|field| field.wire == wire && !field.required);
        let (id, vid) = (entry.info().id.rsplit('.').next().unwrap(), "d41c0b6f2a77c1_d");
        // Its days are instants, each of which may stand alone.
        if id == "viewing_behaviors" {
            continue;
        }
        for (start, end) in [("start", "end"), ("startDate", "endDate")] {
            if !has(start) && !has(end) {
                continue;
            }
            let check = |days: &[(&str, &str)]| {
                let mut input = json!({});
                for (name, value) in [("vid", vid), ("month", "202611"), ("cataid", "1")] {
                    if entry.info().fields.iter().any(|field| field.wire == name && field.required) {
                        input[name] = json!(value);
                    }
                }
                days.iter().for_each(|(name, value)| input[*name] = json!(value));
                wrong(id, &input)
            };
            assert_eq!(check(&[(start, "2026-11-22"), (end, "2026-11-22")]), [""; 0], "{id}");
            assert_eq!(
                check(&[(start, "2026-11-22")]),
                [format!("{end}: expected a value together with {start}, got nothing")],
                "{id}"
            );
            assert_eq!(
                check(&[(end, "2026-11-22")]),
                [format!("{start}: expected a value together with {end}, got nothing")],
                "{id}"
            );
            assert_eq!(
                check(&[(start, "2026-11-23"), (end, "2026-11-22")]),
                [format!("{end}: expected no earlier than {start} (2026-11-23), got 2026-11-22")],
                "{id}"
            );
            // What was given in another form has its own error and is not called missing.
            assert_eq!(
                check(&[(start, "20261122"), (end, "2026-11-22")]),
                [format!("{start}: expected a day of the calendar, written YYYY-MM-DD, got \"20261122\"")]
            );
        }
    }
}

#[test]
fn days_that_are_not_too_far_apart() {
    let nothing: &[&str] = &[];
    let dates = |start: &str, end: &str| json!({ "startDate": start, "endDate": end, "appId": "a" });
    let times = |start: &str, end: &str| json!({ "start": start, "end": end });
    for (start, end, expected) in [
        ("2025-11-22", "2026-11-22", nothing),
        (
            "2025-11-22",
            "2026-11-23",
            &["endDate: expected at most one year after startDate (2025-11-22), got 2026-11-23"],
        ),
        ("2024-02-29", "2025-02-28", nothing),
        (
            "2024-02-29",
            "2025-03-01",
            &["endDate: expected at most one year after startDate (2024-02-29), got 2025-03-01"],
        ),
        ("9999-01-01", "9999-12-31", nothing),
    ] {
        assert_eq!(wrong("sub_account", &dates(start, end)), expected, "{start} {end}");
        let mut summary = dates(start, end);
        summary.as_object_mut().unwrap().remove("appId");
        assert_eq!(wrong("summary", &summary), expected, "{start} {end}");
    }
    for (start, end, expected) in [
        ("2026-10-22 08:00:00", "2026-11-22 08:00:00", nothing),
        (
            "2026-10-22 08:00:00",
            "2026-11-22 08:00:01",
            &["end: expected at most 31 days after start (2026-10-22 08:00:00), got 2026-11-22 08:00:01"],
        ),
        (
            "2026-11-22 08:00:01",
            "2026-11-22 08:00:00",
            &["end: expected no earlier than start (2026-11-22 08:00:01), got 2026-11-22 08:00:00"],
        ),
    ] {
        assert_eq!(wrong("viewing_behaviors", &times(start, end)), expected, "{start} {end}");
    }
    assert_eq!(wrong("viewing_behaviors", &json!({ "end": "2026-11-22" })), nothing);
    assert_eq!(
        wrong("sub_account", &json!({ "startDate": "2026-11-22", "endDate": "2026-11-22", "email": " " })),
        ["email: expected this, or appId; got neither"]
    );
}

#[test]
fn rows_that_a_range_has() {
    for (range, period, allowed) in [
        (None, "daily", true),
        (None, "weekly", false),
        (Some("today"), "daily", true),
        (Some("7days"), "weekly", false),
        (Some("last_week"), "monthly", false),
        (Some("this_month"), "weekly", true),
        (Some("last_month"), "monthly", false),
        (Some("this_year"), "monthly", true),
        (Some("last_year"), "weekly", true),
    ] {
        let found = wrong("plays", &json!({ "dr": range, "period": period }));
        assert_eq!(found.is_empty(), allowed, "{range:?} {period}: {found:?}");
    }
    assert_eq!(
        wrong("plays", &json!({ "dr": "last_month", "period": "monthly" })),
        ["period: expected daily or weekly with dr this_month or last_month, got \"monthly\""]
    );
}

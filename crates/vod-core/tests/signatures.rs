//! The signing schemes against the vectors in `vectors/schemes`: one file a case, with the text before
//! hashing and where the value comes from.

mod common;

use common::{glued_text, hmac_base64, md5_hex, sha1_hex, sha1_text, text_of, vectors};
use serde_json::Value;
use vod_core::{Secret, Timestamp, polyv::sign as polyv, qingcloud::sign as qingcloud};

#[test]
fn every_vector_holds() {
    let mut schemes = Vec::new();
    for (name, vector) in vectors::json_files("vectors/schemes") {
        let (scheme, _) = name.split_once('/').unwrap();
        assert!(text_of(&vector, "source").len() > 20, "{name}: where does the value come from?");
        match scheme {
            "qvod" => qvod(&name, &vector),
            "web_player" => web_player(&name, &vector),
            _ => fields(&name, scheme, &vector),
        }
        schemes.push(scheme.to_owned());
    }
    schemes.dedup();
    assert_eq!(
        schemes,
        ["md5_sub_account", "playsafe", "qvod", "sha1_fixed", "sha1_sent", "web_player"],
        "every scheme has vectors"
    );
}

fn fields(name: &str, scheme: &str, vector: &Value) {
    let secret = Secret::new(text_of(vector, "secret"));
    let pairs: Vec<(&str, &str)> = vector["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect();
    let names: Vec<&str> =
        vector["names"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
    let signed: Vec<_> =
        pairs.iter().copied().filter(|(name, _)| scheme != "sha1_fixed" || names.contains(name)).collect();
    let (text, sign) = match scheme {
        "sha1_sent" => (polyv::sha1_text(&signed), polyv::sha1_sent(&pairs, &secret)),
        "sha1_fixed" => (polyv::sha1_text(&signed), polyv::sha1_fixed(&names, &pairs, &secret)),
        "md5_sub_account" => (polyv::md5_text(&signed), polyv::md5_sub_account(&pairs, &secret)),
        "playsafe" => (polyv::md5_text(&signed), polyv::playsafe(&pairs, &secret)),
        other => panic!("{name}: no scheme {other}"),
    };
    assert_eq!(text, text_of(vector, "text"), "{name}: the text before hashing");
    assert_eq!(sign, text_of(vector, "expected"), "{name}");
    if let Some(printed) = vector["printed_but_wrong"].as_str() {
        assert_ne!(sign, printed, "{name}: a page misprints this value");
    }

    // The order in which fields are given makes no difference.
    let mut backwards = pairs.clone();
    backwards.reverse();
    assert_eq!(polyv::sha1_sent(&backwards, &secret), polyv::sha1_sent(&pairs, &secret), "{name}");
    assert_eq!(
        polyv::md5_sub_account(&backwards, &secret),
        polyv::md5_sub_account(&pairs, &secret),
        "{name}"
    );

    // The second reading of the rules in `common`, which other tests lean on, holds for the same vectors.
    let owned: Vec<_> =
        signed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let key = secret.expose();
    let second = if scheme.starts_with("sha1") {
        sha1_hex(&format!("{}{key}", sha1_text(&owned)))
    } else {
        md5_hex(&format!("{key}{}{key}", glued_text(&owned)))
    };
    assert_eq!(second, sign, "{name}");
}

fn qvod(name: &str, vector: &Value) {
    let part = |part| text_of(vector, part);
    let text = qingcloud::text(
        part("method"),
        part("content_md5"),
        part("content_type"),
        part("date"),
        part("path"),
    );
    assert_eq!(text, part("text"), "{name}");
    assert_eq!(qingcloud::signature(&text, &Secret::new(part("secret"))), part("expected"), "{name}");
    assert_eq!(hmac_base64(part("secret"), &text), part("expected"), "{name}");
}

fn web_player(name: &str, vector: &Value) {
    let (key, vid, at) = (
        text_of(vector, "secret"),
        text_of(vector, "vid"),
        Timestamp::from_millis(vector["at"].as_i64().unwrap()),
    );
    let sign = |key: &str, vid: &str, at| polyv::web_player(vid, at, &Secret::new(key));
    assert_eq!(sign(key, vid, at), text_of(vector, "expected"), "{name}");
    // Small letters, unlike every other signature.
    assert_eq!(
        md5_hex(&format!("{key}{}", text_of(vector, "text"))).to_lowercase(),
        text_of(vector, "expected"),
        "{name}"
    );
    for other in
        [sign(&key.replace('a', "A"), vid, at), sign(key, &vid[1..], at), sign(key, vid, at.plus_millis(1))]
    {
        assert_ne!(other, text_of(vector, "expected"), "{name}: something else is signed");
    }
}

#[test]
fn a_changed_secret_field_or_value_changes_every_signature() {
    let fields = [("ptime", "1700000000000"), ("vid", "d41c0b6f2a77_d")];
    let others: [&[(&str, &str)]; 3] = [
        &[("ptime", "1700000000001"), ("vid", "d41c0b6f2a77_d")],
        &[("ptime", "1700000000000")],
        &[("ptime", "1700000000000"), ("vids", "d41c0b6f2a77_d")],
    ];
    for scheme in [polyv::sha1_sent, polyv::md5_sub_account, polyv::playsafe] {
        let sign = scheme(&fields, &Secret::new("k"));
        assert_ne!(sign, scheme(&fields, &Secret::new("K")));
        assert!(
            sign.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)),
            "upper-case hex: {sign}"
        );
        for other in others {
            assert_ne!(sign, scheme(other, &Secret::new("k")), "{other:?}");
        }
    }
}

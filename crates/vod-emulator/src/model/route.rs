//! The table of operations. Each area lists its own; this module finds them.

use super::polyv::Auth;
use super::wire::Shape;
use super::{Model, polyv, qingcloud};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// One operation: its path, the names of its fields, and its handler.
pub(crate) struct Route {
    /// A stable id, as in the product.
    pub(crate) id: &'static str,
    /// HTTP methods that the reference lists.
    pub(crate) methods: &'static [&'static str],
    /// Path, with `{name}` for a variable segment. `?name=value` after it is a required query field.
    pub(crate) path: &'static str,
    /// The documented field names, without those common to all calls. `X.N` means `X.1`, `X.2` …
    pub(crate) fields: &'static [&'static str],
    /// The function that answers.
    pub(crate) handler: Handler,
    /// How much is implemented.
    pub(crate) depth: Depth,
}

/// How much of an operation is implemented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Depth {
    /// Calls change or read a state that other calls see.
    Modelled,
    /// The request is checked and the answer has the documented shape, but no state.
    Shape,
}

/// The emulated operations by their ids, and how much of each is implemented.
pub fn operations() -> impl Iterator<Item = (&'static str, Depth)> {
    all().map(|route| (route.id, route.depth))
}

/// The function that executes an operation; its provider checks account, clock and signature first.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Polyv { auth: Auth, answer: polyv::Handler },
    QingCloud(fn(&mut Model, &qingcloud::Call<'_>) -> qingcloud::Outcome),
}

/// All emulated operations.
pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    polyv::AREAS.iter().chain(qingcloud::AREAS).copied().flatten()
}

impl Route {
    /// An operation of QingCloud.
    pub(crate) const fn qingcloud(
        id: &'static str,
        methods: &'static [&'static str],
        path: &'static str,
        fields: &'static [&'static str],
        answer: fn(&mut Model, &qingcloud::Call<'_>) -> qingcloud::Outcome,
    ) -> Self {
        Self { id, methods, path, fields, handler: Handler::QingCloud(answer), depth: Depth::Modelled }
    }

    /// Marks that only the documented shape is answered.
    pub(crate) const fn shape_only(self) -> Self {
        Self { depth: Depth::Shape, ..self }
    }

    /// The index of the variable segment with this name.
    pub(crate) fn capture_index(&self, name: &str) -> Option<usize> {
        let mut names =
            self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        names.position(|known| known == name)
    }

    /// The path's variable segments, decoded, if path and query match.
    fn captures<'p>(&self, target: &'p str) -> Option<Vec<Cow<'p, str>>> {
        let (path, query) = split(target);
        let (wanted, field) = split(self.path);
        if !field.is_empty() && !query.split('&').any(|sent| sent == field) {
            return None;
        }
        let mut captures = Vec::new();
        let mut given = path.split('/');
        for wanted in wanted.split('/') {
            let segment = given.next()?;
            if wanted.starts_with('{') {
                if segment.is_empty() {
                    return None;
                }
                captures.push(percent_decode_str(segment).decode_utf8_lossy());
            } else if wanted != segment {
                return None;
            }
        }
        given.next().is_none().then_some(captures)
    }

    pub(crate) fn knows(&self, field: &str) -> bool {
        self.fields.iter().any(|known| match known.strip_suffix(".N") {
            None => *known == field,
            Some(stem) => field
                .strip_prefix(stem)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|index| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit())),
        })
    }
}

/// The operation of a request, with the decoded variable segments of its path. A target is a path with an
/// optional query.
pub(crate) fn find<'p>(method: &str, target: &'p str) -> Option<(&'static Route, Vec<Cow<'p, str>>)> {
    all()
        .filter(|route| route.methods.contains(&method))
        .filter_map(|route| Some((route, route.captures(target)?)))
        // The match with the fewest variable segments: `/media/search` is not a media called "search".
        .min_by_key(|(_, captures)| captures.len())
}

/// A sentence with what an unknown request most likely meant.
pub(crate) fn suggestion(method: &str, target: &str) -> String {
    // Of the query only what names an operation is shown: the rest may be private.
    let (path, query) = split(target);
    let named =
        query.split('&').find(|field| field.starts_with("method=") && Shape::of_path(path) == Shape::PolyvV1);
    let sent = named.map_or(Cow::from(path), |field| format!("{path}?{field}").into());
    let nearest = all().min_by_key(|route| {
        let other_method = usize::from(!route.methods.contains(&method));
        let fits = route.captures(target).is_some();
        // A matching path with another method is nearer than any misspelling.
        if fits { (0, other_method) } else { (1 + distance(route.path, &sent), other_method) }
    });
    match nearest {
        Some(route) => format!(
            "no operation at {method} {sent}; the nearest is {} ({} {})",
            route.id,
            route.methods.join("|"),
            route.path
        ),
        None => format!("no operation at {method} {sent}"),
    }
}

fn split(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// The known id most similar to this one: that of an operation, or one of `more`.
pub(crate) fn nearest_id(id: &str, more: impl Iterator<Item = &'static str>) -> &'static str {
    all().map(|route| route.id).chain(more).min_by_key(|known| distance(known, id)).unwrap_or("*")
}

/// Levenshtein distance to what a client sent. Only its first 200 characters count; that is far enough from
/// everything known.
fn distance(known: &str, sent: &str) -> usize {
    strsim::levenshtein(known, sent.char_indices().nth(200).map_or(sent, |(end, _)| &sent[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_route_finds_itself() {
        let mut ids: Vec<&str> = all().map(|route| route.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for route in all() {
            let path = route.path.replace('{', "x").replace('}', "y");
            for method in route.methods {
                assert_eq!(find(method, &path).unwrap().0.id, route.id);
            }
        }
    }

    #[test]
    fn paths_by_table() {
        let cases = [
            ("GET", "/api/v1/media/search", Some("qingcloud.media.search")),
            ("GET", "/api/v1/media/77", Some("qingcloud.media.get")),
            ("POST", "/api/v1/media/", Some("qingcloud.upload.apply")),
            ("POST", "/api/v1/media", None),
            ("GET", "/api/v1/media/", None),
            ("POST", "/v2/video/grab/0123456789/upload/multi", Some("polyv.upload.urls")),
            ("GET", "/v2/video/grab/0123456789/upload/multi", None),
            ("POST", "/v2/video/grab/0123456789/upload/multi/", None),
            ("POST", "/v2/video/grab//upload/multi", None),
        ];
        for (method, path, expected) in cases {
            assert_eq!(find(method, path).map(|(route, _)| route.id), expected, "{method} {path}");
        }
        let (_, captures) = find("GET", "/api/v1/media/a%2Fb").unwrap();
        assert_eq!(captures, ["a/b"]);
    }

    #[test]
    fn the_nearest_operation_is_named() {
        let cases = [
            ("GET", "/v2/video/grab/0123456789/upload/multi", "polyv.upload.urls (POST "),
            ("POST", "/api/v1/media", "qingcloud.upload.apply (POST /api/v1/media/)"),
            ("GET", "/v2/video/search-video", "polyv.video.search"),
        ];
        for (method, path, expected) in cases {
            let text = suggestion(method, path);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn numbered_fields_are_known() {
        let (route, _) = find("DELETE", "/api/v1/media/1").unwrap();
        assert!(route.knows("DeleteParts.1") && route.knows("DeleteParts.20"));
        assert!(!route.knows("DeleteParts.") && !route.knows("DeleteParts") && !route.knows("DeleteParts.x"));
    }
}

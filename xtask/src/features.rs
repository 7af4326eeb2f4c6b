//! Each crate builds alone, and with each of its features alone.
//!
//! A build of the whole workspace switches on every feature that anybody asks for, so it does not notice a
//! crate that forgets to ask for what it needs.

use crate::{Outcome, cargo, output};
use serde_json::Value;

pub(crate) fn run() -> Outcome {
    let printed = output(&mut cargo(&["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value =
        serde_json::from_str(&printed).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut packages: Vec<_> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        // An empty list of registries is `publish = false`.
        .filter(|package| package["publish"].is_null())
        .collect();
    packages.sort_by_key(|package| package["name"].as_str());
    if packages.is_empty() {
        return Err("cargo metadata: no package that is published".to_owned());
    }
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let features = package["features"].as_object().into_iter().flat_map(|features| features.keys());
        build(name, None)?;
        for feature in features {
            build(name, Some(feature))?;
        }
    }
    Ok(())
}

/// Clippy rather than `check`, since it can be told to fail on warnings without building everything again.
fn build(package: &str, feature: Option<&str>) -> Outcome {
    eprintln!(
        "{package}, {}",
        feature.map_or_else(|| "no feature".to_owned(), |name| format!("`{name}` alone"))
    );
    let mut command = cargo(&["clippy", "--quiet", "--locked", "-p", package, "--no-default-features"]);
    if let Some(feature) = feature {
        command.args(["--features", feature]);
    }
    crate::run(command.args(["--", "-D", "warnings"]))
}

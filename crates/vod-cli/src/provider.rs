//! A provider as an argument.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use vod_core::operation::Provider;

/// Takes a provider by its name.
pub(crate) fn parser() -> impl TypedValueParser<Value = Provider> {
    let values =
        Provider::ALL.map(|provider| PossibleValue::new(provider.name()).help(provider.info().product));
    PossibleValuesParser::new(values)
        .try_map(|name| Provider::from_name(&name).ok_or("no provider has this name"))
}

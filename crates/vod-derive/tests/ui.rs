//! What the macros say to somebody who declares an operation wrongly. `TRYBUILD=overwrite` rewrites the
//! messages.
//!
//! What a constant finds (two fields of one name, a placeholder that is no field) is tested with
//! `OperationInfo::assert_sound`: there the compiler's words depend on whether the standard library's source
//! is installed.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/right.rs");
    cases.compile_fail("tests/ui/wrong_*.rs");
}

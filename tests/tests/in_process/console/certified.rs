//! Certified providers on loopback in the double's place: `oidc-provider`, dressed as the vendors document theirs
//! (`tests/oidc`). `cargo xtask test` runs these tests beside them, and so does
//! `node tests/oidc/main.mjs cargo test --workspace --test in_process certified -- --ignored`.

mod access_tokens;
mod command_line;
mod gateway;
mod person;
mod scene;
mod sessions;
mod vendor;

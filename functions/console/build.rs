//! Names the pages' files by their digests and packs them: a browser keeps each for as long as it is the same.

// A build that can't go on says why and ends; cargo reads standard output.
#![allow(clippy::expect_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// 16 digits: no two builds of one file share them.
const DIGEST_DIGITS: usize = 16;

/// The page's script. Others import from it by its name, so it comes first.
const APP: &str = "app";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Each file that the page names, with its media type: the page's script, the one of the pages that are opened later, the
/// worker's, the style sheet, and the templates of a first rulebook.
const FILES: [(&str, &str, &str); 6] = [
    (APP, "js", SCRIPT),
    ("later", "js", SCRIPT),
    ("decode", "js", SCRIPT),
    ("app", "css", "text/css; charset=utf-8"),
    ("policy", "toml", TEXT),
    ("staff", "csv", TEXT),
];

fn main() {
    println!("cargo::rerun-if-changed=dist");
    let to = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut page = read("index.html");
    let mut script = String::new();
    let mut rust = String::from("/// Every file below `/assets/`.\npub(super) static ASSETS: &[Asset] = &[\n");
    for (stem, ending, content_type) in FILES {
        let plain = format!("{stem}.{ending}");
        let content = read(&plain).replace("\"./app.js\"", &format!("\"./{script}\""));
        let name = format!("{stem}.{}.{ending}", digest(content.as_bytes()));
        assert!(page.contains(&format!("assets/{plain}")), "dist/index.html does not name assets/{plain}");
        page = page.replace(&format!("assets/{plain}"), &format!("assets/{name}"));
        pack(&to.join(&plain), content.as_bytes());
        if stem == APP && ending == "js" {
            script.clone_from(&name);
        }
        writeln!(
            rust,
            "    Asset {{ name: {name:?}, content_type: {content_type:?}, packed: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{plain}\")) }},"
        )
        .expect("a text takes everything");
    }
    pack(&to.join("index.html"), page.as_bytes());
    writeln!(
        rust,
        "];\n\n/// The page.\npub(super) static PAGE: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/index.html\"));\n\n\
         /// What changes with the page.\npub(super) const PAGE_ETAG: &str = \"\\\"{}\\\"\";\n\n\
         /// The script's name.\npub(crate) const SCRIPT: &str = {script:?};",
        digest(page.as_bytes())
    )
    .expect("a text takes everything");
    fs::write(to.join("embedded.rs"), rust).expect("the directory of the build can be written");
}

fn read(name: &str) -> String {
    let path = Path::new("dist").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn digest(content: &[u8]) -> String {
    let digits: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..DIGEST_DIGITS].to_owned()
}

fn pack(path: &Path, content: &[u8]) {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(content).expect("memory takes everything");
    fs::write(path, packer.finish().expect("memory takes everything"))
        .expect("the directory of the build can be written");
}

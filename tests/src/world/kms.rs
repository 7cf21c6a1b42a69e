//! KMS: data keys, and their unwrapping. A key is a hash of what it is bound to, so that two runs are alike.

use data_encoding::{BASE64, HEXLOWER};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::Reply;

/// The one key there is.
const KEY: &str = "data-key";

pub(crate) fn apply(operation: &str, body: &Value) -> Reply {
    if body["KeyId"] != KEY {
        return refuse("NotFoundException");
    }
    let context = body["EncryptionContext"].to_string();
    let bound = Sha256::digest(context.as_bytes());
    let plain = Sha256::digest(["plain", &context].concat().as_bytes());
    let wrapped = BASE64.encode(format!("wrapped {}", HEXLOWER.encode(&bound)).as_bytes());
    match operation {
        "GenerateDataKey" if body["KeySpec"] == "AES_256" => {
            Reply::json(&json!({"KeyId": KEY, "Plaintext": BASE64.encode(&plain), "CiphertextBlob": wrapped}))
        }
        "Decrypt" if body["CiphertextBlob"] == wrapped => {
            Reply::json(&json!({"KeyId": KEY, "Plaintext": BASE64.encode(&plain)}))
        }
        "Decrypt" => refuse("InvalidCiphertextException"),
        _ => refuse("UnknownOperationException"),
    }
}

fn refuse(code: &str) -> Reply {
    Reply::json_error(StatusCode::BAD_REQUEST, code, "refused")
}

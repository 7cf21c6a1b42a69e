//! The HTTP API's authorizer: signature, issuer, audience and end are right, or nobody is let in. What it hands over are
//! texts. <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jiff::Timestamp;
use oidc::HttpClient;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Map, Value, json};

use super::vendor::TIMEOUT;

/// The authorizer of one stack.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    keys: Value,
    issuer: String,
    audience: String,
}

impl Gateway {
    /// Reads the keys of an issuer.
    pub(super) async fn of(http: &HttpClient, issuer: &str, audience: &str) -> Self {
        let document = get(http, &format!("{issuer}/.well-known/openid-configuration")).await;
        let keys = get(http, document["jwks_uri"].as_str().unwrap()).await["keys"].clone();
        Self { keys, issuer: issuer.to_owned(), audience: audience.to_owned() }
    }

    /// The same for another audience.
    pub(super) fn for_audience(&self, audience: &str) -> Self {
        Self { audience: audience.to_owned(), ..self.clone() }
    }

    /// The claims of a token that is let in, as texts.
    pub(super) fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let key = self.keys.as_array()?.iter().find(|key| key["kid"] == header["kid"])?;
        let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
        let key = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
        let claims: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let audience = claims.get("aud").or_else(|| claims.get("client_id"))?;
        let is_for_us = match audience {
            Value::Array(several) => several.iter().any(|one| *one == self.audience),
            one => *one == self.audience,
        };
        let stands = claims.get("exp")?.as_i64()? > Timestamp::now().as_second();
        let is_ours = header["alg"] == "RS256" && claims.get("iss")? == self.issuer.as_str();
        // The tests' own claims fill in what is absent.
        let mut texts = Map::from_iter([("client_id".to_owned(), Value::Null)]);
        texts.extend(claims.iter().map(|(name, value)| (name.clone(), json!(text_of(value)))));
        (is_for_us && stands && is_ours).then_some(Value::Object(texts))
    }
}

fn text_of(claim: &Value) -> String {
    match claim {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(text_of).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

async fn get(http: &HttpClient, address: &str) -> Value {
    let answer = http.send(http::Request::get(address).body(Bytes::new()).unwrap(), TIMEOUT).await.unwrap();
    serde_json::from_slice(answer.body()).unwrap()
}

//! A person at a provider's pages: signs in, consents, signs out, by following what the pages say.

use std::collections::BTreeMap;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::Request;
use oidc::HttpClient;
use regex::Regex;

use super::vendor::TIMEOUT;

/// A person, with a browser that keeps the provider's cookies.
pub(super) struct Person {
    http: HttpClient,
    account: &'static str,
    jar: BTreeMap<String, String>,
    /// The pages that asked something, since they were last taken.
    pages: Vec<&'static str>,
    /// Presses "cancel" where it is asked to sign in.
    pub(super) cancels: bool,
}

impl Person {
    pub(super) fn new(http: HttpClient, account: &'static str) -> Self {
        Self { http, account, jar: BTreeMap::new(), pages: Vec::new(), cancels: false }
    }

    pub(super) fn take_pages(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.pages)
    }

    /// Goes to a provider's address, does what is asked there, and gives the address that it leads away to.
    pub(super) async fn visit(&mut self, address: &str) -> String {
        let origin = Regex::new("^http://[^/]+").unwrap().find(address).unwrap().as_str().to_owned();
        let absolute = |to: &str| if to.starts_with('/') { format!("{origin}{to}") } else { to.to_owned() };
        let mut request = Request::get(address).body(Bytes::new()).unwrap();
        for _ in 0..20 {
            let answer = self.send(request).await;
            let page = String::from_utf8(answer.body().to_vec()).unwrap();
            request = if answer.status().is_redirection() {
                let to = absolute(answer.headers()["location"].to_str().unwrap());
                if !to.starts_with(&format!("{origin}/")) {
                    return to;
                }
                Request::get(to).body(Bytes::new()).unwrap()
            } else {
                assert_eq!(answer.status(), 200, "{page}");
                self.answer_page(&page, absolute)
            };
        }
        panic!("the provider's pages lead nowhere");
    }

    fn answer_page(&mut self, page: &str, absolute: impl Fn(&str) -> String) -> Request<Bytes> {
        let find = |pattern: &str| Some(Regex::new(pattern).unwrap().captures(page)?.get(1)?.as_str().to_owned());
        let hidden = Regex::new(r#"<input type="hidden" name="([^"]+)" value="([^"]*)""#).unwrap();
        let mut fields: Vec<(String, String)> =
            hidden.captures_iter(page).map(|field| (field[1].to_owned(), field[2].to_owned())).collect();
        let mut fill_in = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        if page.contains(r#"value="login""#) {
            self.pages.push("login");
            if self.cancels {
                let abort = find(r#"href="([^"]+/abort)""#).expect("a way to cancel");
                return Request::get(absolute(&abort)).body(Bytes::new()).unwrap();
            }
            fill_in("login", self.account);
            fill_in("password", "any");
        } else if page.contains(r#"value="consent""#) {
            self.pages.push("consent");
        } else {
            self.pages.push("logout");
            fill_in("logout", "yes");
        }
        let action = find(r#"action="([^"]+)""#).unwrap_or_else(|| panic!("no form: {page}"));
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(absolute(&action)).header("content-type", "application/x-www-form-urlencoded");
        request.body(Bytes::from(body)).unwrap()
    }

    async fn send(&mut self, mut request: Request<Bytes>) -> http::Response<Bytes> {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        let answer = self.http.send(request, TIMEOUT).await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            match rest.split(';').next().unwrap_or_default() {
                "" => self.jar.remove(name),
                value => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }
}

//! A browser that uses the console: it keeps cookies, goes to the provider and comes back.

use std::collections::BTreeMap;

use super::double::{Answer, Console, Request, Shape, query_of};

/// A browser: its cookies, and the pages' scripts in it.
#[derive(Clone, Default)]
pub(super) struct Browser {
    pub(super) jar: BTreeMap<String, String>,
    shape: Shape,
}

impl Browser {
    /// Behind a gateway that puts cookies there.
    pub(super) fn behind(shape: Shape) -> Self {
        Self { shape, ..Self::default() }
    }

    /// One that has signed in.
    pub(super) async fn signed_in(console: &Console, login: &str) -> Self {
        let mut browser = Self::default();
        browser.sign_in(console, login).await;
        browser
    }

    pub(super) async fn sign_in(&mut self, console: &Console, login: &str) {
        let answer = self.return_from_provider(console, login).await;
        assert_eq!(answer.location(), "/");
        assert!(self.jar.contains_key("__Host-session"));
    }

    /// Goes to the provider, signs in there, and comes back.
    pub(super) async fn return_from_provider(&mut self, console: &Console, login: &str) -> Answer {
        let to = self.ask(console, Request::go("/session/login")).await;
        let code = console.provider().sign_in(to.location(), login);
        let state = query_of(to.location())["state"].clone();
        self.ask(console, Request::go(&format!("/signed-in?code={code}&state={state}"))).await
    }

    pub(super) async fn ask(&mut self, console: &Console, mut ask: Request) -> Answer {
        ask.cookies.extend(self.jar.iter().map(|(name, value)| format!("{name}={value}")));
        ask.shape = self.shape;
        let answer = console.ask(&ask).await;
        for cookie in &answer.cookies {
            assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite="), "{cookie}");
            let (name, rest) = cookie.split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
            }
        }
        answer
    }

    pub(super) async fn fetch(&mut self, console: &Console, method: &'static str, path: &str) -> Answer {
        self.ask(console, Request::fetch(method, path)).await
    }
}

//! `rokuban login`.

use std::net::{Ipv4Addr, TcpListener};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use jiff::Timestamp;
use oidc::{HttpClient, Roots};
use rokuban::args::Login;

use super::person::Person;
use super::scene::{Scene, who_is};
use super::vendor::{TIMEOUT, Vendor};

/// A person who signs in on this machine. The program waits for the browser without giving way, so it is another thread's.
fn browse(address: String, account: &'static str) -> JoinHandle<u16> {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let http = HttpClient::new(Roots::Machine);
            let back = Person::new(http.clone(), account).visit(&address).await;
            let request = http::Request::get(back).body(Bytes::new()).unwrap();
            http.send(request, TIMEOUT).await.unwrap().status().as_u16()
        })
    })
}

#[tokio::test]
#[ignore = "needs the providers of tests/oidc"]
async fn rokuban_login_gives_a_token_that_the_api_takes_and_leaves_nothing_good_behind() {
    for vendor in Vendor::all() {
        let scene = Scene::of(vendor).await;
        let vendor = &scene.vendor;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let arguments = Login {
            issuer: vendor.issuer.clone(),
            client_id: vendor.client.clone(),
            scopes: vendor.scopes.clone(),
            port,
            no_browser: true,
        };
        let mut browser = None;
        let token = rokuban::login(&arguments, &scene.http, Timestamp::now, |address| {
            browser = Some(browse(address.to_owned(), vendor.account));
        })
        .await
        .unwrap();
        assert_eq!(browser.unwrap().join().unwrap(), 200, "{}", vendor.name);
        let answer = who_is(&scene.api_as(vendor), &scene.gateway, token.expose()).await.unwrap();
        assert_eq!(answer.ok()["id"], "kato", "{}", vendor.name);
        if vendor.rotates() {
            let refresh = scene.given(0, "refresh_token").unwrap();
            assert!(scene.use_refresh_token(&refresh).await.unwrap_err().is_final(), "{}", vendor.name);
        }
    }
}

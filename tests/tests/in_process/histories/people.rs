//! What people do through the API.

use jiff::SignedDuration;
use serde_json::json;
use tests::company::Company;

use super::company::{Placed, Upload, UploadKind};
use super::history::History;
use crate::api::{ADMIN, AUDITOR, Answer, Api, ApiRequest, SALES_MANAGER};

impl History {
    /// Asks the API; the request's id comes from the history, so that a seed gives the same ids.
    pub(super) async fn ask(&mut self, login: &str, request: &ApiRequest) -> Answer {
        let number = self.next_number();
        let api = Api::of(Company::of(self.world().clone()));
        api.ask(&request.clone().by(login).with_request_id(&format!("history-{number:08}"))).await
    }

    /// Two admins say what a recording is.
    pub(super) async fn correct(&mut self) {
        let kind = self.one_of(&[UploadKind::Named, UploadKind::Bare]);
        let Some(upload) = self.one_upload_of(kind) else { return };
        let began = (self.world().now() - SignedDuration::from_hours(2)).to_string();
        let facts = match kind {
            UploadKind::Named => json!({"call_id": format!("corrected-{}", self.next_number())}),
            _ => json!({"started_at": began, "direction": "inbound", "extension": "201"}),
        };
        let body = json!({"facts": facts, "reason": "本人に確認した"});
        for login in [ADMIN, "hayashi"] {
            let request = ApiRequest::put(&format!("/recordings/{}/facts", upload.id), &body);
            let answer = self.ask(login, &request).await;
            self.tell(&format!("{login} corrects {}: {}", upload.id, answer.status));
            if answer.status == 200 {
                self.count("corrected");
                return;
            }
        }
    }

    pub(super) async fn play(&mut self) {
        let Some(upload) = self.one_upload() else { return };
        let api = Api::of(Company::of(self.world().clone()));
        let answer = api.play(SALES_MANAGER, &upload.id).await;
        self.tell(&format!("play {}: {}", upload.id, answer.status));
        if answer.status == 200 {
            let url = answer.json()["url"].as_str().unwrap().to_owned();
            if self.world().http_get(&url, None).await.status == 200 {
                self.count("played");
            }
        }
    }

    /// An admin places a hold, for good or for some days.
    pub(super) async fn hold(&mut self) {
        let Some(Upload { id, .. }) = self.one_upload() else { return };
        let mut body = json!({"reason": "係争のおそれがあるため"});
        if self.random.percent(40) {
            body["until"] = (self.world().now() + SignedDuration::from_hours(24 * 10)).to_string().into();
        }
        let answer = self.ask(ADMIN, &ApiRequest::post(&format!("/recordings/{id}/holds"), &body)).await;
        self.tell(&format!("hold {id} {}: {}", body["until"], answer.status));
        if answer.status == 201 {
            self.count("held");
            let hold = answer.json()["hold_id"].as_str().unwrap().to_owned();
            self.holds.push(Placed { recording: id.to_string(), hold });
        }
    }

    /// An admin lifts a hold.
    pub(super) async fn lift(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let place = self.random.below(self.holds.len());
        let placed = self.holds.swap_remove(place);
        self.lift_one(&placed).await;
    }

    async fn lift_one(&mut self, placed: &Placed) {
        let Placed { recording, hold } = placed;
        let body = json!({"reason": "和解が成立したため"}).to_string();
        let request = ApiRequest::delete(&format!("/recordings/{recording}/holds/{hold}"));
        let answer = self.ask(ADMIN, &request.body("application/json", &body)).await;
        self.tell(&format!("lift {hold} of {recording}: {}", answer.status));
        if answer.status == 200 {
            self.count("hold lifted");
        }
    }

    /// Lifts every hold that stands: what is held has no end.
    pub(super) async fn lift_all(&mut self) {
        for placed in std::mem::take(&mut self.holds) {
            self.lift_one(&placed).await;
        }
    }

    /// Somebody writes about a call, or works on a dispute.
    pub(super) async fn write_or_dispute(&mut self) {
        match self.random.below(4) {
            0 => self.write_note().await,
            1 => self.open_case().await,
            _ => self.work_on_case().await,
        }
    }

    async fn write_note(&mut self) {
        let Some(Upload { id, .. }) = self.one_upload() else { return };
        let body = json!({"text": format!("折り返し{}", self.next_number())});
        let answer = self.ask(SALES_MANAGER, &ApiRequest::post(&format!("/recordings/{id}/notes"), &body)).await;
        self.tell(&format!("note on {id}: {}", answer.status));
        if answer.status == 201 {
            self.count("noted");
        }
    }

    async fn open_case(&mut self) {
        let Some(Upload { id, .. }) = self.one_upload() else { return };
        let at = self.world().now().to_string();
        let memo = json!({"kind": "complaint", "happened_at": at, "summary": "請求額が見積と違うとのお申し出。"});
        let answer = self.ask(ADMIN, &ApiRequest::post("/cases", &memo)).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
        let case = answer.json()["id"].as_str().unwrap().to_owned();
        let linking = ApiRequest::post(&format!("/cases/{case}/recordings"), &json!({"recording_id": id}));
        let answer = self.ask(ADMIN, &linking).await;
        self.tell(&format!("case {case} with {id}: {}", answer.status));
        if matches!(answer.status, 200..300) {
            self.count("linked to a case");
            self.cases.push((case.clone(), id.to_string()));
            self.release(&case, id.as_str()).await;
        }
    }

    /// A part is shared, another release requested and approved, or the case closed.
    async fn work_on_case(&mut self) {
        if self.cases.is_empty() {
            return;
        }
        let (case, id) = self.one_of(&self.cases.clone());
        match self.random.below(5) {
            0 => {
                let answer = self
                    .ask(ADMIN, &ApiRequest::post(&format!("/cases/{case}/close"), &json!({"outcome": "和解"})))
                    .await;
                self.tell(&format!("close {case}: {}", answer.status));
            }
            1 | 2 => {
                let until = self.today() + jiff::Span::new().days(7);
                let body = json!({"recording_id": id, "staff": ["sato"], "until": until, "to_seconds": 0.5});
                let answer = self.ask(ADMIN, &ApiRequest::post(&format!("/cases/{case}/shares"), &body)).await;
                self.tell(&format!("share {id} in {case}: {}", answer.status));
                if matches!(answer.status, 200..300) {
                    self.count("shared");
                }
            }
            _ => self.release(&case, &id).await,
        }
    }

    fn today(&self) -> jiff::civil::Date {
        self.world().now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
    }

    /// A release is requested by one admin and approved by the other.
    async fn release(&mut self, case: &str, id: &str) {
        let body = json!({
            "recipient": "〇〇警察署", "basis": "investigation_inquiry", "reference": "第123号", "basis_date": self.today(),
            "reason": "照会への回答のため。", "items": [{"recording_id": id, "to_seconds": 0.5}],
        });
        let answer = self.ask("hayashi", &ApiRequest::post(&format!("/cases/{case}/releases"), &body)).await;
        self.tell(&format!("release {id} in {case}: {}", answer.status));
        if !matches!(answer.status, 200..300) {
            return;
        }
        let release = answer.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/cases/{case}/releases/{release}/approve");
        let answer = self.ask(ADMIN, &ApiRequest::delete(&path).with_method("POST")).await;
        self.tell(&format!("approve {release}: {}", answer.status));
        if matches!(answer.status, 200..300) {
            self.count("release approved");
        }
    }

    /// A manager asks for the deletion of a call, and mostly an auditor approves it.
    pub(super) async fn delete_on_request(&mut self) {
        let id = match self.holds.last() {
            // One of two requests is for what was held last.
            Some(placed) if self.random.percent(50) => placed.recording.clone(),
            _ => match self.one_upload() {
                Some(upload) => upload.id.to_string(),
                None => return,
            },
        };
        let body = json!({"reason": "本人から利用停止の請求があった"}).to_string();
        let request = ApiRequest::delete(&format!("/recordings/{id}")).body("application/json", &body);
        let answer = self.ask(SALES_MANAGER, &request).await;
        self.tell(&format!("request the deletion of {id}: {}", answer.status));
        if answer.status == 409 && answer.json()["reason"] == "held" {
            self.count("request refused under a hold");
        }
        if answer.status != 202 || self.random.percent(20) {
            return;
        }
        let deletion = answer.json()["id"].as_str().unwrap_or_default().to_owned();
        let request = ApiRequest::delete(&format!("/deletions/{deletion}/approve")).with_method("POST");
        let answer = self.ask(AUDITOR, &request).await;
        self.tell(&format!("approve {deletion}: {}", answer.status));
        if answer.status == 200 {
            self.count("deletion approved");
        }
    }
}

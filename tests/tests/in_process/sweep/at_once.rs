//! Several runs at once: which starts others, what each takes, and that together they do no harm.

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use policy::id::{CallId, RecordingId};
use serde_json::{Value, json};
use store::SweepDay;
use sweep::{Part, Task};
use tests::company::{BUCKET, Company, sample};
use tests::world::{Fault, FaultKind, Handler, Moment, Order, Service, Which};

use super::all_due;
use super::runs::started;

/// Some call ids of a shard.
fn names_of(shard: u8) -> impl Iterator<Item = String> {
    let names = (0..).map(|number| format!("c{number}"));
    names.filter(move |name| CallId::of("object-metadata", Some("other/a"), name).shard() == shard)
}

async fn upload(company: &Company, name: &str) -> RecordingId {
    let metadata = [("call-id", name), ("started-at", "2026-11-11T10:00:00+09:00"), ("extension", "201")];
    company.upload(&format!("other/a/{name}.flac"), sample("other/upload/rec_0001.flac"), &metadata).await
}

/// More than a page of one shard, and a call of each other; all are due.
async fn with_much_due(of_one_shard: usize) -> (Company, Vec<RecordingId>) {
    let company = Company::with_sample_rulebook(1).await;
    let mut ids = Vec::new();
    for shard in 0..CallId::SHARDS {
        let wanted = if shard == first_shard() { of_one_shard } else { 1 };
        for name in names_of(shard).take(wanted) {
            let id = upload(&company, &name).await;
            assert_eq!(company.recording(&id).await.view.call.id.shard(), shard);
            ids.push(id);
        }
    }
    company.world.set_now(all_due());
    (company, ids)
}

/// The shard that a run of that moment begins with.
fn first_shard() -> u8 {
    u8::try_from((all_due().as_second() / 900) % 16).unwrap()
}

/// 2 seconds: some 150 calls, and 1,616 are about to be found.
fn soon(company: &Company) -> Timestamp {
    company.world.now() + SignedDuration::from_secs(2)
}

/// Which run ended each recording.
async fn ended_by(company: &Company, ids: &[RecordingId]) -> BTreeMap<String, Vec<RecordingId>> {
    let mut runs: BTreeMap<String, Vec<RecordingId>> = BTreeMap::new();
    for id in ids {
        if let Some(tombstone) = company.tombstone(id).await {
            runs.entry(tombstone.deleted_by).or_default().push(id.clone());
        }
    }
    runs
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_for_one_run_is_divided_among_several() {
    let (company, ids) = with_much_due(101).await;
    company.approve_every_deletion().await;
    company.world.take_calls();
    let run = |event: Value, id: &'static str| {
        let (company, context) = (&company, company.sweep_context());
        async move { Box::pin(sweep::answer(&context, &event, id, soon(company))).await.unwrap() }
    };
    run(json!({}), "run-0").await;
    let others = started(&company);
    // Four, this one among them.
    let parts: Vec<Task> = others.iter().map(Task::of).collect();
    let own = u16::from(first_shard()) % 4;
    let expected: Vec<Task> = (0..4)
        .filter(|number| *number != own)
        .map(|number| Task { hop: 0, part: Some(Part { number, of: 4 }), helps: true })
        .collect();
    assert_eq!(parts, expected);
    for (event, id) in others.iter().zip(["run-1", "run-2", "run-3"]) {
        // Those that AWS invokes twice change nothing.
        run(event.clone(), id).await;
        run(event.clone(), id).await;
    }
    assert!(started(&company).is_empty(), "a run that helps starts none");
    let runs = ended_by(&company, &ids).await;
    assert_eq!(runs.values().map(Vec::len).sum::<usize>(), ids.len(), "nothing is left");
    let (mine, of_others) =
        (runs["sweep run-0"].len(), ["sweep run-1", "sweep run-2", "sweep run-3"].map(|run| runs[run].len()));
    assert_eq!((mine, of_others), (104, [4, 4, 4]), "each its own shards");
}

#[tokio::test(start_paused = true)]
async fn what_the_day_may_not_lose_and_what_one_run_can_end_starts_no_other() {
    let (company, _) = with_much_due(121).await;
    company.world.take_calls();
    let run = async |stop_at| {
        Box::pin(sweep::answer(&company.sweep_context(), &json!({}), "run-0", stop_at)).await.unwrap();
    };
    run(soon(&company)).await;
    assert_eq!(company.world.object_keys(BUCKET).len(), 136 - 20);
    assert!(started(&company).is_empty(), "the day may lose 20");
    company.approve_every_deletion().await;
    run(company.world.now() + SignedDuration::from_mins(5)).await;
    assert_eq!(company.world.object_keys(BUCKET).len(), 0);
    assert!(started(&company).is_empty(), "time enough");
}

/// NEVER LATE: where no other run can be started, one does everything, and its error shows.
#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_start_another_takes_everything() {
    let (company, ids) = with_much_due(101).await;
    company.approve_every_deletion().await;
    let which = Which::EveryOf(Service::Lambda, "Invoke");
    company.world.set_fault(Fault { which, moment: Moment::Effect, kind: FaultKind::AccessDenied });
    let swept = Box::pin(sweep::answer(&company.sweep_context(), &json!({}), "run-0", soon(&company))).await;
    assert!(swept.is_err());
    assert_eq!(ended_by(&company, &ids).await.values().map(Vec::len).sum::<usize>(), ids.len());
}

/// NEVER EARLY, TWICE IS ONCE: runs that meet at the same calls, in seeded orders. The monitor looks after every deletion.
#[tokio::test(start_paused = true)]
async fn runs_at_once_end_every_call_once_and_no_more_than_the_day_may_lose() {
    const CALLS: usize = 5;
    let day = date(2026, 12, 14);
    for seed in 0..12 {
        let company = Company::with_sample_rulebook(seed).await;
        let mut ids = Vec::new();
        // Three of one shard.
        for name in names_of(3).take(3).chain(names_of(4).take(1)).chain(names_of(5).take(1)) {
            ids.push(upload(&company, &name).await);
        }
        company.world.set_now(all_due());
        let allowed = if seed % 2 == 0 { 3 } else { 20 };
        let open = SweepDay { day, live: 0, allowed, approved: 0, reserved: 0, waiting: 0 };
        company.table().open_sweep_day(&open).await.unwrap();
        let tasks = match seed % 3 {
            0 => vec![Task::default(); 3],
            1 => [0, 1].map(|number| Task { part: Some(Part { number, of: 2 }), helps: number > 0, hop: 0 }).to_vec(),
            _ => vec![Task::default(), Task { part: Some(Part { number: 1, of: 2 }), helps: true, hop: 0 }],
        };
        let stop_at = company.world.now() + SignedDuration::from_mins(5);
        let runs = tasks.into_iter().enumerate().map(|(number, task)| {
            let company = Company::of(company.world.clone());
            let run: Handler<bool> = Box::pin(async move {
                let id = format!("run-{number}");
                sweep::handle(&company.sweep_context(), &id, stop_at, task).await.is_ok()
            });
            run
        });
        let order = if seed % 4 < 2 { Order::Seed(seed) } else { Order::Priorities(seed) };
        let (done, trace) = company.world.interleave(order, runs.collect()).await;
        assert!(done.iter().all(|is_ok| *is_ok), "seed {seed}: {trace}");
        let most = CALLS.min(usize::try_from(allowed).unwrap());
        let gone = ended_by(&company, &ids).await.values().map(Vec::len).sum::<usize>();
        assert!(gone <= most, "seed {seed}: {gone} of {most}: {trace}");
        // Whatever they left to each other, the next run ends; what a stopped run noted is put right.
        company.sweep().await.unwrap();
        let gone = ended_by(&company, &ids).await.values().map(Vec::len).sum::<usize>();
        assert_eq!(gone, most, "seed {seed}: {trace}");
        assert_eq!(company.world.object_keys(BUCKET).len(), CALLS - most);
        let after = company.table().sweep_day(day).await.unwrap().unwrap();
        assert!(after.reserved <= allowed && after.reserved >= most as u64, "seed {seed}: {after:?}");
        if most < CALLS {
            assert_eq!(after.waiting, (CALLS - most) as u64, "seed {seed}: {after:?}");
        }
    }
}

/// What a run beside it found to wait is not wiped out by a run that found room.
#[tokio::test(start_paused = true)]
pub(crate) async fn how_many_wait_is_put_right_only_where_nobody_wrote_it_since() {
    let company = Company::with_sample_rulebook(1).await;
    let day = date(2026, 12, 14);
    let open = SweepDay { day, live: 0, allowed: 20, approved: 0, reserved: 0, waiting: 7 };
    company.table().open_sweep_day(&open).await.unwrap();
    for (before, waiting) in [(5, 7), (7, 0)] {
        company.table().note_waiting(day, 0, Some(before)).await.unwrap();
        assert_eq!(company.table().sweep_day(day).await.unwrap().unwrap().waiting, waiting);
    }
}

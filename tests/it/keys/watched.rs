//! Keys that a function loads, on tokio's paused clock.

use std::{
    error::Error,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::Builder,
    task::{JoinError, yield_now},
    time::sleep,
};
use tower_webhook::{
    WebhookLayer,
    auth::keys::{LoadError, Tenants, Watched, WatchedBuilder},
    provider::truemed::Truemed,
};

use super::{NEW, OLD, accepts, truemed};

/// What a database does when it is asked.
#[derive(Clone)]
enum Answer {
    Rows(Vec<(&'static str, &'static str)>),
    Fail,
    Hang,
    Panic,
}

struct Database {
    answer: Mutex<Answer>,
    asked: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Database {
    fn new(rows: &[(&'static str, &'static str)]) -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new(Answer::Rows(rows.to_vec())),
            asked: AtomicUsize::new(0),
            failures: Mutex::default(),
        })
    }

    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn holds(&self, rows: &[(&'static str, &'static str)]) {
        self.answers(Answer::Rows(rows.to_vec()));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn failures(&self) -> Vec<String> {
        std::mem::take(&mut self.failures.lock().unwrap())
    }

    async fn load(&self) -> io::Result<Vec<(&'static str, &'static str)>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Rows(rows) => Ok(rows),
            Answer::Fail => Err(io::Error::other("the database is away")),
            Answer::Hang => std::future::pending().await,
            Answer::Panic => panic!("a mistake in the loader"),
        }
    }
}

fn watched(database: &Arc<Database>) -> WatchedBuilder {
    let (loader, hook) = (Arc::clone(database), Arc::clone(database));
    let load = move || {
        let database = Arc::clone(&loader);
        async move { database.load().await }
    };
    Watched::tenants(Tenants::by_path_segment(0), load)
        .on_failure(move |error| hook.failures.lock().unwrap().push(error.to_string()))
}

async fn start(database: &Arc<Database>) -> (Watched, WebhookLayer<Truemed>) {
    let watched = watched(database).start().await.unwrap();
    let layer = truemed(watched.clone());
    (watched, layer)
}

/// A little more than so many seconds.
async fn after(seconds: u64) {
    sleep(Duration::from_millis(seconds * 1_000 + 1)).await;
}

#[tokio::test(start_paused = true)]
async fn keys_are_loaded_at_the_start_and_every_minute() {
    let database = Database::new(&[("north", OLD)]);
    let (watched, layer) = start(&database).await;
    assert!(accepts(&layer, "/north", OLD).await);
    database.holds(&[("north", OLD), ("north", NEW), ("south", NEW)]);
    after(59).await;
    assert_eq!((database.asked(), accepts(&layer, "/north", NEW).await), (1, false));
    after(1).await;
    assert!(accepts(&layer, "/north", NEW).await && accepts(&layer, "/south", NEW).await);
    assert_eq!(database.asked(), 2);
    database.holds(&[("south", NEW)]);
    after(60).await;
    assert!(!accepts(&layer, "/north", OLD).await && accepts(&layer, "/south", NEW).await);
    assert_eq!(format!("{watched:?}"), "Watched(Tenants { tenants: 1 })");
}

#[tokio::test(start_paused = true)]
async fn the_first_load_must_succeed() {
    let database = Database::new(&[]);
    database.answers(Answer::Fail);
    let error = watched(&database).start().await.unwrap_err();
    assert!(matches!(error, LoadError::Failed(_)), "{error:?}");
    assert_eq!(error.source().unwrap().to_string(), "the database is away");
    assert_eq!(format!("{error:#}"), "the function that loads the keys has failed: the database is away");
    database.answers(Answer::Hang);
    let begun = tokio::time::Instant::now();
    let error = watched(&database).timeout(Duration::from_secs(3)).start().await.unwrap_err();
    assert!(matches!(error, LoadError::TimedOut) && error.source().is_none(), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 3);
    database.answers(Answer::Panic);
    assert!(matches!(watched(&database).start().await.unwrap_err(), LoadError::Panicked));
}

#[tokio::test(start_paused = true)]
async fn stale_keys_are_served_until_the_source_recovers() {
    let database = Database::new(&[("north", OLD)]);
    let (watched, layer) = start(&database).await;
    for (answer, failure) in [
        // Neither the error nor the panic is quoted: either can contain a key.
        (Answer::Fail, "the function that loads the keys has failed (`{error:#}` says why)"),
        (Answer::Hang, "the function that loads the keys took too long"),
        (Answer::Panic, "the function that loads the keys has panicked"),
    ] {
        let asked = database.asked();
        database.answers(answer);
        after(60).await;
        after(11).await;
        assert_eq!((database.asked(), database.failures()), (asked + 1, vec![failure.to_owned()]));
        assert!(accepts(&layer, "/north", OLD).await);
    }
    assert!(watched.age() >= Duration::from_secs(3 * 60), "{:?}", watched.age());
    database.holds(&[("north", NEW)]);
    after(60).await;
    assert!(accepts(&layer, "/north", NEW).await && !accepts(&layer, "/north", OLD).await);
    assert!(watched.age() < Duration::from_secs(60), "{:?}", watched.age());
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_stops_nothing() {
    let database = Database::new(&[("north", OLD)]);
    let watched = watched(&database).on_failure(|_| panic!("a mistake in the hook")).start().await.unwrap();
    let layer = truemed(watched);
    database.answers(Answer::Fail);
    after(60).await;
    database.holds(&[("north", NEW)]);
    after(60).await;
    assert!(accepts(&layer, "/north", NEW).await);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_whose_key_cannot_be_used_keeps_the_old_one_and_stops_no_other() {
    let database = Database::new(&[("north", OLD), ("south", OLD)]);
    let (_, layer) = start(&database).await;
    database.holds(&[("east", NEW), ("north", "short"), ("south", NEW), ("west", "short"), (" padded", NEW)]);
    after(60).await;
    assert!(accepts(&layer, "/north", OLD).await && !accepts(&layer, "/north", "short").await);
    assert!(accepts(&layer, "/south", NEW).await && accepts(&layer, "/east", NEW).await);
    assert!(!accepts(&layer, "/west", "short").await);
    let failures = database.failures();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].starts_with("API key 1 of tenant 2 is too short"), "{failures:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_whose_first_key_cannot_be_used_does_not_stop_the_program() {
    let database = Database::new(&[("north", "short"), ("south", NEW)]);
    let (watched, layer) = start(&database).await;
    assert!(accepts(&layer, "/south", NEW).await && !accepts(&layer, "/north", "short").await);
    assert!(database.failures()[0].starts_with("API key 1 of a tenant is too short"));
    database.holds(&[("north", OLD), ("south", NEW)]);
    after(60).await;
    assert!(accepts(&layer, "/north", OLD).await);
    drop(watched);
    // But if there is no other, the settings are wrong.
    let database = Database::new(&[("north", "short")]);
    let watched = self::watched(&database).start().await.unwrap();
    assert!(Truemed::builder().api_keys(watched).build().is_err());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_tenant_loads_early() {
    let database = Database::new(&[("north", OLD)]);
    let (_, layer) = start(&database).await;
    database.holds(&[("north", OLD), ("south", NEW)]);
    assert!(!accepts(&layer, "/south", NEW).await);
    after(9).await;
    assert_eq!(database.asked(), 1);
    after(1).await;
    assert!(accepts(&layer, "/south", NEW).await);
    assert_eq!(database.asked(), 2);
    // The next one on time is a minute later, and a wrong key is no reason for an early one.
    assert!(!accepts(&layer, "/south", OLD).await);
    after(58).await;
    assert_eq!(database.asked(), 2);
    after(2).await;
    assert_eq!(database.asked(), 3);
    // After a while without a load, it comes at once.
    after(30).await;
    assert!(!accepts(&layer, "/west", OLD).await);
    after(0).await;
    assert_eq!(database.asked(), 4);
    // A delivery without a name has nothing that a load could bring.
    after(30).await;
    assert!(!accepts(&layer, "/", OLD).await);
    after(1).await;
    assert_eq!(database.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_tenant_loads_as_early_as_you_set() {
    let database = Database::new(&[("north", OLD)]);
    let watched = watched(&database).unknown_every(Duration::from_secs(3)).start().await.unwrap();
    let layer = truemed(watched);
    database.holds(&[("north", OLD), ("south", NEW)]);
    assert!(!accepts(&layer, "/south", NEW).await);
    after(2).await;
    assert_eq!(database.asked(), 1);
    after(1).await;
    assert!(accepts(&layer, "/south", NEW).await);
    assert_eq!(database.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn strangers_load_once_in_10_seconds_whatever_they_send() {
    let database = Database::new(&[("north", OLD)]);
    let (watched, layer) = start(&database).await;
    for number in 0..10_000 {
        assert!(!accepts(&layer, &format!("/stranger-{number}"), OLD).await);
        if number % 100 == 0 {
            sleep(Duration::from_millis(600)).await;
        }
    }
    // That was a minute.
    assert!((6..=8).contains(&database.asked()), "{}", database.asked());
    assert_eq!(format!("{watched:?}"), "Watched(Tenants { tenants: 1 })");
    // Once they stop, there is one more at most.
    let asked = database.asked();
    after(59).await;
    assert!(database.asked() <= asked + 1, "{} after {asked}", database.asked());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_asked_no_more_often() {
    let database = Database::new(&[("north", OLD)]);
    let (_, layer) = start(&database).await;
    database.answers(Answer::Fail);
    for _ in 0..60 {
        assert!(!accepts(&layer, "/south", OLD).await);
        after(1).await;
    }
    assert!((6..=8).contains(&database.asked()), "{}", database.asked());
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_handle() {
    let database = Database::new(&[("north", OLD)]);
    let (watched, layer) = start(&database).await;
    drop(watched);
    after(60).await;
    assert_eq!(database.asked(), 2);
    drop(layer);
    after(600).await;
    assert_eq!((database.asked(), Arc::strong_count(&database)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn keys_of_one_sender_are_refreshed_too() {
    let live = Arc::new(Mutex::new(vec![OLD]));
    let loaded = Arc::clone(&live);
    let load = move || std::future::ready(Ok::<_, io::Error>(loaded.lock().unwrap().clone()));
    let failures = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&failures);
    let watched = Watched::keys(load).every(Duration::from_secs(5)).on_failure(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let watched = watched.start().await.unwrap();
    let layer = truemed(watched.clone());
    *live.lock().unwrap() = vec![OLD, NEW];
    after(5).await;
    assert_eq!(format!("{watched:?}"), r#"Watched(["1", "2"])"#);
    assert!(accepts(&layer, "/", OLD).await && accepts(&layer, "/", NEW).await);
    *live.lock().unwrap() = vec!["short"];
    after(5).await;
    assert!(accepts(&layer, "/", OLD).await && accepts(&layer, "/", NEW).await);
    assert_eq!(failures.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn other_tasks_run_while_the_keys_of_many_tenants_are_prepared() {
    let load = || {
        let pairs: Vec<_> = (0..320).map(|number| (format!("clinic-{number}"), OLD)).collect();
        std::future::ready(Ok::<_, io::Error>(pairs))
    };
    let turns = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            taken.fetch_add(1, Ordering::SeqCst);
            yield_now().await;
        }
    });
    let watched = Watched::tenants(Tenants::by_path_segment(0), load).start().await.unwrap();
    other.abort();
    assert_eq!(format!("{watched:?}"), "Watched(Tenants { tenants: 320 })");
    // One for each 32 tenants, and some before and after.
    let turns = turns.load(Ordering::SeqCst);
    assert!((10..20).contains(&turns), "{turns}");
}

#[test]
fn a_load_that_ends_with_its_runtime_has_failed() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let (begun, has_begun) = mpsc::channel();
    let load = move || {
        begun.send(()).unwrap();
        std::future::pending::<io::Result<[&str; 1]>>()
    };
    let handle = runtime.handle().clone();
    let starting = thread::spawn(move || handle.block_on(Watched::keys(load).start()));
    has_begun.recv().unwrap();
    runtime.shutdown_background();
    let error = starting.join().unwrap().unwrap_err();
    let LoadError::Failed(cause) = error else { panic!("{error:?}") };
    assert!(cause.downcast_ref::<JoinError>().unwrap().is_cancelled());
}

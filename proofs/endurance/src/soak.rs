//! Hours of mixed load in little: memory that does not grow, files that are closed, and the expected answer each time.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use tower_webhook::testing::{Spoil, TestDelivery, TestSender};

use crate::{
    Outcome,
    client::{Answer, Connection, wire},
    process::{Gauge, Server},
    slope,
    stores::{postgres::Postgres, redis::Redis},
};

/// Steps per second; a step is one to three requests.
const RATE: u32 = 250;
const WORKERS: u32 = 10;
/// A younger event than this is surely not forgotten: the stores keep it for a minute.
const FRESH: Duration = Duration::from_secs(20);
/// Enough to open all connections that the stores ever open.
const BURST: usize = 100;
/// In KiB, at any time.
const MOST_MEMORY: u64 = 100 * 1024;

/// A sender, one of its events, and a member that makes it another event.
const EVENTS: [(&str, &str, &str); 9] = [
    ("truemed", "qualification-session-complete", "qualification_session_id"),
    ("truemed", "payment-session-complete", "payment_session_id"),
    ("truemed", "item-eligibility-updated", "data.object.sku"),
    ("mediquo", "patient_consultation_created", "payload.consultation.id"),
    ("mediquo", "patient_consultation_finished", "payload.consultation.id"),
    ("github", "push", "after"),
    ("github", "ping", "zen"),
    ("stripe", "invoice.paid", "id"),
    ("stripe", "customer.created", "id"),
];

pub(crate) fn run(length: Duration) -> Outcome<Vec<String>> {
    let (Some(redis), Some(postgres)) = (Redis::start(), Postgres::start_alone()) else {
        return Err("it needs `redis-server`, and `postgres`, `initdb` and `psql`, on the path".into());
    };
    let senders = ["truemed", "mediquo", "github", "stripe"].map(TestSender::named);
    let senders = senders.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut settings = vec![
        ("REDIS_URL", redis.url()),
        ("DATABASE_URL", postgres.url()),
        ("IDEMPOTENCY_PEPPER", "b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58".to_owned()),
    ];
    for (variable, sender) in ["TRUEMED_KEY", "MEDIQUO_KEY", "GITHUB_KEY", "STRIPE_KEY"].into_iter().zip(&senders) {
        settings.push((variable, sender.key_text().ok_or("a key that is no text")?));
    }
    let server = Server::start("endurance-soak", &settings)?;
    let load = Arc::new(Load {
        address: server.address,
        senders,
        number: AtomicU64::new(0),
        counts: Mutex::default(),
        wrong: Mutex::default(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (samples, files) = runtime.block_on(watch(&load, server.gauge(), length))?;
    report(&load, &samples, files, length)
}

/// The samples of memory, in hours and KiB, and the open files before and after.
async fn watch(load: &Arc<Load>, gauge: Gauge, length: Duration) -> Outcome<(Vec<(f64, f64)>, [usize; 2])> {
    burst(load).await?;
    let before = settled(gauge, None).await?;
    println!("{before} open files before, with the connections to the stores");

    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for index in 0..WORKERS {
        tasks.spawn(Worker::new(load, index).run(begun + length));
    }
    tasks.spawn(stalled_bodies(Arc::clone(load), begun + length));
    tasks.spawn(scrapes(Arc::clone(load), begun + length));
    let mut samples = Vec::new();
    let mut ticks = interval(Duration::from_secs(1));
    while begun.elapsed() < length {
        ticks.tick().await;
        let (time, memory) = (begun.elapsed(), gauge.memory()?);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        samples.push((time.as_secs_f64() / 3600.0, memory as f64));
        if samples.len() % 60 == 0 {
            println!(
                "after {:4} s: {memory} KiB, {} files, {} requests",
                time.as_secs(),
                gauge.open_files()?,
                load.total()
            );
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    let after = settled(gauge, Some(before)).await?;
    Ok((samples, [before, after]))
}

fn report(load: &Load, samples: &[(f64, f64)], files: [usize; 2], length: Duration) -> Outcome<Vec<String>> {
    println!("\n| step | as expected | not |\n|---|--:|--:|");
    for (step, [right, wrong]) in &*lock(&load.counts) {
        println!("| {step} | {right} | {wrong} |");
    }
    // Caches and pools fill in the first part.
    let warm = (length / 6).min(Duration::from_secs(300)).as_secs_f64() / 3600.0;
    let kept: Vec<(f64, f64)> = samples.iter().copied().filter(|(time, _)| *time >= warm).collect();
    let (slope, half) = slope::of(&kept, 25);
    let most = samples.iter().fold(0.0_f64, |most, (_, memory)| most.max(*memory));
    println!("\n{} requests in {} s", load.total(), length.as_secs());
    println!(
        "resident memory: {:.0} KiB at first, {:.0} after the warm-up, {:.0} at the end, {most:.0} at most",
        samples.first().map_or(f64::NAN, |sample| sample.1),
        kept.first().map_or(f64::NAN, |sample| sample.1),
        kept.last().map_or(f64::NAN, |sample| sample.1),
    );
    println!(
        "slope after {:.0} s of warm-up: {:.2} MB/h, 95 % of {:.2} to {:.2}",
        warm * 3600.0,
        slope / 1024.0,
        (slope - half) / 1024.0,
        (slope + half) / 1024.0
    );
    println!("open files: {} before, {} after", files[0], files[1]);

    let mut broken: Vec<String> = lock(&load.wrong).clone();
    if files[1] > files[0] {
        broken.push(format!("{} files are open that were not before", files[1] - files[0]));
    }
    if most > MOST_MEMORY as f64 {
        broken.push(format!("{most:.0} KiB of memory"));
    }
    Ok(broken)
}

/// The open files when nobody is connected: when they are as few as before, or do not change any more.
async fn settled(gauge: Gauge, before: Option<usize>) -> Outcome<usize> {
    let (mut last, mut unchanged) = (gauge.open_files()?, 0);
    while unchanged < 15 && before != Some(last) {
        sleep(Duration::from_secs(1)).await;
        let now = gauge.open_files()?;
        unchanged = if now == last { unchanged + 1 } else { 0 };
        last = now;
    }
    Ok(last)
}

/// Opens all connections that the stores ever open.
async fn burst(load: &Arc<Load>) -> Outcome<()> {
    let mut tasks = JoinSet::new();
    for index in 0..BURST {
        let load = Arc::clone(load);
        tasks.spawn(async move {
            let (request, _) = load.event(index % EVENTS.len()).wire("soak-does: wait\r\n");
            Connection::open(load.address).await?.ask(&request).await
        });
    }
    while let Some(answer) = tasks.join_next().await {
        let answer = answer??;
        if answer.status != 204 {
            return Err(format!("at the start: {answer:?}").into());
        }
    }
    Ok(())
}

struct Load {
    address: SocketAddr,
    senders: Vec<TestSender>,
    number: AtomicU64,
    counts: Mutex<BTreeMap<String, [u64; 2]>>,
    /// What was wrong, the first few times.
    wrong: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A delivery, and whose it is.
struct Event {
    sender: &'static str,
    delivery: TestDelivery,
}

impl Event {
    fn wire(&self, more: &str) -> (Vec<u8>, usize) {
        wire(&self.delivery.request::<Bytes>(), more)
    }
}

impl Load {
    /// A new event.
    fn event(&self, index: usize) -> Event {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (sender, name, member) = EVENTS[index];
        let of_name = self.senders.iter().find(|known| known.description().name() == sender);
        let delivery = of_name.and_then(|sender| sender.event(name).ok()).unwrap_or_else(|| panic!("{sender} {name}"));
        Event { sender, delivery: delivery.member(member, format!("soak-{number}")) }
    }

    fn total(&self) -> u64 {
        lock(&self.counts).values().flatten().sum()
    }

    fn count(&self, step: &str, is_right: bool, found: &dyn Debug) {
        let mut counts = lock(&self.counts);
        let count = counts.entry(step.to_owned()).or_default();
        count[usize::from(!is_right)] += 1;
        let mut wrong = lock(&self.wrong);
        if !is_right && wrong.len() < 20 {
            wrong.push(format!("{step}: {found:?}"));
        }
    }

    fn expect(&self, step: &str, status: u16, outcome: Option<&str>, found: &io::Result<Answer>) {
        let is_right = found.as_ref().is_ok_and(|it| it.status == status && it.outcome.as_deref() == outcome);
        self.count(step, is_right, found);
    }
}

/// Sends one step after the other over a connection of its own.
struct Worker {
    load: Arc<Load>,
    connection: Option<Connection>,
    recent: VecDeque<(Instant, Vec<u8>)>,
    chance: u64,
}

impl Worker {
    fn new(load: &Arc<Load>, index: u32) -> Self {
        let chance = 0x9e37_79b9_7f4a_7c15 ^ u64::from(index + 1);
        Self { load: Arc::clone(load), connection: None, recent: VecDeque::new(), chance }
    }

    async fn run(mut self, end: Instant) {
        let mut ticks = interval(Duration::from_secs(1) * WORKERS / RATE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < end {
            ticks.tick().await;
            if let Err(error) = self.step().await {
                self.load.count("a step that could not be made", false, &error);
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        // xorshift
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        usize::try_from(self.chance % bound as u64).unwrap_or_default()
    }

    async fn step(&mut self) -> io::Result<()> {
        let index = self.below(EVENTS.len());
        let event = self.load.event(index);
        match self.below(100) {
            0..48 => self.genuine(&event).await,
            48..65 => self.duplicate().await,
            65..68 => self.twins(&event).await,
            68..71 => self.failure(&event).await,
            71..91 => self.spoiled(&event).await,
            91..94 => self.cut_off(&event).await,
            94..96 => self.hung_up(&event).await,
            96..98 => self.misaddressed(&event).await,
            98 => self.oversized(&event, true).await,
            _ => self.oversized(&event, false).await,
        }
    }

    /// Over the connection that stays; one request of fifty opens another.
    async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        let kept = self.connection.take().filter(|_| !self.chance.is_multiple_of(50));
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(self.load.address).await?,
        };
        let answer = connection.ask(request).await?;
        self.connection = Some(connection).filter(|_| !answer.closes);
        Ok(answer)
    }

    async fn genuine(&mut self, event: &Event) -> io::Result<()> {
        let (request, _) = event.wire("");
        let answer = self.ask(&request).await;
        self.load.expect("genuine", 204, Some("first"), &answer);
        self.recent.push_back((Instant::now(), request));
        if self.recent.len() > 30 {
            self.recent.pop_front();
        }
        Ok(())
    }

    async fn duplicate(&mut self) -> io::Result<()> {
        let Some((time, request)) = self.recent.pop_front() else { return Ok(()) };
        if time.elapsed() < FRESH {
            let answer = self.ask(&request).await;
            self.load.expect("duplicate", 204, Some("replayed"), &answer);
            // In one of two cases it comes once more.
            if self.below(2) == 0 {
                self.recent.push_back((time, request));
            }
        }
        Ok(())
    }

    /// The same event twice at the same time.
    async fn twins(&mut self, event: &Event) -> io::Result<()> {
        let (request, _) = event.wire("soak-does: wait\r\n");
        let mut one = Connection::open(self.load.address).await?;
        let mut other = Connection::open(self.load.address).await?;
        let (one, other) = tokio::join!(one.ask(&request), other.ask(&request));
        let (one, other) = (one?, other?);
        let told = |answer: &Answer| (answer.status, answer.outcome.as_deref().map(str::to_owned));
        let first = (204, Some("first".to_owned()));
        let second = if told(&one) == first { told(&other) } else { told(&one) };
        let is_right = (told(&one) == first) != (told(&other) == first)
            && [(204, "replayed"), (503, "in_progress")].contains(&(second.0, second.1.as_deref().unwrap_or_default()));
        self.load.count("two at the same time", is_right, &[one, other]);
        Ok(())
    }

    /// A handler that fails at first.
    async fn failure(&mut self, event: &Event) -> io::Result<()> {
        let failing = self.ask(&event.wire("soak-does: fail\r\n").0).await;
        self.load.expect("a handler that fails", 500, Some("failed"), &failing);
        let retried = self.ask(&event.wire("").0).await;
        self.load.expect("its retry", 204, Some("first"), &retried);
        Ok(())
    }

    async fn spoiled(&mut self, event: &Event) -> io::Result<()> {
        let how = Spoil::ALL[self.below(Spoil::ALL.len())];
        // 32 MiB each time would be the load of the client and not of the server.
        let spoiled = event.delivery.spoiled(how).filter(|_| how != Spoil::Oversized);
        let Some(spoiled) = spoiled else { return Ok(()) };
        let answer = self.ask(&wire(&spoiled.request::<Bytes>(), "").0).await;
        let is_typed = matches!(event.sender, "truemed" | "mediquo");
        let step = format!("{how:?}");
        match how {
            Spoil::UnknownType | Spoil::UnknownValue => self.load.expect(&step, 204, Some("first"), &answer),
            Spoil::NotJson => self.load.expect(&step, 400, None, &answer),
            Spoil::CutOff if is_typed => self.load.expect(&step, 400, None, &answer),
            // Truemed documents this status.
            _ if event.sender == "truemed" => self.load.expect(&step, 400, None, &answer),
            _ => self.load.expect(&step, 401, None, &answer),
        }
        Ok(())
    }

    /// A connection that ends in the body, properly or not.
    async fn cut_off(&mut self, event: &Event) -> io::Result<()> {
        let (request, head) = event.wire("");
        let mut connection = Connection::open(self.load.address).await?;
        connection.stream.write_all(&request[..head.midpoint(request.len())]).await?;
        if self.below(2) == 0 {
            socket2::SockRef::from(&connection.stream).set_linger(Some(Duration::ZERO))?;
        }
        self.load.count("a connection that ends in the body", true, &());
        Ok(())
    }

    /// A sender that does not wait for the answer. The event is done all the same.
    async fn hung_up(&mut self, event: &Event) -> io::Result<()> {
        let mut connection = Connection::open(self.load.address).await?;
        connection.stream.write_all(&event.wire("soak-does: wait\r\n").0).await?;
        sleep(Duration::from_millis(30)).await;
        drop(connection);
        self.load.count("a sender that hangs up", true, &());
        Ok(())
    }

    async fn misaddressed(&mut self, event: &Event) -> io::Result<()> {
        let mut request = event.delivery.request::<Bytes>();
        match self.below(3) {
            0 => {
                *request.uri_mut() = http::Uri::from_static("/webhooks/nobody");
                let answer = self.ask(&wire(&request, "").0).await;
                self.load.expect("another path", 404, None, &answer);
            }
            1 => {
                *request.method_mut() = http::Method::PUT;
                let answer = self.ask(&wire(&request, "").0).await;
                self.load.expect("another method", 405, None, &answer);
            }
            _ => {
                let answer = Connection::open(self.load.address).await?.ask(b"NONSENSE\r\n\r\n").await;
                self.load.expect("no HTTP", 400, None, &answer);
            }
        }
        Ok(())
    }

    /// A body above the limit, which its head declares, or which shows only when it arrives.
    async fn oversized(&mut self, event: &Event, is_declared: bool) -> io::Result<()> {
        let mut signed = event.delivery.request::<Bytes>();
        *signed.body_mut() = Bytes::from(vec![b' '; if is_declared { 2 << 20 } else { 0 }]);
        let (mut bytes, head) = wire(&signed, "");
        if is_declared {
            bytes.truncate(head);
        } else {
            let declared = String::from_utf8_lossy(&bytes).replace("content-length: 0", "transfer-encoding: chunked");
            bytes = declared.into_bytes();
            // One byte more than the limit, in 16 chunks of 64 KiB and one of a byte.
            for _ in 0..16 {
                bytes.extend_from_slice(b"10000\r\n");
                bytes.resize(bytes.len() + 0x10000, b' ');
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"1\r\n \r\n");
        }
        let answer = Connection::open(self.load.address).await?.ask(&bytes).await;
        self.load.expect(if is_declared { "declared too long" } else { "found too long" }, 413, None, &answer);
        Ok(())
    }
}

/// A body that stops half way, once a second.
async fn stalled_bodies(load: Arc<Load>, end: Instant) {
    let mut tasks = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1));
    while Instant::now() < end {
        ticks.tick().await;
        let load = Arc::clone(&load);
        tasks.spawn(async move {
            let (request, head) = load.event(usize::try_from(load.total()).unwrap_or(0) % EVENTS.len()).wire("");
            let answer = async {
                let mut connection = Connection::open(load.address).await?;
                connection.ask(&request[..head.midpoint(request.len())]).await
            };
            load.expect("a body that stalls", 408, None, &answer.await);
        });
        while tasks.try_join_next().is_some() {}
    }
    tasks.join_all().await;
}

/// What Prometheus does.
async fn scrapes(load: Arc<Load>, end: Instant) {
    let mut ticks = interval(Duration::from_secs(10));
    while Instant::now() < end {
        ticks.tick().await;
        let answer = async {
            Connection::open(load.address).await?.ask(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").await
        };
        load.expect("a scrape", 200, None, &answer.await);
    }
}

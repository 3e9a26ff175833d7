//! Thousands of senders that do not come to an end, and genuine deliveries beside them.

use std::{
    fmt,
    io::ErrorKind,
    net::SocketAddr,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{interval, sleep, timeout},
};
use tower_webhook::testing::{Spoil, TestSender};

use crate::{
    Outcome,
    client::wire,
    frames::{self, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, frame},
    probe::{Latency, Probe},
    process::Server,
};

/// What `examples/hyper.rs` sets for the head and for the body.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(2);
/// How long one that is not closed in time is watched.
const WATCHED: Duration = Duration::from_secs(18);
/// New connections, each tenth of a second.
const AT_ONCE: usize = 300;
/// Streams on one HTTP/2 connection. The server allows 200.
const STREAMS: usize = 100;
/// In bytes, for each sender.
const MOST_MEMORY: u64 = 32 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slow {
    /// A genuine head, and then a byte of the body each second.
    Body,
    /// The same with a wrong key.
    Stranger,
    /// A byte of the head each second.
    Head,
    /// Nothing at all.
    Silent,
    /// The beginning of the preface of HTTP/2, and then nothing.
    Preface,
    /// HTTP/2 without a stream.
    Idle,
    /// A genuine head on a stream of HTTP/2, and then a byte of the body each second.
    Stream,
    /// Headers on HTTP/2 that are to be continued.
    Unfinished,
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Body => "a body, one byte a second",
            Self::Stranger => "the same with a wrong key",
            Self::Head => "a head, one byte a second",
            Self::Silent => "nothing",
            Self::Preface => "half of the HTTP/2 preface",
            Self::Idle => "HTTP/2 without a stream",
            Self::Stream => "a body on an HTTP/2 stream, one byte a second",
            Self::Unfinished => "HTTP/2 headers that do not end",
        })
    }
}

pub(crate) fn run(senders: usize) -> Outcome<Vec<String>> {
    let truemed = TestSender::named("truemed")?;
    let mut broken = Vec::new();
    println!("{senders} senders at once, each time on a fresh server:\n");
    println!(
        "| each sends | closed in time | last after | memory each | p99 without | p99 beside | median beside | failed |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for slow in [
        Slow::Body,
        Slow::Stranger,
        Slow::Head,
        Slow::Silent,
        Slow::Preface,
        Slow::Idle,
        Slow::Stream,
        Slow::Unfinished,
    ] {
        broken.extend(measure(&truemed, slow, senders)?.into_iter().map(|law| format!("{slow}: {law}")));
    }
    println!();
    broken.extend(slowhttptest(&truemed, senders)?);
    Ok(broken)
}

fn measure(sender: &TestSender, slow: Slow, senders: usize) -> Outcome<Vec<String>> {
    let key = sender.key_text().ok_or("a key that is no text")?;
    let settings = [("TRUEMED_API_KEY", key.clone()), ("MEDIQUO_WEBHOOK_SIGNATURE", key)];
    let server = Server::start("endurance-hyper", &settings)?;
    let probe = Probe::start(server.address, sender)?;
    let pause = Duration::from_secs(if senders < 1000 { 2 } else { 10 });
    std::thread::sleep(pause);

    let gauge = server.gauge();
    let (before, begun) = (gauge.memory()?, Instant::now());
    let per_connection = if slow == Slow::Stream { STREAMS } else { 1 };
    let attack = Arc::new(Attack::new(server.address, sender, slow)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let attacked = std::thread::spawn(move || runtime.block_on(attack.run(senders / per_connection)));
    let mut most = before;
    while !attacked.is_finished() {
        std::thread::sleep(Duration::from_millis(50));
        most = most.max(gauge.memory()?);
    }
    let took = attacked.join().map_err(|_| "the senders panicked")?;
    let beside = probe.between(begun, Instant::now());
    let without = probe.between(begun - pause / 2, begun);
    probe.stop();

    let in_time = took.iter().flatten().filter(|took| **took <= DEADLINE + GRACE).count() * per_connection;
    let last = took.iter().flatten().max().copied().unwrap_or_default();
    let memory = (most - before) * 1024 / senders as u64;
    println!(
        "| {slow} | {in_time} | {:.1} s | {:.1} KiB | {} | {} | {} | {} of {} |",
        last.as_secs_f64(),
        memory as f64 / 1024.0,
        milliseconds(without.p99),
        milliseconds(beside.p99),
        milliseconds(beside.median),
        beside.failed,
        beside.deliveries
    );
    let mut broken = Vec::new();
    if in_time < senders / per_connection * per_connection {
        broken.push(format!("{} of {senders} not closed in time", senders - in_time));
    }
    if memory > MOST_MEMORY {
        broken.push(format!("{memory} bytes each"));
    }
    broken.extend(refused(&beside));
    Ok(broken)
}

pub(crate) fn refused(beside: &Latency) -> Option<String> {
    (beside.failed > 0).then(|| format!("{} genuine deliveries were not answered 204", beside.failed))
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

struct Attack {
    address: SocketAddr,
    slow: Slow,
    /// What is sent at first, and what each second.
    first: Vec<u8>,
    then: Option<u8>,
}

impl Attack {
    fn new(address: SocketAddr, sender: &TestSender, slow: Slow) -> Outcome<Self> {
        let genuine = sender.event("qualification-session-complete")?.member("source", "x".repeat(100_000));
        let stranger = genuine.spoiled(Spoil::WrongKey).ok_or("a sender without a key")?;
        let of_sender = |delivery: &tower_webhook::testing::TestDelivery| {
            let (mut bytes, head) = wire(&delivery.request::<Bytes>(), "");
            bytes.truncate(head);
            bytes
        };
        let block = frames::block(&genuine.request::<Bytes>());
        let (first, then) = match slow {
            Slow::Body => (of_sender(&genuine), Some(b' ')),
            Slow::Stranger => (of_sender(&stranger), Some(b' ')),
            Slow::Head => (b"POST /webhooks/truemed HTTP/1.1\r\nhost: ".to_vec(), Some(b'x')),
            Slow::Silent => (Vec::new(), None),
            Slow::Preface => (frames::PREFACE[..12].to_vec(), None),
            Slow::Idle => (Vec::new(), None),
            Slow::Unfinished => (frame(HEADERS, 0, 1, &block), None),
            Slow::Stream => {
                let streams =
                    (0..u32::try_from(STREAMS)?).map(|index| frame(HEADERS, END_HEADERS, 2 * index + 1, &block));
                (streams.collect::<Vec<_>>().concat(), Some(b' '))
            }
        };
        Ok(Self { address, slow, first, then })
    }

    /// How long each was open since it sent what it sends at first, or `None` if it was not closed.
    async fn run(self: Arc<Self>, connections: usize) -> Vec<Option<Duration>> {
        let mut tasks = JoinSet::new();
        let mut ticks = interval(Duration::from_millis(100));
        for index in 0..connections {
            if index % AT_ONCE == 0 {
                ticks.tick().await;
            }
            let attack = Arc::clone(&self);
            tasks.spawn(async move { attack.connection().await.ok().flatten() });
        }
        tasks.join_all().await
    }

    async fn connection(&self) -> std::io::Result<Option<Duration>> {
        let mut stream = match self.slow {
            Slow::Idle | Slow::Stream | Slow::Unfinished => frames::open(self.address).await?,
            _ => TcpStream::connect(self.address).await?,
        };
        stream.write_all(&self.first).await?;
        let begun = Instant::now();
        let (mut reading, mut writing) = stream.split();
        let trickle = async {
            while let Some(byte) = self.then {
                sleep(Duration::from_secs(1)).await;
                let sent = if self.slow == Slow::Stream {
                    let frames = (0..STREAMS as u32).map(|index| frame(DATA, 0, 2 * index + 1, &[byte]));
                    writing.write_all(&frames.collect::<Vec<_>>().concat()).await
                } else {
                    writing.write_all(&[byte]).await
                };
                if sent.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let ended = async {
            if self.slow == Slow::Stream {
                streams_end(&mut reading).await;
            } else {
                connection_ends(&mut reading).await;
            }
            begun.elapsed()
        };
        tokio::select! {
            ended = timeout(WATCHED, ended) => Ok(ended.ok()),
            () = trickle => Ok(None),
        }
    }
}

async fn connection_ends(reading: &mut (impl AsyncReadExt + Unpin)) {
    let mut buffer = [0; 512];
    loop {
        match reading.read(&mut buffer).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// All streams of a connection are answered or reset, or the connection ends.
async fn streams_end(reading: &mut (impl AsyncReadExt + Unpin)) {
    let mut open = STREAMS;
    while open > 0 {
        let Ok(frame) = frames::read(reading).await else { return };
        let ends = matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0;
        if ends {
            open -= 1;
        } else if frame.kind == RST_STREAM {
            // After the answer, it asks for no more of the body.
            continue;
        }
    }
}

/// The same by a program of others, with genuine heads.
fn slowhttptest(sender: &TestSender, senders: usize) -> Outcome<Vec<String>> {
    let key = sender.key_text().ok_or("a key that is no text")?;
    let mut broken = Vec::new();
    for (name, how) in [("bodies", "-B"), ("heads", "-H")] {
        let settings = [("TRUEMED_API_KEY", key.clone()), ("MEDIQUO_WEBHOOK_SIGNATURE", key.clone())];
        let server = Server::start("endurance-hyper", &settings)?;
        let output = Command::new("slowhttptest")
            .args([how, "-c", &senders.to_string(), "-r", "3000", "-i", "2", "-x", "10", "-s", "100000", "-t", "POST"])
            // It has no option for a header of one's own.
            .args(["-f", &format!("application/json\r\nx-truemed-api-key: {key}")])
            .args(["-u", &format!("http://{}/webhooks/truemed", server.address), "-l", "60", "-p", "3"])
            .output();
        let output = match output {
            Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
            Err(error) => {
                println!("slowhttptest was not run ({error}): `apt install slowhttptest`");
                break;
            }
        };
        // Its numbers stand between the codes of colours.
        let text: String =
            output.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
        let number = |line: &str, name: &str| -> Option<usize> { line.trim().strip_prefix(name)?.trim().parse().ok() };
        let most = text.lines().filter_map(|line| number(line, "connected:")).max().unwrap_or_default();
        let ended = text.lines().find_map(|line| line.split_once("Test ended on ")?.1.split("th").next()?.parse().ok());
        let all_closed = text.contains("No open connections left");
        println!(
            "slowhttptest, {name}: {most} connected, all closed: {all_closed}, after {} s",
            ended.unwrap_or(0_u64)
        );
        if !all_closed {
            broken.push(format!("slowhttptest, {name}: some connections were not closed"));
        }
    }
    Ok(broken)
}

//! Frames of HTTP/2 as fast as a sender can write them, and genuine deliveries beside them.

use std::{
    collections::BTreeMap,
    fmt,
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
    time::{sleep, timeout_at},
};
use tower_webhook::testing::TestSender;

use crate::{
    Outcome,
    frames::{self, CANCEL, CONTINUATION, DATA, END_HEADERS, HEADERS, PING, RST_STREAM, SETTINGS, frame},
    probe::Probe,
    process::Server,
    slow::{milliseconds, refused},
};

const CONNECTIONS: usize = 4;
/// Frames that are written at once.
const BATCH: u32 = 100;
/// In KiB, for the whole server.
const MOST_MEMORY: u64 = 64 * 1024;

#[derive(Clone, Copy)]
enum Flood {
    /// A genuine head, and at once its end: CVE-2023-44487.
    RapidReset,
    /// Genuine heads whose bodies never come, far more than the server allows at once.
    Streams,
    /// Headers that are continued without end.
    Continuation,
    /// Frames of a body without data.
    EmptyData,
    Ping,
    Settings,
    /// Deliveries with a wrong key, whose answers must not be sent: the window is closed.
    Unread,
}

impl fmt::Display for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RapidReset => "streams that are reset at once",
            Self::Streams => "streams without a body",
            Self::Continuation => "`CONTINUATION`",
            Self::EmptyData => "`DATA` without data",
            Self::Ping => "`PING`",
            Self::Settings => "`SETTINGS`",
            Self::Unread => "requests whose answers are not read",
        })
    }
}

pub(crate) fn run(time: Duration) -> Outcome<Vec<String>> {
    let truemed = TestSender::named("truemed")?;
    let mut broken = Vec::new();
    println!("{CONNECTIONS} connections as fast as they can, for {time:?}, each time on a fresh server:\n");
    println!(
        "| flood of | frames | memory, most | after | p99 without | p99 beside | median beside | failed | ended |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|");
    for flood in [
        Flood::RapidReset,
        Flood::Streams,
        Flood::Continuation,
        Flood::EmptyData,
        Flood::Ping,
        Flood::Settings,
        Flood::Unread,
    ] {
        broken.extend(measure(&truemed, flood, time)?.into_iter().map(|law| format!("{flood}: {law}")));
    }
    Ok(broken)
}

fn measure(sender: &TestSender, flood: Flood, time: Duration) -> Outcome<Vec<String>> {
    let key = sender.key_text().ok_or("a key that is no text")?;
    let settings = [("TRUEMED_API_KEY", key.clone()), ("MEDIQUO_WEBHOOK_SIGNATURE", key)];
    let server = Server::start("endurance-hyper", &settings)?;
    let probe = Probe::start(server.address, sender)?;
    let pause = time.max(Duration::from_secs(2));
    std::thread::sleep(pause);

    let (gauge, begun) = (server.gauge(), Instant::now());
    let attack = Arc::new(Attack {
        address: server.address,
        flood,
        head: head(sender, flood)?,
        frames: AtomicU64::new(0),
        ended: Mutex::default(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let running = Arc::clone(&attack);
    let attacked = std::thread::spawn(move || runtime.block_on(running.run(begun + time)));
    let mut most = 0;
    while !attacked.is_finished() {
        std::thread::sleep(Duration::from_millis(20));
        most = most.max(gauge.memory()?);
    }
    attacked.join().map_err(|_| "the flood panicked")?;
    let beside = probe.between(begun, Instant::now());
    let without = probe.between(begun - pause / 2, begun);
    std::thread::sleep(Duration::from_secs(1));
    let after = gauge.memory()?;
    probe.stop();

    let ended = attack.ended.lock().unwrap_or_else(PoisonError::into_inner);
    let ended: Vec<String> = ended.iter().map(|(why, count)| format!("{count} {why}")).collect();
    println!(
        "| {flood} | {} | {most} KiB | {after} KiB | {} | {} | {} | {} of {} | {} |",
        attack.frames.load(Ordering::Relaxed),
        milliseconds(without.p99),
        milliseconds(beside.p99),
        milliseconds(beside.median),
        beside.failed,
        beside.deliveries,
        if ended.is_empty() { "none".to_owned() } else { ended.join(", ") }
    );
    let mut broken = Vec::new();
    if most > MOST_MEMORY {
        broken.push(format!("{most} KiB of memory"));
    }
    broken.extend(refused(&beside));
    Ok(broken)
}

fn head(sender: &TestSender, flood: Flood) -> Outcome<Vec<u8>> {
    let genuine = sender.events().into_iter().next().ok_or("a sender without events")?;
    let sent = match flood {
        Flood::Unread => genuine.spoiled(tower_webhook::testing::Spoil::WrongKey).ok_or("a sender without a key")?,
        _ => genuine,
    };
    Ok(frames::block(&sent.request::<Bytes>()))
}

struct Attack {
    address: SocketAddr,
    flood: Flood,
    head: Vec<u8>,
    frames: AtomicU64,
    /// Why the server ended connections, and how often.
    ended: Mutex<BTreeMap<String, u64>>,
}

impl Attack {
    async fn run(self: Arc<Self>, end: Instant) {
        let mut tasks = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let attack = Arc::clone(&self);
            tasks.spawn(async move {
                while Instant::now() < end {
                    if attack.connection(end).await.is_err() {
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            });
        }
        tasks.join_all().await;
    }

    /// One connection, until the server or the time ends it.
    async fn connection(&self, end: Instant) -> std::io::Result<()> {
        let mut stream = frames::open(self.address).await?;
        if let Flood::Unread = self.flood {
            // The initial window of a stream is zero.
            stream.write_all(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])).await?;
        }
        let (mut reading, mut writing) = stream.split();
        let write = async {
            let mut next = 1;
            writing.write_all(&self.beginning()).await?;
            loop {
                let mut batch = Vec::new();
                for _ in 0..BATCH {
                    batch.extend_from_slice(&self.frames(next));
                    next += 2;
                }
                writing.write_all(&batch).await?;
                self.frames.fetch_add(u64::from(BATCH), Ordering::Relaxed);
            }
        };
        let read = async {
            loop {
                match frames::read(&mut reading).await {
                    Ok(frame) => {
                        if let Some(why) = frames::goodbye(&frame) {
                            return format!("`GOAWAY` {why}");
                        }
                    }
                    Err(_) => return "closed without a word".to_owned(),
                }
            }
        };
        let both = async {
            // What cannot be written any more may still be read.
            let writing = async {
                let _: std::io::Result<()> = write.await;
                std::future::pending::<()>().await;
            };
            tokio::select! { why = read => why, () = writing => String::new() }
        };
        if let Ok(why) = timeout_at(end.into(), both).await {
            *self.ended.lock().unwrap_or_else(PoisonError::into_inner).entry(why).or_default() += 1;
        }
        Ok(())
    }

    fn beginning(&self) -> Vec<u8> {
        match self.flood {
            Flood::Continuation => frame(HEADERS, 0, 1, &self.head),
            Flood::EmptyData => frame(HEADERS, END_HEADERS, 1, &self.head),
            _ => Vec::new(),
        }
    }

    fn frames(&self, stream: u32) -> Vec<u8> {
        match self.flood {
            Flood::RapidReset => {
                [frame(HEADERS, END_HEADERS, stream, &self.head), frame(RST_STREAM, 0, stream, CANCEL)].concat()
            }
            Flood::Streams | Flood::Unread => frame(HEADERS, END_HEADERS, stream, &self.head),
            Flood::Continuation => {
                let mut more = Vec::new();
                frames::literal(&mut more, b"x-more", &[b'x'; 100]);
                frame(CONTINUATION, 0, 1, &more)
            }
            Flood::EmptyData => frame(DATA, 0, 1, &[]),
            Flood::Ping => frame(PING, 0, 0, &[0; 8]),
            Flood::Settings => frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
        }
    }
}

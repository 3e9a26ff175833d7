//! The programs themselves, and `SIGKILL`.

use std::collections::HashSet;

use crate::support::{
    eventually,
    place::Place,
    program::Program,
    sender::{deliver, session},
};

const EVENTS: usize = 60;

/// Delivers all events at once, kills the program when some were answered and one has had its effect, and gives those
/// that were answered.
async fn deliver_and_kill(program: &mut Program) -> Vec<usize> {
    let address = program.address;
    let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..EVENTS {
        let answers = answers.clone();
        tokio::spawn(async move {
            if deliver(address, &session(number)).await == Some(204) {
                let _ = answers.send(number);
            }
        });
    }
    drop(answers);
    let mut stored = Vec::new();
    while stored.len() < EVENTS / 4 {
        stored.push(answered.recv().await.unwrap());
    }
    while program.effects.is_empty() {
        program.next().await;
    }
    program.kill().await;
    // Those that were answered while it died.
    while let Some(number) = answered.recv().await {
        stored.push(number);
    }
    stored
}

async fn deliver_all_again(program: &Program) {
    for number in 0..EVENTS {
        eventually("204", async || (deliver(program.address, &session(number)).await == Some(204)).then_some(())).await;
    }
}

#[tokio::test]
async fn a_queue_that_is_killed_has_lost_nothing_and_has_one_job_of_each() {
    let place = Place::new();
    let mut program = Program::start(env!("CARGO_BIN_EXE_queue"), &place).await;
    let answered = deliver_and_kill(&mut program).await;
    let before: HashSet<String> = program.effects.into_iter().collect();
    let stored = place.count("Jobs").await;
    assert!(stored >= answered.len() as i64, "{stored} stored of {} answered", answered.len());

    // As if the heartbeats had been missed: what the worker had taken is free.
    place.execute("UPDATE Workers SET last_seen = last_seen - 3600").await;
    let mut program = Program::start(env!("CARGO_BIN_EXE_queue"), &place).await;
    deliver_all_again(&program).await;
    assert_eq!(place.count("Jobs").await, EVENTS as i64);
    eventually("done", async || (place.count("Jobs WHERE status = 'Done'").await == EVENTS as i64).then_some(())).await;
    let all = |after: &[String]| before.iter().chain(after).collect::<HashSet<_>>().len() == EVENTS;
    while !all(&program.effects) {
        program.next().await;
    }
    let unique: HashSet<_> = program.effects.iter().collect();
    assert_eq!(unique.len(), program.effects.len(), "an effect came twice without a crash");
    let twice = before.iter().filter(|key| unique.contains(key)).count();
    println!("{} effects before the kill, {twice} of them again after it", before.len());
}

#[tokio::test]
async fn a_transaction_that_is_killed_has_lost_nothing_and_has_one_effect_of_each() {
    let place = Place::new();
    let mut program = Program::start(env!("CARGO_BIN_EXE_transaction"), &place).await;
    let answered = deliver_and_kill(&mut program).await;
    let settled = place.count("decisions").await;
    assert!(settled >= answered.len() as i64, "{settled} settled of {} answered", answered.len());
    assert_eq!(place.count("webhook_events").await, settled);

    let program = Program::start(env!("CARGO_BIN_EXE_transaction"), &place).await;
    deliver_all_again(&program).await;
    let subjects: i64 = sqlx::query_scalar("SELECT count(DISTINCT subject) FROM decisions")
        .fetch_one(&place.pool().await)
        .await
        .unwrap();
    assert_eq!((place.count("decisions").await, subjects), (EVENTS as i64, EVENTS as i64));
}

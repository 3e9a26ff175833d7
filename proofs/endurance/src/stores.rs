//! A Redis and a PostgreSQL of our own, started as the tests of the library start them.
#![allow(dead_code, reason = "the tests use more of them")]

#[path = "../../../tests/it/support/postgres.rs"]
pub(crate) mod postgres;
#[path = "../../../tests/it/support/programs.rs"]
pub(crate) mod programs;
#[path = "../../../tests/it/support/redis.rs"]
pub(crate) mod redis;
#[path = "../../../tests/it/support/wait.rs"]
pub(crate) mod wait;

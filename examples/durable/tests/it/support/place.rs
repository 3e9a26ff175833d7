//! A file in a directory of its own, and the servers on it. A new server is what a new process would be: the file, the
//! pepper, and an empty memory.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::Router;
use example_durable::{
    database::{self, WAIT},
    queue::{self, Queue},
    transaction,
};
use sqlx::SqlitePool;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower_webhook::{
    WebhookLayer,
    idempotency::{IdempotencyLayer, MemoryStore, Pepper},
    provider::{mediquo::MediQuo, truemed::Truemed},
};

use super::sender::{KEY, SIGNATURE};

pub const PEPPER: &str = "b4b1d8b2bb5e4e2f3f0c1a6f3c9d7e58";

pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self) -> PathBuf {
        self.0.path().join("webhooks.db")
    }

    pub async fn pool(&self) -> SqlitePool {
        self.impatient_pool(WAIT).await
    }

    pub async fn impatient_pool(&self, wait: Duration) -> SqlitePool {
        database::open(&self.file(), wait).await.unwrap()
    }

    pub async fn queue(&self) -> Queue {
        queue::open(&self.pool().await).await.unwrap()
    }

    pub async fn queue_server(&self) -> SocketAddr {
        serve(queue_router(self.queue().await)).await
    }

    pub async fn transaction_server(&self) -> SocketAddr {
        serve(self.transaction_router().await).await
    }

    pub async fn transaction_router(&self) -> Router {
        let pool = self.pool().await;
        transaction::open(&pool).await.unwrap();
        transaction::router(pool, idempotency(), truemed())
    }

    pub async fn count(&self, table: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(query).fetch_one(&self.pool().await).await.unwrap()
    }

    pub async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool().await).await.unwrap();
    }
}

pub fn queue_router(queue: Queue) -> Router {
    queue::router(queue, idempotency(), truemed(), mediquo())
}

pub fn mediquo() -> WebhookLayer<MediQuo> {
    MediQuo::builder().signature(SIGNATURE).build().unwrap().into_layer()
}

pub fn truemed() -> WebhookLayer<Truemed> {
    Truemed::builder().api_key(KEY).build().unwrap().into_layer()
}

pub fn idempotency() -> IdempotencyLayer<MemoryStore> {
    IdempotencyLayer::with_pepper(MemoryStore::new(), Pepper::new(PEPPER).unwrap())
}

pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    address
}

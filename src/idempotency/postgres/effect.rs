use tokio_postgres::{Error, Transaction, types::Type};

use crate::idempotency::EventKey;

/// It waits for another transaction that has inserted the key, until that has ended.
const INSERT: &str = "INSERT INTO webhook_effects (key) VALUES ($1) ON CONFLICT DO NOTHING";

impl EventKey {
    /// Inserts the key into the table `webhook_effects` in your transaction, and returns whether it is new there.
    ///
    /// If it is, run the effect in the same transaction: both are committed, or neither is. Then neither a crash, nor a
    /// lease that is too short, nor a store that loses data makes the effect happen twice. If it is not, the effect has
    /// been committed before: answer 2xx and do nothing. A second transaction with the key waits here until the first has
    /// ended.
    ///
    /// It works with every [`Store`](super::super::Store) of the layer. Make the table with
    /// [`PostgresStore::migrate`](super::PostgresStore::migrate), or with the SQL in the folder `migrations`. With another
    /// client than `tokio-postgres`, run `INSERT INTO webhook_effects (key) VALUES ($1) ON CONFLICT DO NOTHING` with
    /// [`as_bytes`](Self::as_bytes), and look at the number of rows.
    ///
    /// Set your own pepper ([`with_pepper`](super::super::IdempotencyLayer::with_pepper)), because the keys outlive the
    /// process. Nothing deletes them: once a day, delete those that are older than the sender retries.
    ///
    /// # Errors
    ///
    /// That of the client, as your own statements in the transaction have. Answer 5xx: the transaction is rolled back, and
    /// the sender retries.
    ///
    /// # Examples
    ///
    /// ```
    /// use deadpool_postgres::Pool;
    /// use tower_webhook::idempotency::EventKey;
    ///
    /// async fn settle(pool: &Pool, key: EventKey, order: &str) -> Result<(), Box<dyn std::error::Error>> {
    ///     let mut client = pool.get().await?;
    ///     let transaction = client.transaction().await?;
    ///     if key.insert_in(&transaction).await? {
    ///         transaction.execute("UPDATE orders SET paid = true WHERE id = $1", &[&order]).await?;
    ///     }
    ///     transaction.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    pub async fn insert_in(&self, transaction: &Transaction<'_>) -> Result<bool, Error> {
        let key = self.as_bytes().as_slice();
        Ok(transaction.execute_typed(INSERT, &[(&key, Type::BYTEA)]).await? == 1)
    }
}

//! What the store says to the server: one statement for each step, so one round trip and one transaction.
//!
//! The times are the server's. Several replicas, whose clocks differ, see the same ones.

/// The tables, as they are shipped in the folder `migrations`.
pub(super) const MIGRATION: &str = include_str!("../../../migrations/1_webhook_events.sql");
pub(super) const VERSION: i32 = 1;

/// Two programs that start at once would both make the tables; the number is arbitrary.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(7308332045806135147);";

pub(super) const FIND_VERSION: &str = "SELECT max(version) FROM webhook_migrations";

/// Claims a key that is absent or has expired; otherwise, returns who has it, and writes nothing.
///
/// It returns no row if another attempt took the key after this statement began. An expired row with this token is a
/// release that came before its claim, and stays.
pub(super) const CLAIM: &str = "\
WITH found AS MATERIALIZED (
    SELECT token, status, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint AS remaining
    FROM webhook_events WHERE key = $1 AND expires_at > clock_timestamp()
), claimed AS (
    INSERT INTO webhook_events AS held (key, token, expires_at)
    SELECT $1, $2, clock_timestamp() + $3 * interval '1 millisecond' WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT (key) DO UPDATE SET token = EXCLUDED.token, status = NULL, expires_at = EXCLUDED.expires_at
    WHERE held.expires_at <= clock_timestamp() AND held.token IS DISTINCT FROM EXCLUDED.token
    RETURNING token, status, 0::bigint
)
SELECT * FROM found UNION ALL SELECT * FROM claimed";

/// Finds what [`CLAIM`] would find, on a server that refuses to write.
pub(super) const FIND: &str = "\
SELECT token, status, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint
FROM webhook_events WHERE key = $1 AND expires_at > clock_timestamp()";

/// Makes a key done, whatever it was, and returns whether this attempt held it.
pub(super) const COMMIT: &str = "\
WITH held AS MATERIALIZED (
    SELECT FROM webhook_events WHERE key = $1 AND token = $2 AND expires_at > clock_timestamp()
)
INSERT INTO webhook_events (key, status, expires_at) VALUES ($1, $3, clock_timestamp() + $4 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET token = NULL, status = EXCLUDED.status, expires_at = EXCLUDED.expires_at
RETURNING EXISTS (SELECT FROM held)";

/// Ends the claim of this attempt. If the claim has not arrived yet, on another connection, the row keeps it out.
pub(super) const RELEASE: &str = "\
INSERT INTO webhook_events AS held (key, token, expires_at) VALUES ($1, $2, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE held.token = EXCLUDED.token
RETURNING true";

/// Lets the claim of this attempt last longer, unless it has ended. It returns no row then.
pub(super) const RENEW: &str = "\
UPDATE webhook_events SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
WHERE key = $1 AND token = $2 AND expires_at > clock_timestamp() RETURNING true";

/// How many rows are deleted in one transaction.
pub(super) const BATCH: i64 = 1000;

/// Deletes what has expired. A release is kept for a minute, in which its claim may still arrive.
pub(super) const CLEAN: &str = "\
WITH deleted AS (
    DELETE FROM webhook_events WHERE key IN (
        SELECT key FROM webhook_events WHERE expires_at <= clock_timestamp() - interval '1 minute'
        ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) RETURNING 1
)
SELECT count(*) FROM deleted";

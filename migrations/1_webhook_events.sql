-- What `PostgresStore` and `EventKey::insert_in` of the crate tower-webhook need. It can be run twice.

-- The events that are claimed (`token`) or done (`status`), until `expires_at`.
CREATE TABLE IF NOT EXISTS webhook_events (
    key bytea PRIMARY KEY CHECK (octet_length(key) = 16),
    token bytea CHECK (octet_length(token) = 16),
    status smallint CHECK (status BETWEEN 200 AND 299),
    expires_at timestamptz NOT NULL,
    CHECK ((token IS NULL) <> (status IS NULL))
);
CREATE INDEX IF NOT EXISTS webhook_events_expires_at ON webhook_events (expires_at);

-- The events whose effect was committed in the same transaction as the row. Nothing deletes these but you.
CREATE TABLE IF NOT EXISTS webhook_effects (
    key bytea PRIMARY KEY CHECK (octet_length(key) = 16),
    stored_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS webhook_migrations (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO webhook_migrations (version) VALUES (1) ON CONFLICT DO NOTHING;

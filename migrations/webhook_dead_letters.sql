-- What `PostgresLetters` of the crate tower-webhook needs. It can be run twice.

-- Deliveries that would have been lost. `letter` is encrypted; `receipt` is its readable part. Nothing deletes these but you.
CREATE TABLE IF NOT EXISTS webhook_dead_letters (
    id text PRIMARY KEY,
    receipt jsonb NOT NULL,
    letter bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS webhook_dead_letters_kept_at ON webhook_dead_letters (kept_at);

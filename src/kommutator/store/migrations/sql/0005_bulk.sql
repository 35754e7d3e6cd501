-- Bulk writes to a CRM, item by item; and answers kept for clients that ask the same thing twice.

CREATE TABLE bulk_jobs (
    enterprise    text NOT NULL REFERENCES enterprises(number),
    id            uuid NOT NULL,
    connection_id uuid NOT NULL,
    entity        text NOT NULL CHECK (entity IN ('leads', 'contacts', 'companies')),
    action        text NOT NULL CHECK (action IN ('create', 'update')),
    batch         int NOT NULL CHECK (batch BETWEEN 1 AND 250),
    state         text NOT NULL DEFAULT 'waiting'
                  CHECK (state IN ('waiting', 'running', 'cancelling', 'cancelled', 'finished')),
    total         int NOT NULL,
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    started_at    timestamptz,
    finished_at   timestamptz,
    due_at        timestamptz NOT NULL DEFAULT now(),           -- not before: the vendor is away or asked to wait
    failures      int NOT NULL DEFAULT 0,                       -- in a row; for the backoff
    error         text,                                         -- the vendor's words, redacted
    error_hint    text,                                         -- slug of ours
    owner         uuid,
    fence         bigint NOT NULL DEFAULT 0,                    -- grows with each owner
    lease_until   timestamptz,
    PRIMARY KEY (enterprise, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);
CREATE INDEX bulk_jobs_open ON bulk_jobs (connection_id, created_at)
    WHERE state IN ('waiting', 'running', 'cancelling');
CREATE INDEX bulk_jobs_newest ON bulk_jobs (enterprise, created_at DESC, id DESC);

CREATE TABLE bulk_items (
    enterprise text NOT NULL,
    job_id     uuid NOT NULL,
    position   int NOT NULL,                                    -- from 1, as given
    entity_id  bigint,                                          -- what is updated, or what came to be
    body       jsonb NOT NULL,                                  -- as it goes to the vendor
    state      text NOT NULL DEFAULT 'waiting'
               CHECK (state IN ('waiting', 'sent', 'done', 'refused', 'cancelled')),
    stamp      bigint,                                          -- created_at of a creation, unix: found by it
    error      text,                                            -- the vendor's words
    note       text,                                            -- slug: how it came to this
    attempts   int NOT NULL DEFAULT 0,
    ended_at   timestamptz,
    PRIMARY KEY (enterprise, job_id, position),
    FOREIGN KEY (enterprise, job_id) REFERENCES bulk_jobs ON DELETE CASCADE
);
CREATE INDEX bulk_items_open ON bulk_items (enterprise, job_id, state, position);

-- `Idempotency-Key` of a client: what was asked, and what came of it.
CREATE TABLE answered_requests (
    enterprise  text NOT NULL REFERENCES enterprises(number),
    scope       text NOT NULL,                                  -- who asked, and which path
    key_hash    bytea NOT NULL,                                 -- SHA-256
    asked_hash  bytea NOT NULL,                                 -- of the body: another one under this key is refused
    state       text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'answered')),
    status      int,
    answer      jsonb,
    plan        jsonb NOT NULL DEFAULT '{}',                    -- how to find out what came of it
    asked_at    timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz NOT NULL,
    PRIMARY KEY (enterprise, scope, key_hash)
);
CREATE INDEX answered_requests_age ON answered_requests (asked_at);

-- The ground: tenants, people, connections; journal, outbox, attempts, lanes; calls.
-- Every tenant table is keyed by enterprise first, so that it can be distributed by tenant.

CREATE TABLE enterprises (
    number      text PRIMARY KEY CHECK (number ~ '^[0-9]{1,10}$'),
    name        text NOT NULL,
    time_zone   text NOT NULL DEFAULT 'Europe/Moscow',
    locale      text NOT NULL DEFAULT 'ru',
    active      boolean NOT NULL DEFAULT true,
    settings    jsonb NOT NULL DEFAULT '{}',        -- limits below the vendor's, retention days
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    enterprise    text REFERENCES enterprises(number),          -- NULL: platform staff
    email         text NOT NULL,
    name          text NOT NULL,
    role          text NOT NULL CHECK (role IN ('platform_admin', 'enterprise_admin', 'employee')),
    password_hash text,
    locale        text,
    active        boolean NOT NULL DEFAULT true,
    token_epoch   int NOT NULL DEFAULT 1,                       -- grows at password change: old JWTs die
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((role = 'platform_admin') = (enterprise IS NULL))
);
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE INDEX users_enterprise ON users (enterprise, name);

CREATE TABLE user_internal_phones (
    enterprise   text NOT NULL REFERENCES enterprises(number),
    phone_number text NOT NULL CHECK (phone_number ~ '^[0-9]{2,6}$'),
    user_id      uuid REFERENCES users(id) ON DELETE SET NULL,
    holder       text,                                          -- a name, where there is no user
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, phone_number)
);

CREATE TABLE sessions (
    token_hash  bytea PRIMARY KEY,                              -- SHA-256 of the cookie
    user_id     uuid REFERENCES users(id) ON DELETE CASCADE,    -- NULL: came by the CRM's link
    enterprise  text REFERENCES enterprises(number),
    role        text NOT NULL,
    actor_name  text NOT NULL,
    origin      text NOT NULL CHECK (origin IN ('password', 'retailcrm')),
    origin_ref  text,                                           -- connection id for CRM entries: revoke by it
    csrf        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_origin ON sessions (origin_ref) WHERE origin_ref IS NOT NULL;

CREATE TABLE api_keys (
    id          uuid PRIMARY KEY,
    enterprise  text REFERENCES enterprises(number),            -- NULL: platform key
    name        text NOT NULL,
    prefix      text NOT NULL,                                  -- first characters, to recognise it
    key_hash    bytea NOT NULL UNIQUE,                          -- SHA-256: the key itself is 256 random bits
    scopes      text[] NOT NULL,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);
CREATE INDEX api_keys_enterprise ON api_keys (enterprise, created_at);

CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise  text,
    at          timestamptz NOT NULL DEFAULT now(),
    actor       text NOT NULL,
    action      text NOT NULL,                                  -- "connection.register", "user.create" …
    target      text,
    detail      jsonb NOT NULL DEFAULT '{}'                     -- redacted before it gets here
);
CREATE INDEX audit_log_enterprise ON audit_log (enterprise, id DESC);

CREATE TABLE connections (
    id             uuid NOT NULL,
    enterprise     text NOT NULL REFERENCES enterprises(number),
    kind           text NOT NULL,                               -- retailcrm, asterisk …
    name           text NOT NULL,
    base_url       text NOT NULL,
    account_key    text,                                        -- identity of the account at the vendor
    status         text NOT NULL DEFAULT 'draft'
                   CHECK (status IN ('draft', 'active', 'paused', 'broken', 'removed')),
    status_reason  text,                                        -- slug: texts in the catalogs
    status_detail  text,                                        -- the vendor's words, redacted
    status_since   timestamptz NOT NULL DEFAULT now(),
    config         jsonb NOT NULL DEFAULT '{}',
    secrets        jsonb NOT NULL DEFAULT '{}',                 -- field → sealed envelope
    client_id_hash bytea,                                       -- SHA-256 of the clientId that hooks bring
    entry_epoch    int NOT NULL DEFAULT 1,                      -- grows at re-registration: old entry links die
    version        int NOT NULL DEFAULT 1,
    last_sync_at   timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, id)
);
CREATE UNIQUE INDEX connections_id ON connections (id);
CREATE UNIQUE INDEX connections_account ON connections (kind, account_key)
    WHERE status <> 'removed' AND account_key IS NOT NULL;
CREATE UNIQUE INDEX connections_client_id ON connections (client_id_hash)
    WHERE client_id_hash IS NOT NULL AND status <> 'removed';
-- One RetailCRM and one PBX per enterprise for now: the requirement's config has one place for each.
CREATE UNIQUE INDEX connections_one_of_kind ON connections (enterprise, kind)
    WHERE status <> 'removed' AND kind IN ('retailcrm', 'asterisk');

-- What the owner's other services read: enterprises.integrations_config, secrets left out.
CREATE VIEW integrations_config AS
SELECT enterprise AS enterprise_number,
       jsonb_object_agg(kind, config || jsonb_build_object(
           'enabled', status = 'active', 'domain', base_url, 'last_sync', last_sync_at)) AS integrations_config
FROM connections WHERE status <> 'removed' GROUP BY enterprise;

-- Journal: what reached us, raw, committed before we say 2xx.
CREATE TABLE journal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise  text NOT NULL,
    source      text NOT NULL,                                  -- http, ami, retailcrm, timer, console …
    kind        text NOT NULL,                                  -- dial, Hangup, make-call …
    key         text,                                           -- what order is kept for: the call id
    dedupe_key  text NOT NULL,
    connection_id uuid,
    received_at timestamptz NOT NULL DEFAULT now(),
    body        bytea NOT NULL,
    state       text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'decided', 'ignored', 'failed')),
    note        text,                                           -- why ignored; error id if failed
    decided_at  timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 90);
CREATE UNIQUE INDEX journal_once ON journal (enterprise, source, dedupe_key);
CREATE INDEX journal_new ON journal (enterprise, id) WHERE state = 'new';
CREATE INDEX journal_key ON journal (enterprise, key, id) WHERE key IS NOT NULL;
CREATE INDEX journal_failed ON journal (enterprise, id) WHERE state = 'failed';

-- Outbox: what we owe, one row per command, written in the decision's transaction.
CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise    text NOT NULL,
    lane          text NOT NULL,
    connection_id uuid NOT NULL,
    key           text NOT NULL,                                -- order is kept per (lane, key)
    urgency       smallint NOT NULL DEFAULT 1,                  -- 0 live, 1 record
    kind          text NOT NULL,
    payload       jsonb NOT NULL,
    once          text NOT NULL,                                -- (lane, once) is unique: one command, ever
    call_id       text,
    journal_id    bigint,
    state         text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'dead', 'dropped')),
    unsure        boolean NOT NULL DEFAULT false,
    attempts      int NOT NULL DEFAULT 0,
    run_at        timestamptz NOT NULL DEFAULT now(),
    created_at    timestamptz NOT NULL DEFAULT now(),
    age_from      timestamptz NOT NULL DEFAULT now(),           -- patience counts from here; a replay resets it
    finished_at   timestamptz,
    error_kind    text,
    error         text,
    note          text
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0, fillfactor = 80);
CREATE UNIQUE INDEX outbox_once ON outbox (lane, once);
CREATE INDEX outbox_due ON outbox (lane, urgency, id) WHERE state = 'due';   -- prefetch, sweeper
CREATE INDEX outbox_key ON outbox (lane, key, id) WHERE state = 'due';
CREATE INDEX outbox_call ON outbox (enterprise, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (enterprise, id DESC) WHERE state = 'dead';

-- Attempts: each try on the wire, and each administrative exchange with a vendor.
CREATE TABLE attempts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise    text NOT NULL,
    integration_type text NOT NULL,                             -- retailcrm, asterisk …
    connection_id uuid,
    event_type    text NOT NULL,                                -- command kind, register_module, test …
    outbox_id     bigint,
    call_id       text,
    number        int NOT NULL DEFAULT 1,                       -- which try of that command
    at            timestamptz NOT NULL DEFAULT now(),
    duration_ms   real NOT NULL DEFAULT 0,
    request       jsonb NOT NULL DEFAULT '{}',
    response      jsonb NOT NULL DEFAULT '{}',
    status        text NOT NULL CHECK (status IN ('success', 'error')),
    error_kind    text,
    stage         text,
    error_message text,
    actor         text                                          -- who pressed it, for administrative ones
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX attempts_enterprise ON attempts (enterprise, id DESC);
CREATE INDEX attempts_outbox ON attempts (outbox_id) WHERE outbox_id IS NOT NULL;
CREATE INDEX attempts_call ON attempts (enterprise, call_id) WHERE call_id IS NOT NULL;

-- The requirement's table by its own names.
CREATE VIEW integration_logs AS
SELECT id, enterprise AS enterprise_number, integration_type, event_type, request AS request_data,
       response AS response_data, status, error_message, at AS created_at
FROM attempts;

-- Lanes: who owns what, until when. Time is the database's own.
CREATE TABLE lanes (
    lane          text PRIMARY KEY,
    enterprise    text NOT NULL,
    connection_id uuid,
    owner         uuid,
    fence         bigint NOT NULL DEFAULT 0,
    lease_until   timestamptz NOT NULL DEFAULT '-infinity',
    parked_reason text,                                         -- slug; NULL: running
    parked_detail text,
    parked_at     timestamptz,
    held          bigint[] NOT NULL DEFAULT '{}',               -- rows the owner may be sending: unsure if it dies
    wake_at       timestamptz,                                  -- released with nothing to do before this
    breaker       text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'half_open')),
    breaker_until timestamptz,
    failures      int NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error    text
) WITH (fillfactor = 50);
CREATE INDEX lanes_enterprise ON lanes (enterprise);

CREATE TABLE workers (
    id       uuid PRIMARY KEY,
    host     text NOT NULL,
    pid      int NOT NULL,
    roles    text[] NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at  timestamptz NOT NULL DEFAULT now()
);

-- Budgets that span lanes and processes (GCRA). Losing them in a crash only resets the pace.
CREATE UNLOGGED TABLE budgets (
    key text PRIMARY KEY,
    tat double precision NOT NULL                               -- theoretical arrival time, epoch seconds
) WITH (fillfactor = 50);

-- Draw once from every allowance in `keys`, or from none. Returns the seconds to wait before
-- sending if the slots are ours (granted), else the seconds after which asking again makes sense.
CREATE FUNCTION take_budgets(
    keys text[], intervals double precision[], bursts int[], horizon double precision,
    OUT granted boolean, OUT wait double precision
) LANGUAGE plpgsql AS $$
DECLARE
    at double precision;
BEGIN
    INSERT INTO budgets (key, tat) SELECT k, 0 FROM unnest(keys) k ORDER BY k
        ON CONFLICT (key) DO NOTHING;
    PERFORM 1 FROM budgets b WHERE b.key = ANY (keys) ORDER BY b.key FOR UPDATE;
    at := extract(epoch FROM clock_timestamp());
    SELECT greatest(0, max(b.tat - at - (n.burst - 1) * n.step)) INTO wait
      FROM unnest(keys, intervals, bursts) n (key, step, burst) JOIN budgets b USING (key);
    granted := wait <= horizon;
    IF granted THEN
        UPDATE budgets b SET tat = greatest(b.tat, at + wait) + n.step
          FROM unnest(keys, intervals) n (key, step) WHERE b.key = n.key;
    END IF;
END $$;

-- What must happen later; a ticker moves it into the journal.
CREATE TABLE timers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise  text NOT NULL,
    run_at      timestamptz NOT NULL,
    kind        text NOT NULL,
    key         text,
    once        text NOT NULL,
    body        bytea NOT NULL
);
CREATE UNIQUE INDEX timers_once ON timers (enterprise, once);
CREATE INDEX timers_due ON timers (run_at);

CREATE TABLE calls (
    enterprise   text NOT NULL,
    id           text NOT NULL,                                 -- the PBX's id of the call, ours for click-to-call
    connection_id uuid,
    source       text NOT NULL,                                 -- ami, http
    direction    text,
    client       text,
    line         text,
    phase        text NOT NULL DEFAULT 'ringing' CHECK (phase IN ('ringing', 'talking', 'ended', 'merged')),
    result       text,
    reason       text,                                          -- why missed, slug
    rang         text[] NOT NULL DEFAULT '{}',
    answered_by  text[] NOT NULL DEFAULT '{}',
    started_at   timestamptz NOT NULL,
    answered_at  timestamptz,
    ended_at     timestamptz,
    wait_s       int,
    talk_s       int,
    requested_by text,                                          -- who clicked, for click-to-call
    record_url   text,
    client_name  text,                                          -- as the CRM told us, if it did
    fold         jsonb NOT NULL DEFAULT '{}',                   -- the reducer's memory
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, id)
) WITH (fillfactor = 70);
CREATE INDEX calls_recent ON calls (enterprise, started_at DESC);
CREATE INDEX calls_live ON calls (enterprise, started_at) WHERE phase IN ('ringing', 'talking');
CREATE INDEX calls_client ON calls (enterprise, client, started_at DESC);

-- Ids under which parts of a call were seen first (attended transfers merge two).
CREATE TABLE call_aliases (
    enterprise text NOT NULL,
    alias      text NOT NULL,
    call_id    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, alias)
);

-- Employees' own word about being free, as their CRM passed it on.
CREATE TABLE presence (
    enterprise text NOT NULL REFERENCES enterprises(number),
    extension  text NOT NULL,
    status     text NOT NULL CHECK (status IN ('free', 'busy', 'dinner', 'break')),
    source     text NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, extension)
);

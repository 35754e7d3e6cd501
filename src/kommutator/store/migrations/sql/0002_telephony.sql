-- Telephony complete: the phone book that answers while the CRM is down, who was sent where and
-- why, and recordings.

-- Who a number belongs to: what the CRM said, what calls taught, what a person decided.
CREATE TABLE phone_book (
    enterprise    text NOT NULL REFERENCES enterprises(number),
    phone         text NOT NULL CHECK (phone ~ '^\+[0-9]{5,15}$'),   -- E.164
    connection_id uuid,                                         -- the CRM that told
    known         boolean,                                      -- the CRM has this client; NULL: nobody has looked
    name          text,
    customer_id   text,
    links         jsonb NOT NULL DEFAULT '{}',
    owner_user    text,                                         -- the CRM's user; his extension is the mapping's matter
    owner_code    text,                                         -- the extension that the CRM itself named
    crm_at        timestamptz,                                  -- when the CRM said so
    last_talker   text,                                         -- extension that talked with the client last
    last_talk_at  timestamptz,
    pinned        text,                                         -- extension chosen by a person of the enterprise
    pinned_by     text,
    wanted_at     timestamptz,                                  -- somebody missed this entry: look it up
    PRIMARY KEY (enterprise, phone)
);
CREATE INDEX phone_book_wanted ON phone_book (wanted_at) WHERE wanted_at IS NOT NULL;
CREATE INDEX phone_book_owner ON phone_book (enterprise, owner_user) WHERE owner_user IS NOT NULL;

-- How far the CRM's clients were read into the phone book; one row per connection.
CREATE TABLE phone_book_reads (
    enterprise    text NOT NULL,
    connection_id uuid PRIMARY KEY,
    page          int NOT NULL DEFAULT 0,                       -- last page of the read under way
    clients       bigint NOT NULL DEFAULT 0,
    started_at    timestamptz,
    finished_at   timestamptz,                                  -- of the last whole read
    error         text
);

-- Each answer to "who should take this call?".
CREATE TABLE route_answers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise  text NOT NULL,
    call_id     text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    caller      text,
    line        text,
    extension   text,                                           -- NULL: the PBX's own group
    why         text NOT NULL,                                  -- slug
    age_s       double precision,                               -- how old the knowledge behind it was
    skipped     jsonb NOT NULL DEFAULT '[]',                    -- [[extension, why not], …]
    took_ms     real NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX route_answers_call ON route_answers (enterprise, call_id);
CREATE INDEX route_answers_recent ON route_answers (enterprise, id DESC);

-- Recordings: expected, here, playable, lost.
CREATE TABLE recordings (
    enterprise    text NOT NULL REFERENCES enterprises(number),
    name          text NOT NULL CHECK (name ~ '^[A-Za-z0-9._-]{1,150}$'),  -- as the dialplan names it, no ending
    call_id       text,
    connection_id uuid,
    state         text NOT NULL DEFAULT 'expected'
                  CHECK (state IN ('expected', 'stored', 'ready', 'missing', 'expired')),
    origin        text CHECK (origin IN ('upload', 'pull', 'download')),   -- how it came
    source_url    text,                                         -- of a `download` event: where it can be fetched
    original_key  text,                                         -- object of what came
    object_key    text,                                         -- object of what browsers play
    media_type    text,
    bytes         bigint,
    seconds       real,
    sha256        bytea,                                        -- of what came: a repeated upload is told from another file
    tries         int NOT NULL DEFAULT 0,
    next_try_at   timestamptz,                                  -- fetch (expected) or convert (stored) not before this
    error         text,
    expected_at   timestamptz NOT NULL DEFAULT now(),
    stored_at     timestamptz,
    ready_at      timestamptz,
    PRIMARY KEY (enterprise, name)
) WITH (fillfactor = 80);
CREATE INDEX recordings_call ON recordings (enterprise, call_id);
CREATE INDEX recordings_due ON recordings (next_try_at) WHERE state IN ('expected', 'stored');
CREATE INDEX recordings_age ON recordings (enterprise, expected_at) WHERE state <> 'expired';

-- The recording the dialplan promised for the call, as events told it.
ALTER TABLE calls ADD COLUMN record_name text;

-- The extension that dialled, for outbound calls: whose work an unanswered one was.
ALTER TABLE calls ADD COLUMN dialler text;

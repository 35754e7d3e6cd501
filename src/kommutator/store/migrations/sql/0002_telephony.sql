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
    ask_after     timestamptz,                                  -- wanted: being asked for, or not to be asked before
    PRIMARY KEY (enterprise, phone)
);
CREATE INDEX phone_book_wanted ON phone_book (enterprise, wanted_at) WHERE wanted_at IS NOT NULL;
CREATE INDEX phone_book_owner ON phone_book (enterprise, owner_user) WHERE owner_user IS NOT NULL;
CREATE INDEX phone_book_recent ON phone_book
    (enterprise, coalesce(last_talk_at, to_timestamp(0)) DESC, phone);
CREATE INDEX phone_book_strangers ON phone_book (greatest(crm_at, last_talk_at))
    WHERE known IS NOT TRUE AND pinned IS NULL;

-- Whoever misses an entry, in whatever process, is answered soon: the workers hear of it.
CREATE FUNCTION tell_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('kommutator_wanted', '');
    RETURN NULL;
END $$;
CREATE TRIGGER phone_book_missed AFTER INSERT ON phone_book
    FOR EACH ROW WHEN (NEW.wanted_at IS NOT NULL) EXECUTE FUNCTION tell_wanted();
CREATE TRIGGER phone_book_wanted AFTER UPDATE OF wanted_at ON phone_book
    FOR EACH ROW WHEN (NEW.wanted_at IS NOT NULL AND OLD.wanted_at IS DISTINCT FROM NEW.wanted_at)
    EXECUTE FUNCTION tell_wanted();

-- How far the CRM's clients were read into the phone book; one row per connection.
CREATE TABLE phone_book_reads (
    enterprise    text NOT NULL,
    connection_id uuid PRIMARY KEY,
    page          int NOT NULL DEFAULT 0,                       -- last page of the read under way
    pages         int NOT NULL DEFAULT 0,                       -- as the CRM counted then
    clients       bigint NOT NULL DEFAULT 0,                    -- read so far, else by the last whole read
    started_at    timestamptz,
    finished_at   timestamptz,                                  -- of the last whole read
    error         text,                                         -- the vendor's words, redacted
    error_hint    text,                                         -- slug: texts in the catalogs
    due_at        timestamptz NOT NULL DEFAULT now(),           -- the next read, or try, not before this
    owner         uuid,                                         -- whoever reads now, until lease_until
    lease_until   timestamptz
);
CREATE INDEX phone_book_reads_due ON phone_book_reads (due_at);

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
    remembered  boolean NOT NULL DEFAULT false,                 -- the database did not answer in time
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
    size          bigint,                                       -- bytes of what came
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
CREATE INDEX recordings_missing ON recordings (enterprise) WHERE state = 'missing';
CREATE INDEX recordings_gone ON recordings (expected_at) WHERE state = 'expired';
CREATE INDEX recordings_left ON recordings (enterprise) WHERE state = 'expired'
    AND coalesce(original_key, object_key) IS NOT NULL;

-- The recording the dialplan promised for the call, as events told it.
ALTER TABLE calls ADD COLUMN record_name text;

-- The extension that dialled, for outbound calls: whose work an unanswered one was.
ALTER TABLE calls ADD COLUMN dialler text;

-- Statuses of employees on their way: the newest of a key counts, an older one is never replayed.
CREATE INDEX outbox_presence ON outbox (lane, key, id) WHERE kind = 'set_presence';

-- How the client was handed on: "blind:152", "attended".
ALTER TABLE calls ADD COLUMN transfers text[] NOT NULL DEFAULT '{}';

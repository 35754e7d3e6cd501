-- A local copy of a CRM's contacts, companies, leads and references: so that names and owners are
-- here within milliseconds, also while the CRM is down. The CRM is the truth; all can be read anew.

-- As last read. `read_at` is when the request for it left: an answer to a later one wins.
CREATE TABLE crm_entities (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('leads', 'contacts', 'companies')),
    id             bigint NOT NULL,
    name           text,
    responsible_id bigint,
    phones         text[] NOT NULL DEFAULT '{}',                -- E.164
    pipeline_id    bigint,                                      -- of leads
    status_id      bigint,
    price          bigint,
    closed         boolean NOT NULL DEFAULT false,
    contact_ids    bigint[] NOT NULL DEFAULT '{}',              -- of leads
    company_ids    bigint[] NOT NULL DEFAULT '{}',
    updated_at     timestamptz,                                 -- the vendor's word, which anybody may set there
    deleted        boolean NOT NULL DEFAULT false,
    data           jsonb NOT NULL DEFAULT '{}',                 -- as the vendor tells it
    read_at        timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT now(),          -- here
    PRIMARY KEY (enterprise, connection_id, kind, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Without a list of pending entries, which each look-up would have to go through.
CREATE INDEX crm_entities_phones ON crm_entities USING gin (phones) WITH (fastupdate = off)
    WHERE NOT deleted AND phones <> '{}';
CREATE INDEX crm_entities_open_leads ON crm_entities USING gin (contact_ids) WITH (fastupdate = off)
    WHERE kind = 'leads' AND NOT deleted AND NOT closed;
CREATE INDEX crm_entities_unconfirmed ON crm_entities (enterprise, connection_id, kind, read_at)
    WHERE NOT deleted;
CREATE INDEX crm_entities_past ON crm_entities (changed_at) WHERE deleted OR closed;

-- What somebody told of: to be read again, the oldest wish first.
CREATE TABLE crm_wanted (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('leads', 'contacts', 'companies')),
    id             bigint NOT NULL,
    since          timestamptz NOT NULL,                        -- of the oldest news not yet read
    wanted_at      timestamptz NOT NULL,                        -- of the newest
    take_after     timestamptz NOT NULL DEFAULT '-infinity',    -- being read, or not to be tried before
    PRIMARY KEY (enterprise, connection_id, kind, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX crm_wanted_oldest ON crm_wanted (connection_id, kind, since);

-- Whatever is read in rounds, by one process at a time; `page` is where a broken-off round goes on.
CREATE TABLE crm_reads (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    task           text NOT NULL,                               -- 'contacts', 'changed:contacts', 'events', …
    page           int NOT NULL DEFAULT 0,                      -- last page of the round under way
    items          bigint NOT NULL DEFAULT 0,                   -- of the round under way, else of the last one
    cursor_at      timestamptz,                                 -- up to here by the vendor's clock, before this round
    reached_at     timestamptz,                                 -- the newest that this round saw, same clock
    started_at     timestamptz,
    finished_at    timestamptz,                                 -- of the last whole round
    error          text,                                        -- the vendor's words, redacted
    error_hint     text,                                        -- slug: texts in the catalogs
    due_at         timestamptz NOT NULL DEFAULT now(),
    owner          uuid,                                        -- whoever reads now, until lease_until
    lease_until    timestamptz,
    PRIMARY KEY (connection_id, task),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);
CREATE INDEX crm_reads_due ON crm_reads (due_at);

-- What changes seldom: users, pipelines, kinds of tasks, custom fields of each kind of entity.
CREATE TABLE crm_references (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    kind           text NOT NULL,                               -- 'users', 'pipelines', 'fields:leads', …
    data           jsonb NOT NULL,
    read_at        timestamptz NOT NULL,
    PRIMARY KEY (enterprise, connection_id, kind),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

-- The vendor's notifications of a connection: what it holds about our address, and when it last spoke.
CREATE TABLE crm_hooks (
    enterprise       text NOT NULL,
    connection_id    uuid PRIMARY KEY,
    state            text NOT NULL DEFAULT 'unknown'
                     CHECK (state IN ('unknown', 'on', 'refused', 'unreachable')),
    settings         text[] NOT NULL DEFAULT '{}',              -- as the vendor holds them
    checked_at       timestamptz,
    subscribed_at    timestamptz,                               -- first seen working
    repaired_at      timestamptz,                               -- switched on again by us
    repairs          int NOT NULL DEFAULT 0,
    found            text,                                      -- what was wrong at the last repair: 'missing', 'disabled', 'settings'
    last_received_at timestamptz,
    received         bigint NOT NULL DEFAULT 0,                 -- notices decided upon
    missed           bigint NOT NULL DEFAULT 0,                 -- found by the vendor's event log instead
    error            text,
    error_hint       text,
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

-- What a connection told the phone book is found when it is removed.
CREATE INDEX phone_book_told ON phone_book (enterprise, connection_id, phone)
    WHERE known;

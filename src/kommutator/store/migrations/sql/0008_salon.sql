-- A local copy of the salons of a booking system: so that pages, free starts and a client's visits
-- are here within milliseconds, also while the vendor is down. All can be read anew.
-- `read_at` is when the request for a row left: an answer to a later one wins.
-- Times of visits and hours are the salon's own, without a zone.

CREATE TABLE salons (
    enterprise     text NOT NULL,
    connection_id  uuid PRIMARY KEY,
    salon_id       bigint NOT NULL,
    title          text NOT NULL,
    time_zone      text NOT NULL,
    phone          text,
    address        text,
    slot_step_s    int NOT NULL CHECK (slot_step_s > 0),
    asks_code      boolean NOT NULL DEFAULT false,
    notice_s       int NOT NULL DEFAULT 0,
    categories     jsonb NOT NULL DEFAULT '[]',                 -- of services
    raw            jsonb NOT NULL DEFAULT '{}',
    read_at        timestamptz NOT NULL,
    began_at       timestamptz NOT NULL DEFAULT now(),          -- when we first looked
    copied_at      timestamptz,                                 -- all visits were here for the first time
    unheard        int NOT NULL DEFAULT 0,                      -- changes found since the vendor last told of any
    drift          int,                                         -- rows the last nightly reading put right
    drift_at       timestamptz,
    drift_counting int NOT NULL DEFAULT 0,                      -- of the reading under way
    UNIQUE (enterprise, connection_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

CREATE TABLE salon_services (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    id             bigint NOT NULL,
    title          text NOT NULL,
    category_id    bigint,
    price_min      bigint NOT NULL,
    price_max      bigint NOT NULL,
    duration_s     int NOT NULL,
    staff_s        jsonb NOT NULL DEFAULT '{}',                 -- employee → seconds
    active         boolean NOT NULL,
    weight         int NOT NULL DEFAULT 0,
    step_s         int CHECK (step_s > 0),                      -- its own grid
    deleted        boolean NOT NULL DEFAULT false,
    raw            jsonb NOT NULL DEFAULT '{}',
    read_at        timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT now(),          -- here
    PRIMARY KEY (enterprise, connection_id, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

CREATE TABLE salon_staff (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    id             bigint NOT NULL,
    name           text NOT NULL,
    specialization text,
    user_id        bigint,
    bookable       boolean NOT NULL,
    hidden         boolean NOT NULL,
    fired          boolean NOT NULL,
    weight         int NOT NULL DEFAULT 0,
    deleted        boolean NOT NULL DEFAULT false,
    raw            jsonb NOT NULL DEFAULT '{}',
    read_at        timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, connection_id, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

-- What is left of working spans when all that takes the employee is cut out; pairs of seconds, as
-- all of these. Spans that touch stay two: nobody begins in one and ends in the other.
CREATE FUNCTION salon_free(hours int[], taken int[]) RETURNS int[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(edge.at ORDER BY spans.n, gap, edge.place), '{}')
      FROM (SELECT n, int4range(hours[n], hours[n + 1]) AS span
              FROM generate_series(1, cardinality(hours), 2) AS n
             WHERE hours[n] < hours[n + 1]) AS spans
     CROSS JOIN (SELECT coalesce(range_agg(int4range(taken[n], taken[n + 1])), '{}') AS ranges
                   FROM generate_series(1, cardinality(taken), 2) AS n
                  WHERE taken[n] < taken[n + 1]) AS cut
     CROSS JOIN LATERAL unnest(int4multirange(spans.span) - cut.ranges) AS gap
     CROSS JOIN LATERAL (VALUES (1, lower(gap)), (2, upper(gap))) AS edge (place, at)
$$;

-- What free starts are made of, in one small row: pairs of seconds of the day. `busy` follows
-- from salon_visits and is written with them.
CREATE TABLE salon_days (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    day            date NOT NULL,
    staff_id       bigint NOT NULL,
    hours          int[] NOT NULL DEFAULT '{}',
    events         int[] NOT NULL DEFAULT '{}',                 -- group events
    busy           int[] NOT NULL DEFAULT '{}',                 -- visits
    free           int[] NOT NULL GENERATED ALWAYS AS (salon_free(hours, busy || events)) STORED,
    read_at        timestamptz,                                 -- of hours and events
    PRIMARY KEY (enterprise, connection_id, day, staff_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE salon_clients (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    id             bigint NOT NULL,
    name           text NOT NULL,
    phone          text,                                        -- E.164
    email          text,
    opted_out      boolean NOT NULL,
    visits         int NOT NULL,
    spent          bigint NOT NULL,
    comment        text NOT NULL,
    birthday       date,
    vendor_at      timestamptz,                                 -- changed, by the vendor's clock
    deleted        boolean NOT NULL DEFAULT false,
    raw            jsonb NOT NULL DEFAULT '{}',
    read_at        timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (enterprise, connection_id, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX salon_clients_phone ON salon_clients (enterprise, phone) WHERE NOT deleted;
CREATE INDEX salon_clients_name ON salon_clients (enterprise, connection_id, lower(name), id)
    WHERE NOT deleted;

CREATE TABLE salon_visits (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    id             bigint NOT NULL,                             -- of the record
    staff_id       bigint NOT NULL,
    starts_at      timestamp NOT NULL,
    seance_s       int NOT NULL,
    break_s        int NOT NULL DEFAULT 0,                      -- after it, the employee is not free yet
    services       jsonb NOT NULL DEFAULT '[]',
    visit_id       bigint,
    client_id      bigint,
    client_name    text,
    client_phone   text,
    attendance     smallint NOT NULL,
    confirmed      boolean NOT NULL,
    deleted        boolean NOT NULL,
    online         boolean NOT NULL,
    comment        text NOT NULL,
    api_id         text,                                        -- our own mark
    activity_id    bigint,
    created_at     timestamptz,                                 -- both by the vendor's clock
    vendor_at      timestamptz,
    raw            jsonb NOT NULL DEFAULT '{}',
    read_at        timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT now(),          -- here
    PRIMARY KEY (enterprise, connection_id, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX salon_visits_day ON salon_visits (enterprise, connection_id, starts_at);
CREATE INDEX salon_visits_staff ON salon_visits (enterprise, connection_id, staff_id, starts_at)
    WHERE NOT deleted;
CREATE INDEX salon_visits_client
    ON salon_visits (enterprise, connection_id, client_id, starts_at DESC);
CREATE INDEX salon_visits_phone ON salon_visits (enterprise, client_phone, starts_at DESC)
    WHERE NOT deleted AND client_phone IS NOT NULL;
CREATE INDEX salon_visits_ours ON salon_visits (enterprise, connection_id, api_id)
    WHERE api_id IS NOT NULL;

-- What somebody told of: to be read again, the oldest wish first. `id` 0: the whole list.
CREATE TABLE salon_wanted (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,
    part           text NOT NULL
                   CHECK (part IN ('salon', 'services', 'staff', 'hours', 'clients', 'visits')),
    id             bigint NOT NULL,
    since          timestamptz NOT NULL,                        -- of the oldest news not yet read
    wanted_at      timestamptz NOT NULL,                        -- of the newest
    take_after     timestamptz NOT NULL DEFAULT '-infinity',    -- being read, or not to be tried before
    PRIMARY KEY (enterprise, connection_id, part, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX salon_wanted_oldest ON salon_wanted (connection_id, part, since);

-- YClients: installations of our application, one-time ways in.

ALTER TABLE sessions DROP CONSTRAINT sessions_origin_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_origin_check
    CHECK (origin IN ('password', 'retailcrm', 'yclients'));

-- What an enterprise's salon is at the vendor: one row per connection of this kind, kept after it.
CREATE TABLE yclients_salons (
    enterprise     text NOT NULL REFERENCES enterprises(number),
    connection_id  uuid NOT NULL,
    company_id     bigint GENERATED ALWAYS AS IDENTITY UNIQUE,   -- requirement 001's number of it
    salon_id       bigint NOT NULL,
    vendor_state   text,                                        -- none, pending, active, freezed; NULL: not asked yet
    problem        text,                                        -- slug: why the last try did not connect it
    problem_detail text,                                        -- the vendor's words, redacted
    tries          int NOT NULL DEFAULT 0,                      -- in vain
    next_try_at    timestamptz NOT NULL DEFAULT now(),
    connected_at   timestamptz,
    licence_active boolean,
    licence_until  date,                                        -- the last paid day
    phones         boolean,                                     -- our user sees clients' numbers
    rights_missing text[] NOT NULL DEFAULT '{}',                -- slugs: texts in the catalogs
    checked_at     timestamptz,                                 -- when licence and rights were read
    PRIMARY KEY (enterprise, connection_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);
CREATE INDEX yclients_salons_salon ON yclients_salons (salon_id);

-- Who came from the vendor's consent screen, as the vendor signed it, and what they may connect.
CREATE TABLE yclients_arrivals (
    token_hash bytea PRIMARY KEY,                               -- SHA-256 of what the page's form brings back
    proof      bytea,                                           -- SHA-256 of the vendor's signature; NULL: our administrator
    installer  jsonb NOT NULL,                                  -- id, name, email, phone, salon_name
    salon_ids  bigint[] NOT NULL,                               -- in ascending order
    salons     jsonb NOT NULL,                                  -- [{id, title, time_zone}], as the vendor calls them
    enterprise text REFERENCES enterprises(number),             -- whose they became
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX yclients_arrivals_proof ON yclients_arrivals (proof, salon_ids) WHERE used_at IS NOT NULL;
CREATE INDEX yclients_arrivals_expiry ON yclients_arrivals (expires_at);

-- The id of a salon is not signed: the first person whom the vendor signed for it keeps it for a while.
CREATE TABLE yclients_claims (
    salon_id   bigint PRIMARY KEY,
    installer  text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Tokens of ours that work once and were used.
CREATE TABLE yclients_tickets (
    digest     bytea PRIMARY KEY,                               -- SHA-256 of its id
    expires_at timestamptz NOT NULL
);

-- One-time links by which somebody without a password sets the first one.
CREATE TABLE password_links (
    token_hash bytea PRIMARY KEY,                               -- SHA-256
    enterprise text NOT NULL REFERENCES enterprises(number),
    user_id    uuid NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

-- Work that is done once in a while by one process of all.
CREATE TABLE yclients_rounds (
    name   text PRIMARY KEY,
    due_at timestamptz NOT NULL
);

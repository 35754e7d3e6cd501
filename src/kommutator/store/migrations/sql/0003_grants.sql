-- amoCRM: connections of single people, OAuth grants, installations that nobody has claimed yet.

-- A person's own account at the vendor; NULL: the enterprise's.
ALTER TABLE connections ADD COLUMN user_id uuid REFERENCES users(id) ON DELETE CASCADE;
DROP INDEX connections_account;
CREATE UNIQUE INDEX connections_account ON connections (kind, account_key)
    WHERE status <> 'removed' AND account_key IS NOT NULL AND user_id IS NULL;
CREATE UNIQUE INDEX connections_person ON connections (enterprise, user_id, kind)
    WHERE status <> 'removed' AND user_id IS NOT NULL;

-- Of several accounts of one kind, the view shows the oldest.
CREATE OR REPLACE VIEW integrations_config AS
SELECT enterprise AS enterprise_number,
       jsonb_object_agg(kind, config || jsonb_build_object(
           'enabled', status = 'active', 'domain', base_url, 'last_sync', last_sync_at)) AS integrations_config
FROM (SELECT DISTINCT ON (enterprise, kind) * FROM connections
      WHERE status <> 'removed' AND user_id IS NULL
      ORDER BY enterprise, kind, created_at, id) c GROUP BY enterprise;

-- A pair of tokens and the one who may exchange it. Times are the database's own.
CREATE TABLE oauth_grants (
    enterprise    text NOT NULL REFERENCES enterprises(number),
    connection_id uuid NOT NULL,
    state         text NOT NULL DEFAULT 'active'
                  CHECK (state IN ('active', 'lost', 'revoked', 'uninstalled', 'unpaid', 'blocked')),
    reason        text,                                         -- slug: texts in the catalogs
    detail        text,                                         -- the vendor's words, redacted
    state_since   timestamptz NOT NULL DEFAULT now(),
    tokens        jsonb NOT NULL,                               -- field → sealed envelope: access, refresh
    previous      jsonb,                                        -- the pair before, sealed; for diagnosis
    previous_at   timestamptz,
    generation    int NOT NULL DEFAULT 1,                       -- grows with each pair
    issued_at     timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,                         -- of the access token
    refresh_until timestamptz,                                  -- NULL: nothing to renew it with
    api_domain    text,                                         -- whom to ask where the account moved
    fence         bigint NOT NULL DEFAULT 0,                    -- grows with each holder of the lock
    lock_until    timestamptz NOT NULL DEFAULT '-infinity',     -- one refresher at a time
    sent_at       timestamptz,                                  -- this refresh token left, no answer is known
    tries         int NOT NULL DEFAULT 0,                       -- in vain since the last pair
    next_try_at   timestamptz NOT NULL DEFAULT '-infinity',     -- not before
    PRIMARY KEY (enterprise, connection_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);
CREATE UNIQUE INDEX oauth_grants_connection ON oauth_grants (connection_id);
CREATE INDEX oauth_grants_due ON oauth_grants (expires_at)
    WHERE state IN ('active', 'unpaid', 'blocked', 'lost');

-- Who set out to the vendor's consent screen, and may come back once.
CREATE TABLE oauth_states (
    state_hash    bytea PRIMARY KEY,                            -- SHA-256
    enterprise    text NOT NULL REFERENCES enterprises(number),
    kind          text NOT NULL,
    user_id       uuid REFERENCES users(id) ON DELETE CASCADE,  -- who must come back; NULL: came by the CRM's link
    session_hash  bytea,                                        -- of the browser that set out, if a browser did
    personal      boolean NOT NULL DEFAULT false,
    connection_id uuid,                                         -- reconnect this one, and no other account
    app           jsonb NOT NULL DEFAULT '{}',                  -- client_id, redirect_uri of its own integration
    sealed        jsonb NOT NULL DEFAULT '{}',                  -- client_secret; code kept until the person signed in
    referer       text,                                         -- came with the kept code
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz
);
CREATE INDEX oauth_states_expiry ON oauth_states (expires_at);

-- Installed from the vendor's market: tokens that belong to no enterprise yet.
CREATE TABLE oauth_installs (
    kind          text NOT NULL,
    client_id     text NOT NULL,
    account_id    text NOT NULL,
    base_url      text NOT NULL,
    tokens        jsonb NOT NULL,
    expires_at    timestamptz NOT NULL,
    refresh_until timestamptz NOT NULL,
    installed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, client_id, account_id)
);

-- Codes that were handed to us without a browser: each is tried once, whoever restarts.
CREATE TABLE oauth_codes (
    code_hash bytea PRIMARY KEY,                                -- SHA-256
    tried_at  timestamptz NOT NULL DEFAULT now(),
    problem   text                                              -- slug or the vendor's words; NULL: accepted
);

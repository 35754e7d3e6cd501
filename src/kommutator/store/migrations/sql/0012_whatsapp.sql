-- Sessions of WhatsApp: how each stands, its keys, what a page that links a phone is told.

CREATE TABLE whatsapp_sessions (
    enterprise       text NOT NULL,
    connection_id    uuid NOT NULL,
    wanted           boolean NOT NULL DEFAULT false,             -- somebody shall hold its lane
    asked            bigint NOT NULL DEFAULT 0,                  -- grows with each wish of a person
    log_out          boolean NOT NULL DEFAULT false,             -- the device is to be unlinked
    method           text NOT NULL DEFAULT 'qr' CHECK (method IN ('qr', 'code')),
    code_phone       text,                                       -- E.164: on which a code is typed
    state            text NOT NULL DEFAULT 'new',                -- domain/whatsapp/states.py
    reason           text,                                       -- slug
    since            timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_retry_at    timestamptz,
    qr               jsonb,                                      -- sealed: whoever has it owns the account
    qr_number        int,
    qr_until         timestamptz,
    code             jsonb,                                      -- the pairing code, sealed
    jid              text,                                       -- who we are there
    phone            text,
    lid              text,
    name             text,
    linked_at        timestamptz,                                -- NULL: no phone has us as its device
    restricted_until timestamptz,                                -- may not write to strangers until then
    data_key         jsonb,                                      -- envelope of the key that seals all below
    creds            bytea,                                      -- sealed
    seq              bigint NOT NULL DEFAULT 0,                  -- of the last row in whatsapp_news
    PRIMARY KEY (enterprise, connection_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections (enterprise, id)
) WITH (fillfactor = 50);
CREATE INDEX whatsapp_sessions_wanted ON whatsapp_sessions (connection_id) WHERE wanted;

-- What a page heard that watches a phone being linked; it goes on after the last number it saw.
CREATE TABLE whatsapp_news (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    seq           bigint NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind          text NOT NULL,                                 -- state, qr, code
    body          jsonb NOT NULL,
    PRIMARY KEY (enterprise, connection_id, seq)
);
CREATE INDEX whatsapp_news_old ON whatsapp_news (at);

-- The ratchets: some 800 rows at the first login, then four writes for each pair of messages.
CREATE TABLE whatsapp_keys (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    kind          text NOT NULL,
    id            text NOT NULL,
    sealed        bytea NOT NULL,
    PRIMARY KEY (enterprise, connection_id, kind, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- What we sent, by the messenger's id. Written before it leaves: an echo of it is no news.
CREATE TABLE whatsapp_sent (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    message_id    text NOT NULL,
    outbox_id     bigint NOT NULL,
    content       bytea,                                         -- sealed; for a peer that could not read it
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (enterprise, connection_id, message_id)
);
CREATE INDEX whatsapp_sent_old ON whatsapp_sent (at);

-- Who has WhatsApp: asked once, before the first message to a stranger.
CREATE TABLE whatsapp_numbers (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    phone         text NOT NULL,                                 -- E.164
    jid           text,                                          -- NULL: nobody has it
    lid           text,
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (enterprise, connection_id, phone)
);
CREATE INDEX whatsapp_numbers_old ON whatsapp_numbers (asked_at);

-- WhatsApp refuses a protocol version to everybody at once: then one session tries for all.
CREATE TABLE whatsapp_gate (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    shut_at timestamptz,
    try_at  timestamptz
);
INSERT INTO whatsapp_gate DEFAULT VALUES;

-- One person, one chat, whatever the messenger calls it today.
CREATE TABLE chat_aliases (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    alias         text NOT NULL,
    chat_id       text NOT NULL,
    PRIMARY KEY (enterprise, connection_id, alias),
    FOREIGN KEY (enterprise, connection_id, chat_id)
        REFERENCES chats (enterprise, connection_id, chat_id) ON DELETE CASCADE
);
CREATE INDEX chat_aliases_chat ON chat_aliases (enterprise, connection_id, chat_id);

ALTER TABLE chats ADD COLUMN reply_to text,                      -- the name under which it wrote last
    ADD COLUMN composing_at timestamptz;                         -- its person was seen typing
ALTER TABLE chat_messages ADD COLUMN kind text NOT NULL DEFAULT 'text',  -- or image, audio, …
    ADD COLUMN code text;                                        -- of the messenger's refusal
ALTER TABLE chat_messages DROP CONSTRAINT chat_messages_state_check;
ALTER TABLE chat_messages ADD CONSTRAINT chat_messages_state_check CHECK (state IN (
    'heard', 'owed', 'sent', 'maybe_sent', 'delivered', 'read', 'failed')) NOT VALID;
ALTER TABLE chat_messages VALIDATE CONSTRAINT chat_messages_state_check;
CREATE INDEX chat_messages_told ON chat_messages (enterprise, connection_id, message_id)
    WHERE direction = 'out' AND message_id IS NOT NULL;
CREATE INDEX whatsapp_sent_row ON whatsapp_sent (enterprise, outbox_id);

-- Whatever points to a chat points to the other one afterwards: every table with a foreign key to
-- `chats`, also those that come later. A row that the other chat has already is let go.
CREATE FUNCTION merge_chats(whose text, via uuid, source text, target text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    found record;
    pointing tid;
BEGIN
    FOR found IN
        SELECT c.conrelid::regclass AS place, e.attname AS tenant, v.attname AS channel, h.attname AS chat
          FROM pg_constraint c
          JOIN pg_attribute e ON e.attrelid = c.conrelid AND e.attnum = c.conkey[1]
          JOIN pg_attribute v ON v.attrelid = c.conrelid AND v.attnum = c.conkey[2]
          JOIN pg_attribute h ON h.attrelid = c.conrelid AND h.attnum = c.conkey[3]
         WHERE c.contype = 'f' AND c.confrelid = 'chats'::regclass AND cardinality(c.conkey) = 3
    LOOP
        FOR pointing IN EXECUTE format(
            'SELECT ctid FROM %s WHERE %I = $1 AND %I = $2 AND %I = $3 ORDER BY ctid FOR UPDATE',
            found.place, found.tenant, found.channel, found.chat) USING whose, via, source
        LOOP
            BEGIN
                EXECUTE format('UPDATE %s SET %I = $1 WHERE ctid = $2', found.place, found.chat)
                    USING target, pointing;
            EXCEPTION WHEN unique_violation THEN
                EXECUTE format('DELETE FROM %s WHERE ctid = $1', found.place) USING pointing;
            END;
        END LOOP;
    END LOOP;
    UPDATE chats t SET phone = coalesce(t.phone, s.phone), language = coalesce(t.language, s.language),
           title = coalesce(nullif(t.title, ''), s.title), opened_at = least(t.opened_at, s.opened_at),
           heard_at = greatest(t.heard_at, s.heard_at)
      FROM chats s
     WHERE (t.enterprise, t.connection_id, t.chat_id) = (whose, via, target)
       AND (s.enterprise, s.connection_id, s.chat_id) = (whose, via, source);
    DELETE FROM chats WHERE (enterprise, connection_id, chat_id) = (whose, via, source);
    INSERT INTO chat_aliases (enterprise, connection_id, alias, chat_id) VALUES (whose, via, source, target)
        ON CONFLICT (enterprise, connection_id, alias) DO UPDATE SET chat_id = excluded.chat_id;
END $$;

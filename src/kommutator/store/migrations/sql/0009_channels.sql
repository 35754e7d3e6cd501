-- Messengers: who stands behind a chat, what was said there, and notices of visits.

CREATE TABLE chats (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    chat_id       text NOT NULL,                                 -- as the messenger names it
    grouped       boolean NOT NULL DEFAULT false,                -- several people read it
    title         text NOT NULL DEFAULT '',
    phone         text,                                          -- E.164, if its owner shared it
    language      text,                                          -- of its owner's messenger
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    heard_at      timestamptz,                                   -- the last message that came in
    closed_at     timestamptz,
    closed_reason text,                                          -- slug: blocked, gone, left
    PRIMARY KEY (enterprise, connection_id, chat_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections (enterprise, id)
);

CREATE TABLE chat_messages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    chat_id       text NOT NULL,
    direction     text NOT NULL CHECK (direction IN ('in', 'out')),
    message_id    text,                                          -- the messenger's; NULL: not sent (yet)
    author        text,
    text          text NOT NULL,
    at            timestamptz NOT NULL,
    outbox_id     bigint,                                        -- of what we say
    state         text NOT NULL DEFAULT 'heard'
                  CHECK (state IN ('heard', 'owed', 'sent', 'maybe_sent', 'failed')),
    FOREIGN KEY (enterprise, connection_id, chat_id)
        REFERENCES chats (enterprise, connection_id, chat_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX chat_messages_in ON chat_messages (enterprise, connection_id, chat_id, message_id)
    WHERE direction = 'in';
CREATE UNIQUE INDEX chat_messages_owed ON chat_messages (enterprise, outbox_id) WHERE outbox_id IS NOT NULL;
CREATE INDEX chat_messages_talk ON chat_messages (enterprise, connection_id, chat_id, id DESC);

-- Somebody who is told of visits; without a chat: invited, has not come yet.
CREATE TABLE notice_receivers (
    enterprise    text NOT NULL REFERENCES enterprises(number),
    id            uuid NOT NULL,
    name          text NOT NULL,
    connection_id uuid NOT NULL,
    chat_id       text,
    wishes        jsonb NOT NULL DEFAULT '{}',                   -- domain/notices/wishes.py
    active        boolean NOT NULL DEFAULT true,
    invite_hash   bytea,                                         -- SHA-256 of the one-time token of the link
    invited_until timestamptz,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by    text NOT NULL,
    PRIMARY KEY (enterprise, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections (enterprise, id),
    FOREIGN KEY (enterprise, connection_id, chat_id)
        REFERENCES chats (enterprise, connection_id, chat_id)
);
CREATE INDEX notice_receivers_invited ON notice_receivers (enterprise, connection_id, invite_hash)
    WHERE invite_hash IS NOT NULL;

CREATE TABLE notice_templates (
    enterprise    text NOT NULL REFERENCES enterprises(number),
    language      text NOT NULL CHECK (language IN ('ru', 'uk', 'en')),
    news          text NOT NULL,                                 -- VisitNews
    text          text NOT NULL,
    PRIMARY KEY (enterprise, language, news)
);

-- One row for each receiver and change, whatever became of it; that is what makes a notice go out once.
CREATE TABLE notices (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise    text NOT NULL,
    receiver      uuid NOT NULL,
    salon         uuid,                                          -- the connection; NULL: a test
    record_id     bigint NOT NULL,                               -- of the visit; 0: a test
    fingerprint   bytea NOT NULL,
    news          text NOT NULL,                                 -- VisitNews, or "test"
    text          text NOT NULL,
    state         text NOT NULL
                  CHECK (state IN ('held', 'owed', 'sent', 'maybe_sent', 'failed', 'skipped')),
    reason        text,                                          -- slug: why skipped, held or failed
    detail        text,                                          -- the messenger's words
    outbox_id     bigint,                                        -- a digest's is that of several notices
    message_id    text,                                          -- the messenger's
    due_at        timestamptz,                                   -- a held one: when quiet hours end
    edited        boolean NOT NULL DEFAULT false,                -- took the place of an earlier message
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at    timestamptz,
    FOREIGN KEY (enterprise, receiver) REFERENCES notice_receivers (enterprise, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX notices_once ON notices (enterprise, receiver, salon, record_id, fingerprint)
    NULLS NOT DISTINCT;
CREATE INDEX notices_log ON notices (enterprise, id DESC);
CREATE INDEX notices_visit ON notices (enterprise, receiver, salon, record_id, id DESC);
CREATE INDEX notices_held ON notices (enterprise, receiver, id) WHERE state = 'held';
CREATE INDEX notices_owed ON notices (enterprise, outbox_id) WHERE outbox_id IS NOT NULL;
CREATE INDEX notices_old ON notices (created_at);

-- Messengers that we ask for news, because they cannot call us or may have failed to.
CREATE TABLE channel_reads (
    enterprise    text NOT NULL,
    connection_id uuid NOT NULL,
    position      bigint NOT NULL DEFAULT 0,                     -- what comes after it is new
    due_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner         uuid,
    lease_until   timestamptz,
    asked_at      timestamptz,
    error         text,                                          -- the messenger's words
    error_hint    text,
    PRIMARY KEY (enterprise, connection_id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections (enterprise, id)
);

-- Talks of the assistant with clients, turn by turn.

ALTER TABLE chat_messages
    ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'text',  -- or voice, image, …
    ADD COLUMN IF NOT EXISTS said_by text,                       -- of 'out': bot, staff; NULL: a notice and the like
    ADD COLUMN waits boolean NOT NULL DEFAULT false,             -- the assistant owes an answer to it
    ADD COLUMN turn_id bigint;                                   -- the turn that it was part of
CREATE INDEX chat_messages_waiting ON chat_messages (enterprise, connection_id, chat_id, id) WHERE waits;
-- What staff wrote in the messenger itself comes in as often as the messenger likes, too.
CREATE UNIQUE INDEX chat_messages_staff ON chat_messages (enterprise, connection_id, chat_id, message_id)
    WHERE direction = 'out' AND said_by = 'staff' AND outbox_id IS NULL;

-- One per chat with a client. Times are the database's.
CREATE TABLE conversations (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise       text NOT NULL,
    connection_id    uuid NOT NULL,
    chat_id          text NOT NULL,
    salon            uuid,                                       -- the connection it speaks for
    talk             jsonb NOT NULL DEFAULT '{}',                -- domain/assistant/talk.py: Talk
    version          int NOT NULL DEFAULT 0,                     -- turns so far
    speaking         text NOT NULL DEFAULT 'nobody' CHECK (speaking IN ('bot', 'staff', 'nobody')),
    bot_paused_until timestamptz,                                -- of 'staff': until when; NULL: until given back
    handed_over      text,                                       -- HandOver, the last reason
    handed_over_at   timestamptz,
    summary          text NOT NULL DEFAULT '',                   -- what the bot told the person who took over
    needs_person     boolean NOT NULL DEFAULT false,             -- somebody of the salon should look
    heard            bigint NOT NULL DEFAULT 0,                  -- grows with each message of the client
    read_up_to       bigint NOT NULL DEFAULT 0,                  -- the last message that staff has seen
    last_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    turned_at        timestamptz,                                -- the last turn
    waits_since      timestamptz,                                -- the first message that waits
    due_at           timestamptz,                                -- when a turn is to be taken
    latest_at        timestamptz,                                -- not later, however long the client types
    tries            int NOT NULL DEFAULT 0,                     -- of the turn that is due
    act              jsonb,                                      -- of the turn under way: may have been done
    owner            uuid,
    fence            bigint NOT NULL DEFAULT 0,
    lease_until      timestamptz,
    UNIQUE (enterprise, connection_id, chat_id),
    FOREIGN KEY (enterprise, connection_id, chat_id)
        REFERENCES chats (enterprise, connection_id, chat_id) ON DELETE CASCADE
);
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_list ON conversations (enterprise, last_at DESC, id DESC);

CREATE TABLE turns (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise      text NOT NULL,
    conversation_id bigint NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    no              int NOT NULL,                                -- from 1, inside the conversation
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    brain           text NOT NULL,
    understood      jsonb,                                       -- Frame
    act             jsonb,                                       -- what was done
    acted           jsonb,                                       -- what came of it
    record_id       bigint,                                      -- of the visit that was made or changed
    said            text[] NOT NULL DEFAULT '{}',
    hand_over       text,
    outcome         text NOT NULL,                               -- answered, acted, handed_over, failed
    ms              int NOT NULL                                 -- from being due to the answer
);
CREATE INDEX turns_of ON turns (enterprise, conversation_id, id DESC);
CREATE INDEX turns_old ON turns (at);

-- A booking system's own messages that leave through our messengers, and offers after missed calls.

-- What it shows us with them: one key for each salon, known by its digest.
CREATE TABLE operator_keys (
    key_hash       bytea PRIMARY KEY,
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL UNIQUE,
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

-- Those that we took: the same id is the same message. They live as long as what was owed by them.
CREATE TABLE operator_messages (
    enterprise     text NOT NULL,
    connection_id  uuid NOT NULL,                               -- the salon
    id             text NOT NULL,                               -- the booking system's
    outbox_id      bigint NOT NULL UNIQUE REFERENCES outbox ON DELETE CASCADE,
    callback       text NOT NULL,                               -- its token replaced by {token}; '': none
    status         int,                                         -- what was told of it last
    PRIMARY KEY (enterprise, connection_id, id),
    FOREIGN KEY (enterprise, connection_id) REFERENCES connections ON DELETE CASCADE
);

-- The last offer to a number: there is one a day.
CREATE TABLE missed_offers (
    enterprise     text NOT NULL REFERENCES enterprises(number),
    phone          text NOT NULL,
    offered_on     date NOT NULL,                               -- the salon's day
    call_id        text NOT NULL,
    PRIMARY KEY (enterprise, phone)
);

CREATE INDEX chats_phone ON chats (enterprise, phone) WHERE phone IS NOT NULL;

-- What remembers a chat without pointing to it moves along when two chats become one.

-- Ratings, messages on their way and wishes outlive a chat that is wiped, so they have no foreign key.
CREATE FUNCTION remember_chat(whose text, via uuid, source text, target text) RETURNS void
LANGUAGE sql AS $$
    UPDATE outreach_tries SET chat_id = target
     WHERE id = ANY (ARRAY(SELECT id FROM outreach_tries
                            WHERE enterprise = whose AND connection_id = via AND chat_id = source
                            ORDER BY id FOR NO KEY UPDATE));
    UPDATE outreach SET only_chat = target
     WHERE id = ANY (ARRAY(SELECT id FROM outreach
                            WHERE enterprise = whose AND only_connection = via AND only_chat = source
                            ORDER BY id FOR NO KEY UPDATE));
    UPDATE reviews SET chat_id = target
     WHERE enterprise = whose AND connection_id = via AND chat_id = source;
$$;

ALTER FUNCTION merge_chats(text, uuid, text, text) RENAME TO merge_pointers;
CREATE FUNCTION merge_chats(whose text, via uuid, source text, target text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM merge_pointers(whose, via, source, target);
    PERFORM remember_chat(whose, via, source, target);
END $$;

CREATE INDEX reviews_chat ON reviews (enterprise, connection_id, chat_id);
CREATE INDEX outreach_only_chat ON outreach (enterprise, only_connection, only_chat) WHERE only_chat IS NOT NULL;

-- Chats that became one before this.
UPDATE outreach_tries t SET chat_id = a.chat_id FROM chat_aliases a
 WHERE (a.enterprise, a.connection_id, a.alias) = (t.enterprise, t.connection_id, t.chat_id);
UPDATE outreach o SET only_chat = a.chat_id FROM chat_aliases a
 WHERE (a.enterprise, a.connection_id, a.alias) = (o.enterprise, o.only_connection, o.only_chat);
UPDATE reviews r SET chat_id = a.chat_id FROM chat_aliases a
 WHERE (a.enterprise, a.connection_id, a.alias) = (r.enterprise, r.connection_id, r.chat_id);

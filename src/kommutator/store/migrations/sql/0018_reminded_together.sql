-- A reminder may name several visits: which message asked about which of them.

ALTER TABLE chat_questions ADD COLUMN outreach bigint;            -- the message; NULL: asked before this was kept
CREATE INDEX chat_questions_named ON chat_questions (enterprise, salon, record_id, outreach);

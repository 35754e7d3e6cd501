-- Messengers, chats, notices.
SELECT 1;

-- Talks of the assistant with clients, turn by turn.
SELECT 1;

-- What the inbox and the assistant's settings need.
SELECT 1;

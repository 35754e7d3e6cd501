-- One-use tokens of the page that links a phone.
SELECT 1;

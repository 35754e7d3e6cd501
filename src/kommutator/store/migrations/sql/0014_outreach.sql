-- Messages nobody asked for: consent, limits, what is due.
SELECT 1;

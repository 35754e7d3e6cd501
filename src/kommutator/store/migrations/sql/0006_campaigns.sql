-- The auto-dialer's campaigns.
SELECT 1;

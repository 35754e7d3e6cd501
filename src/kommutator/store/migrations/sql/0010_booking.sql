-- Wishes to book, holds, messages sent for a booking system.
SELECT 1;

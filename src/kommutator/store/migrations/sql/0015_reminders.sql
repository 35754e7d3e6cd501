-- Reminders, reviews, win-back.
SELECT 1;

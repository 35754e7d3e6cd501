-- Bulk writes to a CRM, item by item.
SELECT 1;

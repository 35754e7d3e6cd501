-- A local copy of a CRM's contacts, companies, leads and references.
SELECT 1;

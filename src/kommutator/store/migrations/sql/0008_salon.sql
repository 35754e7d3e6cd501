-- The copy of salons: services, staff, hours, clients, visits.
SELECT 1;

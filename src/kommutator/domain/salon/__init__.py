"""A salon: its people, services, working hours, clients and visits, in no vendor's shape."""

"""amoCRM and Kommo: whose account, its grants, its cards."""

"""Salons at YClients: how they come, what becomes of them, how they leave."""

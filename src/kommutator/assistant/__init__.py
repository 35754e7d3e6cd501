"""Brains that answer clients, and how they understand them."""

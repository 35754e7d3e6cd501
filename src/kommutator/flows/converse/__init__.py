"""Talks with clients: heard, understood, answered, handed over, looked at by people."""

"""Chats of messengers: connected, heard, spoken in."""

"""Notices of visits: decided with the change, told in chats, kept in a log."""

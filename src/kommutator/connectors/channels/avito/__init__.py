"""Avito Messenger: answers in chats that buyers began."""

"""Chats with clients for developers: who speaks, what was said and done, taking over."""

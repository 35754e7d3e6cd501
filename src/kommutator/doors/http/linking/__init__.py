"""Linking a phone: what its page is told, over a WebSocket or by asking again and again."""

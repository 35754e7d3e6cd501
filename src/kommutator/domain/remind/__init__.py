"""Reminders before a visit, a question after it, a word to whoever has not come for long. Pure."""

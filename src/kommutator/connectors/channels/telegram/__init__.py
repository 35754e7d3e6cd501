"""Telegram's Bot API: messages to people and groups, news by webhook or by asking."""

"""Reminders, reviews and win-back: planned with each change of a visit, asked again before."""

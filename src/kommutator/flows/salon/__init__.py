"""Salons: the copy of their book, visits booked and changed, people told of it."""

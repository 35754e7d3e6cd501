"""Messengers: each folder one of them."""

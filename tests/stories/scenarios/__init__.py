"""Calls that people make, as small plays for real phones and a real Asterisk.

Played before the whole service by `test_scenarios.py`, and recorded into
tests/fixtures/asterisk by `record.py`.
"""

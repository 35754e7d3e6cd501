"""What the assistant answers: a state machine over `Talk`, and its words. See `machine.py`."""

"""A PBX on paper: it invents calls, says what Asterisk would say, and knows the truth."""

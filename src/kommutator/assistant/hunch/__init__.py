"""What a turn is probably for, where the rules only guess: counted on our own labelled messages."""

"""The booking assistant: what was understood, what is asked, what may be done. Pure."""

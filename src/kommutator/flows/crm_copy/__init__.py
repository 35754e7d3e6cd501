"""The local copy of a CRM: what it hears, reads, and tells the phone book."""

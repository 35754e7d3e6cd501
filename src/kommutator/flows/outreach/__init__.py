"""Messages nobody asked for: owed, sent so that nobody is bothered or banned, looked after."""

"""Understanding by own rules: words → canonical tags → small grammars → a `Frame`. No network."""

"""The service: takes conversations in, grades them against scorecards, and keeps every result provable."""

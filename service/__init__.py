"""The service: takes conversations in, grades them against scorecards, and keeps every result provable."""

__version__ = "0.1.0"

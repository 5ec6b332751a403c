"""Finds words in a conversation that look like instructions to whoever grades it."""

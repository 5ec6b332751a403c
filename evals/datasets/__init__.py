"""Labelled sets: conversations with people's grades, in our format and in those of other tools."""

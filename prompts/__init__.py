"""Prompt templates and built-in scorecards: data that the service reads, without code."""

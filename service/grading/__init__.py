"""Grading: what turns a redacted conversation and a scorecard into grades with evidence."""

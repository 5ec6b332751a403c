"""Runnable measurements; each prints what it measured and how."""

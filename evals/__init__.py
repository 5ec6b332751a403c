"""Datasets, runs, comparison and reports; the service never imports this."""

"""Evaluation runs: a labelled set, graded, resumable and recorded, as one file."""

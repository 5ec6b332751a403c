"""Transcripts in other people's formats, as the conversations that the service takes.

One file per format, each with a function from text to `Utterance`s; `registry.py` lists them.
"""

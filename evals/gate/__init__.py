"""The gate: is a run of grades worse than the one before, certainly, and where?"""

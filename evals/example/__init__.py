"""An example set that ships: invented conversations, and constructed labels and judges to try everything on.

Nothing here was collected from people: README.md says how each part was made.
"""

"""The learned grader: a small text model fitted on a team's own labels, the floor that a language model has
to beat, and a second opinion.
"""

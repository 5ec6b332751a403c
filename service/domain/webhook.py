"""What is told to a callback URL, and how far the telling is."""

from typing import Literal

EventType = Literal["evaluation.completed", "evaluation.failed", "evaluation.cancelled", "review.required"]
"""The `type` of a webhook's body."""

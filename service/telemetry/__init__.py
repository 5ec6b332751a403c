"""What the service tells of itself: metrics and traces. Numbers and ids, never words of a conversation."""

from service.telemetry.stages import stage, waited

__all__ = ["stage", "waited"]

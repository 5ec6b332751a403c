"""Examines an installation: each finding says how one thing is and what to do about it."""

from service.usecases.doctor.doctor import Doctor

__all__ = ["Doctor"]

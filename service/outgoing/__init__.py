"""Requests that the service makes to addresses which its callers choose."""

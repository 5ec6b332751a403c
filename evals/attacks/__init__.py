"""What instructions planted in conversations can do to grades, with each defence on and off."""

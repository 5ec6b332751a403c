"""What the gate found, for terminals, CI systems and browsers."""

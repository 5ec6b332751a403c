"""Agreement with people, and what follows from it: plain statistics without I/O."""

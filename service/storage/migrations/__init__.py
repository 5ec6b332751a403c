"""The steps that made the schema what it is, oldest first."""

"""How much personal data redaction takes out of a labelled set, and how much it takes out that is none."""

"""What can be recognized: one idea per file; ``redaction.analyzer`` says which of them run on which text."""

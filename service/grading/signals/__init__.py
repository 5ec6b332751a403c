"""The embedded grader: what can be measured in a conversation by rule, without a language model."""

"""Makes the weights of the networks in ``redaction/weights``. Nothing of it runs when the service runs."""

"""The words of the product as plain pydantic models; knows nothing of databases, HTTP or models."""

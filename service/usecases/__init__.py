"""What can be done with the service; transactions open and close here."""

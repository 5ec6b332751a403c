"""`qalibrate openapi`: the OpenAPI document, without starting the service."""

import sys

from service.cli.setup import make_factory


def openapi() -> None:
    """Print the OpenAPI document."""
    # Imported here, because no other command but `serve` needs the web application.
    from service.api.openapi import document_text
    from service.app import create_app

    sys.stdout.write(document_text(create_app(make_factory())))

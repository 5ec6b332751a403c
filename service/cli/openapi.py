"""`qalibrate openapi`: the OpenAPI document, without starting the service."""

import json
import sys

from service.cli.setup import make_factory


def openapi() -> None:
    """Print the OpenAPI document."""
    # Imported here, because no other command but `serve` needs the web application.
    from service.app import create_app

    document = create_app(make_factory()).openapi()
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

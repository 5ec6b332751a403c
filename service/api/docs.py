"""`/docs`: Swagger UI over `/openapi.json`, from this server alone: it works without the internet and tells
nobody outside that it was looked at.
"""

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import FileResponse, HTMLResponse

router = APIRouter(prefix="/docs", include_in_schema=False)

_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Qalibrate: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<noscript>This page needs JavaScript; the document is <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

# A validator elsewhere would be sent the address of this service.
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
});
"""

# The page sets styles by script, and its icons are data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("")
def page() -> HTMLResponse:
    """Return the page."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/start.js")
def start() -> Response:
    """Return what starts the page: a script of its own, because scripts within the page are not allowed."""
    return Response(_START, media_type="text/javascript")


@router.get("/{name}")
def asset(name: str) -> FileResponse:
    """Return Swagger UI's script or style sheet."""
    if name not in _ASSETS:
        raise HTTPException(404)
    folder = Path(str(resources.files("fastapi_offline"))) / "static"
    return FileResponse(folder / name, headers={"Cache-Control": "max-age=3600"})

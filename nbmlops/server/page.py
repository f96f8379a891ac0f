"""The page on which a project is looked at without JupyterLab."""

from __future__ import annotations

import html
import json
from collections.abc import Awaitable
from pathlib import Path
from string import Template
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import StaticFileHandler, authenticated

from nbmlops.server.languages import ENGLISH, accepted_language, texts_of
from nbmlops.server.operations import RESOURCE
from nbmlops.server.projects import Projects

PAGE = "/nbmlops/ui"
"""Where the page is, below the server's base URL."""

BUILT = Path(__file__).parent / "static"
"""What the front end is built into; not there in a checkout that was never built."""

_DOCUMENT = Template("""\
<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title · MLOps</title>
<link rel="icon" type="image/svg+xml" href="$files/icon.svg">
<link rel="stylesheet" href="$files/page.css">
<script id="jupyter-config-data" type="application/json">$data</script>
<script type="module" src="$files/page.js"></script>
</head>
<body>
<div id="nbmlops-page"></div>
<noscript>This page needs JavaScript. In a shell, type nbmlops --help.</noscript>
</body>
</html>
""")


class PageHandler(JupyterHandler):
    """``nbmlops/ui``: the page itself, which asks the endpoints for all that it shows."""

    auth_resource = RESOURCE

    def initialize(self, projects: Projects, language: str) -> None:
        """Called by tornado for each request.

        Args:
            projects: the projects below the server's root.
            language: in which it speaks; empty for the one that the browser asks for.
        """
        self._projects = projects
        self._language = language

    @authenticated
    @authorized
    def get(self) -> None:
        """Send the page, in a language of the reader."""
        asked = self.request.headers.get("Accept-Language", "")
        language = self._language or accepted_language(asked)
        title = self._projects.root.name
        data = {
            "baseUrl": self.base_url,
            "project": title,
            "language": language,
            "texts": json.dumps(texts_of(language)),
        }
        _ = self.xsrf_token  # which sets the cookie that what changes something is asked for
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Accept-Language, Cookie")
        self.finish(
            _DOCUMENT.substitute(
                language=(language or ENGLISH).replace("_", "-"),
                title=html.escape(title),
                files=html.escape(f"{self.base_url.rstrip('/')}{PAGE}/files"),
                data=_inside_a_page(data),
            )
        )


class PageFileHandler(JupyterHandler, StaticFileHandler):
    """``nbmlops/ui/files/…``: the scripts and styles of the page."""

    auth_resource = RESOURCE

    @authenticated
    @authorized
    def get(  # type: ignore[override]  # the decorators'
        self,
        path: str,
        include_body: bool = True,  # noqa: FBT001, FBT002  # as tornado calls it
    ) -> Awaitable[None]:
        """Send a file."""
        return super().get(path, include_body)

    @authenticated
    @authorized
    def head(self, path: str) -> Awaitable[None]:  # type: ignore[override]  # the decorators'
        """Send what is known of a file."""
        return StaticFileHandler.get(self, path, include_body=False)


def _inside_a_page(data: dict[str, Any]) -> str:
    """JSON that ends no element, whatever is in it."""
    return json.dumps(data).replace("<", "\\u003c").replace("&", "\\u0026")

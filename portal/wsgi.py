import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
_portal = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve a request as UTF-8, whatever charset it claims: another one breaks Django before any page can answer."""
    kind, _semicolon, parameters = environ.get("CONTENT_TYPE", "").partition(";")
    if "charset" in parameters.lower():
        kept = [part for part in parameters.split(";") if "charset" not in part.lower()]
        environ["CONTENT_TYPE"] = ";".join([kind, *kept])
    return _portal(environ, start_response)

"""One JSON line per event on standard error, from our own code and from every library alike.

Addresses that are secrets – the links to activate an account, to set a password, to take another address, to object –
are masked in the finished line, whoever wrote it and wherever in it they stand (R42, T44).
"""

import logging
import re
from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata

SECRET_PATHS = re.compile(r"(/(?:activate|reset|new-address|not-right)/)[^\s\"'\\?&<>]+")


# JSON lets them stand, and some readers of logs break a line there, obey them, or turn what follows around.
CONTROLS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def escape(_logger: Any, _method: str, line: str) -> str:
    """A finished line in which nothing but letters, digits and signs stands as it is (T78)."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def mask(_logger: Any, _method: str, line: str) -> str:
    return SECRET_PATHS.sub(r"\1…", line)


FIRST: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
LAST: list[Any] = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    # Without the variables of each frame: passwords and links are among them.
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
    # JSON escapes line ends and most control characters, escape() the others: nobody writes a line of his own (T78).
    structlog.processors.JSONRenderer(ensure_ascii=False),
    escape,
    mask,
]


def config() -> dict[str, Any]:
    """Return what logging.config.dictConfig takes, and takes apart: each caller needs its own."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *FIRST],
                "processors": LAST,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # They come with handlers of their own; everything goes the same way here.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # The request's own line says it already.
            "django.request": {"level": "ERROR"},
            "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
            "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
        },
    }


def configure() -> None:
    """Let structlog's own loggers go the way of config()."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *FIRST,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


@receiver(bind_extra_request_metadata)
def bind_address(request: HttpRequest, **_: Any) -> None:
    """Note who asks: believed from as many proxies as are ours, and from no header besides."""
    from contacts.login import place_of

    if place := place_of(request):
        structlog.contextvars.bind_contextvars(ip=place)
    else:
        logging.getLogger(__name__).warning("address_unknown")

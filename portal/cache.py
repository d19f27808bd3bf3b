"""A cache on Redis that goes on without it: throttles must neither fail the login page nor open up.

While Redis does not answer, each process counts for itself, and each hit weighs WEIGHT times, so that a limit gets
tighter, not wider, when several processes stop sharing their counts.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

WEIGHT = 3
# After a failure Redis is left alone this long: a silent one costs its time-out once, not with every request.
REST_SECONDS = 10.0
TIMEOUT_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Json:
    """Values as JSON: whoever can write into Redis must not be able to run code here."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError:
            # Written by another version of us: as good as not there.
            return None


class WeightedLocalCache(LocMemCache):
    """Counts of this process alone. allauth keeps a throttle's hits as a list of times, newest first."""

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        if isinstance(value, list) and len(value) > len(self.get(key, [], version=version)):
            value = [value[0]] * (WEIGHT - 1) + value
        super().set(key, value, timeout, version)


class RedisOrLocalCache(BaseCache):
    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {
            "serializer": Json,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "socket_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self.redis = RedisCache(location, {**params, "OPTIONS": options})
        self.local = WeightedLocalCache("portal", {})
        self.local.key_prefix = self.key_prefix
        self._rests_until = 0.0

    def _ask(self, ask: Callable[[BaseCache], Any]) -> Any:
        if time.monotonic() >= self._rests_until:
            try:
                return ask(self.redis)
            except RedisError as error:
                self._rests_until = time.monotonic() + REST_SECONDS
                log.warning("cache_without_redis", error=type(error).__name__, seconds=REST_SECONDS)
        return ask(self.local)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        found = self._ask(lambda cache: cache.get(key, None, version))
        return default if found is None else found

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.delete(key, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask(lambda cache: cache.incr(key, delta, version)))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.has_key(key, version)))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())

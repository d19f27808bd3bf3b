import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.core.internal.ratelimit import Rate, apply_rate
from django.conf import settings
from django.urls import reverse

from portal.cache import WEIGHT, RedisOrLocalCache


@pytest.fixture
def cache() -> Iterator[RedisOrLocalCache]:
    cache = RedisOrLocalCache(settings.REDIS_URL, {"KEY_PREFIX": settings.CACHES["default"]["KEY_PREFIX"]})
    yield cache
    cache.delete_many(["throttle", "garbage"])


@pytest.fixture
def without_redis(tmp_path: Path) -> RedisOrLocalCache:
    return RedisOrLocalCache(f"unix://{tmp_path}/nobody", {"KEY_PREFIX": str(tmp_path)})


def hits(cache: RedisOrLocalCache, rate: Rate) -> int:
    """Count how often allauth would let somebody try."""
    for count in range(100):
        allowed, history = apply_rate(cache.get("throttle", []), time.time(), rate)
        if not allowed:
            return count
        cache.set("throttle", history, 60)
    return 100


def test_throttles_count_in_redis(cache: RedisOrLocalCache) -> None:
    assert hits(cache, Rate(6, 60, "ip")) == 6
    assert len(cache.redis.get("throttle")) == 6


def test_t57_without_redis_a_throttle_is_tighter_not_open(without_redis: RedisOrLocalCache) -> None:
    assert hits(without_redis, Rate(6, 60, "ip")) == 6 // WEIGHT


def test_a_silent_redis_costs_its_timeout_once(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        cache = RedisOrLocalCache(f"unix://{tmp_path}/silent", {"KEY_PREFIX": str(tmp_path)})
        started = time.monotonic()

        answers = [cache.add("first", True), *(cache.get("throttle", "nothing") for _ in range(50))]

    assert answers == [True, *["nothing"] * 50]
    assert time.monotonic() - started < 1.5


def test_garbage_in_redis_is_a_miss(cache: RedisOrLocalCache) -> None:
    key = cache.redis.make_and_validate_key("garbage")
    cache.redis._cache.get_client(write=True).set(key, b"\x80\x04\x95 pickled")

    assert cache.get("garbage", "nothing") == "nothing"


def test_the_login_page_works_without_redis(client, settings, tmp_path: Path, db) -> None:
    settings.CACHES = {"default": {"BACKEND": "portal.cache.RedisOrLocalCache", "LOCATION": f"unix://{tmp_path}/x"}}

    response = client.post(reverse("account_login"), {"login": "nobody@nowhere.example", "password": "wrong"})

    assert response.status_code == 200

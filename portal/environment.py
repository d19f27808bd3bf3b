"""Reads settings from the environment; what is wrong there is said in one line that helps."""

from datetime import date

import environ
from django.core.exceptions import ImproperlyConfigured

YES_OR_NO = {*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "n", "no", "0"}


class Environment(environ.Env):
    def address(self, name: str, *schemes: str) -> str:
        """Return a required address. Raises ImproperlyConfigured, without its value: it may hold a password."""
        value = self.required(name)
        if not value.startswith(schemes):
            wanted = " or ".join(", ".join(schemes).rsplit(", ", 1))
            raise ImproperlyConfigured(f"{name} must begin with {wanted}: see .env.example.")
        return value

    def required(self, name: str) -> str:
        value: str = self.str(name, default="")
        if not value:
            raise ImproperlyConfigured(f"{name} is not set: see .env.example.")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        if self.str(name, default="").lower() not in {"", *YES_OR_NO}:
            raise ImproperlyConfigured(f"{name} is {self.str(name)!r}: write true or false.")
        return bool(self.bool(name, default=default)) if self.str(name, default="") else default

    def link(self, name: str) -> str:
        """An address that people are led to, or "" ."""
        value: str = self.str(name, default="")
        if value and not value.startswith("https://"):
            raise ImproperlyConfigured(f"{name} is {value!r}: write an address that begins with https://, or nothing.")
        return value

    def among(self, name: str, known: tuple[str, ...], *, default: list[str]) -> list[str]:
        """Some of the words that are known."""
        values: list[str] = self.list(name, default=[]) or default
        if wrong := [value for value in values if value not in known]:
            raise ImproperlyConfigured(f"{name} names {wrong[0]!r}: write some of {', '.join(known)}.")
        return values

    def number(self, name: str, *, default: int) -> int:
        value: str = self.str(name, default="") or str(default)
        if not value.isascii() or not value.isdigit():
            raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number.")
        return int(value)

    def numbers(self, name: str, *, default: list[int]) -> list[int]:
        values: list[str] = self.list(name, default=[]) or [str(number) for number in default]
        if any(not value.isascii() or not value.isdigit() for value in values):
            raise ImproperlyConfigured(f"{name} is {self.str(name)!r}: write whole numbers, separated by commas.")
        return sorted(int(value) for value in values)

    def days(self, name: str) -> list[date]:
        try:
            return [date.fromisoformat(value) for value in self.list(name, default=[])]
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} is {self.str(name)!r}: write days such as 2026-12-24, separated by commas."
            ) from None

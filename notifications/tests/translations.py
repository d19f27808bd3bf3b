"""Finds out, while a mail is being composed, which of its words nobody has translated."""

from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations

from django.utils.translation import trans_real


class _Recorder(NullTranslations):
    def __init__(self, words: set[str]) -> None:
        super().__init__()
        self.words = words

    def gettext(self, message: str) -> str:
        self.words.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.words.add(msgid1)
        return msgid1 if n == 1 else msgid2


@contextmanager
def untranslated(language: str) -> Iterator[set[str]]:
    """`with untranslated("nl") as words: compose(…)`, and words holds what fell back to English, labels included."""
    catalogue = trans_real.translation(language)
    words: set[str] = set()
    before, catalogue._fallback = catalogue._fallback, _Recorder(words)
    try:
        yield words
    finally:
        catalogue._fallback = before

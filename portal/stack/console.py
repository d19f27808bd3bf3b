"""What the stack says to the person who started it. Needs nothing but Python."""

import errno
import os
import sys
from pathlib import Path


class Trouble(Exception):
    """Ends a start; its text is one sentence that says what to do."""


def say(text: str) -> None:
    """Write a line; nobody reading any more (a closed terminal, `| head`) is no reason to fall over."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (BrokenPipeError, OSError):
        # Python flushes once more at exit: let that go nowhere too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def is_disk_full(text: str) -> bool:
    return os.strerror(errno.ENOSPC) in text or os.strerror(errno.EDQUOT) in text


def disk_full(folder: Path) -> Trouble:
    return Trouble(f"The disk that holds {folder} is full: make room there, then start again.")


def in_one_sentence(error: OSError) -> Trouble:
    """Say what an error of the machine means for the person who started us."""
    where = error.filename or "here"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Trouble(f"The disk is full (writing {where}): make room, then start again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Trouble(f"{where} cannot be written by you: start this as the owner of the checkout.")
    return Trouble(f"The machine refuses: {error}.")

"""Judges a PDF that a stranger made: `python inspection.py < file` prints one word, "ok" or why it is refused.

Runs in a process of its own, with little memory and time, knows nothing of the portal, and trusts no word of the file.
"""

import io
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

CPU_SECONDS = 2
MEMORY = 180 * 1024 * 1024
MOST_OBJECTS = 50_000
MOST_PAGES = 500
MOST_PIXELS = 100_000_000
# What one stream that is no picture may grow to, what all of them together, and how often it may be as large as packed.
MOST_UNPACKED, MOST_IN_ALL, MOST_TIMES = 30 * 1024 * 1024, 400 * 1024 * 1024, 500
CHUNK = 256 * 1024

HEADER = re.compile(rb"%PDF-[12]\.\d[\r\n \t%]")
TRAILER = re.compile(rb"%%EOF\s*\Z")
MARKUP = re.compile(rb"<\s*(?:script|html|!doctype|iframe)[\s>]", re.IGNORECASE)
# Whatever runs, opens, sends or plays something; a plain link (/URI, /GoTo) does not.
ACTIONS = frozenset(
    {
        *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/GoTo3DView"),
        *("/Rendition", "/RichMediaExecute", "/Movie", "/Sound", "/Trans", "/SetOCGState", "/Hide", "/Thread"),
    }
)
ACTIVE_KEYS = frozenset(["/JS", "/JavaScript", "/AA", "/XFA", "/RichMediaContent", "/RichMediaSettings"])
CARRYING_KEYS = frozenset(["/EmbeddedFile", "/EmbeddedFiles", "/EF", "/AF"])
ACTIVE_ANNOTATIONS = frozenset(["/RichMedia", "/3D", "/Screen", "/Movie", "/Sound"])
FLATE = ("/FlateDecode", "/Fl")
PICTURES = frozenset(["/DCTDecode", "/DCT", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/CCF"])


class Refused(Exception):
    """Its word says why."""


def limit_ourselves() -> None:
    """Before anything of the file is read: a bomb ends this process and nothing else."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_AS) if sys.platform == "linux" else ():
        most = MEMORY if limit == resource.RLIMIT_DATA else 1024 * 1024 * 1024
        resource.setrlimit(limit, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def judge(content: bytes) -> None:
    """Raise Refused for what is no plain PDF: a document to read, and nothing beside."""
    if not HEADER.match(content):
        raise Refused("no_pdf")
    if b"%%EOF" not in content:
        raise Refused("damaged")
    if not TRAILER.search(content[-1100:]) or zipfile.is_zipfile(io.BytesIO(content)) or MARKUP.search(content):
        raise Refused("two_in_one")
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
            _judge(pdf)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, KeyError, AttributeError, zlib.error):
        raise Refused("damaged") from None
    except (MemoryError, RecursionError, RuntimeError, OverflowError):
        raise Refused("too_much") from None


def _judge(pdf: pikepdf.Pdf) -> None:
    if pdf.is_encrypted:
        raise Refused("encrypted")
    if int(pdf.trailer.get("/Size", 0)) > MOST_OBJECTS or len(pdf.objects) > MOST_OBJECTS:
        raise Refused("too_much")
    in_all = 0
    for found in pdf.objects:
        if isinstance(found, pikepdf.Stream):
            in_all += _unpacked(found)
            if in_all > MOST_IN_ALL:
                raise Refused("too_much")
        for part in _parts(found):
            _refuse_what_acts(part)
    if not 0 < len(pdf.pages) <= MOST_PAGES:
        raise Refused("no_pages" if not len(pdf.pages) else "too_much")


def _parts(found: Any) -> Iterator[Any]:
    """Every dictionary that stands in an object itself; other objects have their own turn."""
    waiting = [found]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            yield part
            inside = [value for _key, value in part.items()]
        elif isinstance(part, pikepdf.Array):
            inside = list(part)
        else:
            continue
        waiting += [value for value in inside if isinstance(value, pikepdf.Object) and not value.is_indirect]


def _refuse_what_acts(part: Any) -> None:
    keys = set(part.keys())
    if keys & ACTIVE_KEYS or str(part.get("/S", "")) in ACTIONS or str(part.get("/Subtype", "")) in ACTIVE_ANNOTATIONS:
        raise Refused("active")
    if keys & CARRYING_KEYS or str(part.get("/Type", "")) == "/EmbeddedFile":
        raise Refused("carries_files")
    # Where to open the document (an array) runs nothing, and many programs write it.
    if "/OpenAction" in keys and not isinstance(part["/OpenAction"], pikepdf.Array):
        raise Refused("active")


def _unpacked(stream: pikepdf.Stream) -> int:
    """How large a stream becomes for whoever opens it. Raises Refused where that is out of proportion."""
    filters: Any = stream.get("/Filter", [])
    names = [str(filters)] if isinstance(filters, pikepdf.Name) else [str(name) for name in filters]
    is_picture = str(stream.get("/Subtype", "")) == "/Image"
    expected = _pixels(stream) if is_picture else 0
    if len(names) > 2 or sum(name in FLATE for name in names) > 1 or {"/LZWDecode", "/LZW"} & set(names):
        raise Refused("too_much")
    if not names or set(names) & PICTURES:
        return 0
    packed = stream.read_raw_bytes()
    size = _inflated(packed) if names[0] in FLATE else len(stream.read_bytes())
    if is_picture:
        if size > expected:
            raise Refused("too_much")
    elif size > MOST_UNPACKED or (size > 1024 * 1024 and size > MOST_TIMES * len(packed)):
        raise Refused("too_much")
    return size


def _pixels(stream: pikepdf.Stream) -> int:
    """The bytes that a picture of this size can have at most: four colours, and a byte more in each row."""
    width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
    if width < 0 or height < 0 or width * height > MOST_PIXELS:
        raise Refused("too_much")
    return height * (width * 4 * int(stream.get("/BitsPerComponent", 8)) // 8 + 2) + 1024


def _inflated(packed: bytes) -> int:
    size, unpacker, rest = 0, zlib.decompressobj(), packed
    while rest and not unpacker.eof and size <= MOST_IN_ALL:
        size += len(unpacker.decompress(rest, CHUNK))
        rest = unpacker.unconsumed_tail
    return size


def verdict(content: bytes) -> str:
    try:
        judge(content)
    except Refused as refused:
        return str(refused)
    except MemoryError:
        return "too_much"
    return "ok"


if __name__ == "__main__":
    limit_ourselves()
    sys.stdout.write(verdict(sys.stdin.buffer.read()))

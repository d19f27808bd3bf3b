"""What nobody types by mistake."""

from collections.abc import Callable
from random import Random

HOSTILE = [
    "",
    "   ",
    "\x00abc",
    "a\x07b",
    "x" * 50_000,
    "\u202eevil",
    "😀",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% debug %}",
    "%(x)s {0.__class__}",
    "a+b@x.example",
    "info@münchen.example",
    "a@x.example, b@y.example",
    "a@x.example\nb@y.example",
    "value\n",
    "' OR 1=1 --",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "0001-01-01",
    "31 2 2026",
    "99 99 9999999999",
    "-1",
    "1" * 400,
]
# Days, numbers, header lines and placeholders: for each field by itself.
MORE = [
    "29 2 2027",
    "31 12 9999",
    "NaN",
    "1e400",
    # An hour that Brussels never had.
    "2026-03-29 02:30",
    "%0d%0aBcc: x@evil.example",
    "x\r\nBcc: x@evil.example",
    "{customer} [[access_link]]",
]


# What a body can say and no text can: bytes, before anybody has read them as UTF-8.
RAW = [
    *(b"\xed\xa0\x80", b"\xed\xb0\x80x", b"\xed\xa0\xbd\xed\xb8\x80"),  # surrogates, alone and as a pair
    *(b"\xff\xfe", b"\x80", b"a\xc0\xafb", b"\xf4\x90\x80\x80", b"\xe2\x82", b"caf\xe9"),  # no UTF-8
]
INVISIBLE = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\u115f" + "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2069"
)
CONTROLS = "".join(map(chr, [*range(32), *range(127, 160)])) + "\u2028\u2029"
MARKS = "\u0300\u0301\u0308\u0323\u0489\u0e49\u20dd\ufe0f"
BASES = ["An", "De Smet", "an@bakery.example", "+32 53 00 00 20", "9300", "bakerij", "2 9 2026", "contact:", "on", "7"]
DAYS = [
    *("0001-01-01", "1 1 1", "0 0 0000", "9999-12-31", "31 12 9999", "29 2 2027", "29 2 2028", "29-2-1900"),
    *("2026-02-30", "2026-03-29 02:30", "99999-01-01", "-1-1-1", "2026-11-31", "٢٩ ٢ ٢٠٢٨", "31/12/2026T25:61"),
]
NUMBERS = [
    *("1" + "0" * 18, "9223372036854775807", "9223372036854775808", "-1", "-0", "NaN", "Infinity", "-inf", "1e400"),
    *("1e-400", "0x1F", "١٢٣", "Ⅷ", "½", "²", "1_000", "1,5", "2147483648", "-9223372036854775809", "9" * 4301),
]
WORDS = [
    *("null", "None", "undefined", "true", "[]", "{}", "__proto__", "../../etc/passwd", "C:\\CON", "%00", "%ED%A0%80"),
    *("\\ud800", "&#0;", "${7*7}", "{{7*7}}", "{% debug %}", "{0.__class__}", "%(x)s", "%s%n", "' OR 1=1 --", "';--"),
    *("a@x.example, b@y.example", "a@x.example\nb@y.example", "x\r\nBcc: x@evil.example", "<script>alert(1)</script>"),
    *("user:", "contact:00000000-0000-0000-0000-000000000000", "user:\x00", "İ", "ﷺ", "ß" * 60, "Ａ" * 60, "i" * 300),
]


def _inside(chars: str) -> Callable[[Random], str]:
    """Something ordinary with one of these in the middle, in front, or at its end."""

    def make(random: Random) -> str:
        base = random.choice(BASES)
        at = random.randint(0, len(base))
        return base[:at] + random.choice(chars) * random.choice([1, 1, 2, 40]) + base[at:]

    return make


def _any_characters(random: Random) -> str:
    """Of all planes, surrogates left out: those are among the bytes."""
    points = (random.choice([0x7F, 0x2FF, 0xD7FF, 0x10FFFF]) for _each in range(random.randint(1, 40)))
    return "".join(chr(point) for top in points if not 0xD800 <= (point := random.randint(0, top)) <= 0xDFFF)


def _deep(random: Random) -> str:
    opening, closing = random.choice([("[", "]"), ('{"a":', "}"), ('["', '"]'), ("(", ")")])
    depth = random.choice([10, 200, 1500])
    return opening * depth + "1" + closing * random.choice([0, depth])


FAMILIES: list[Callable[[Random], str | bytes]] = [
    lambda random: random.choice(RAW) + random.choice([b"", b"x", b"\x00"]),
    lambda random: random.choice(BASES).encode() + random.choice(RAW),
    _inside("\x00"),
    _inside(INVISIBLE),
    _inside(CONTROLS),
    lambda random: random.choice(BASES) + random.choice(MARKS) * random.choice([1, 30, 500]),
    _any_characters,
    _deep,
    lambda random: random.choice(DAYS),
    lambda random: random.choice(NUMBERS),
    lambda random: random.choice(WORDS),
    lambda random: random.choice([*HOSTILE, *MORE])[:5000],
    lambda random: random.choice("aé😀 .-@\u0301<") * random.choice([51, 256, 1001, 3000]),
]


def generated(random: Random) -> bytes:
    """One of them, as its bytes stand in a body before they are escaped."""
    made = random.choice(FAMILIES)(random)
    return made if isinstance(made, bytes) else made.encode()


# Sixty ways to get a script into a page, each short enough for a name. For @ stands a mark of its own, so that whatever
# a reader of pages makes of it can be told from what is ours.
_SHAPES = [
    # scripts
    *("<script>@()</script>", "<ScRiPt >@()</sCrIpT >", "<script/@>", "<script src=//@.example></script>"),
    *("</script><script>@()//", "</title><script>@()</script>", "</textarea><script>@()</script>"),
    *("</style><script>@()", "<scr<script @>ipt>@()</scr</script>ipt>", "<script x>@()</script x>"),
    "<iframe srcdoc=@><iframe src=@>",
    # what runs by itself, or when somebody moves
    *("<img src=x onerror=@()>", "<img/src/onerror=@()>", "<svg onload=@()>", "<svg/onload=@()//", "<body onload=@()>"),
    *("<details open ontoggle=@()>", "<input autofocus onfocus=@()>", "<video><source onerror=@()>", "<x onclick=@()>"),
    "<a onmouseover=@()>x</a>",
    # out of an attribute, or out of a string of a script
    *("\" onfocus=@() autofocus x=\"", "' onfocus=@() autofocus x='", "\"><img src=x onerror=@()>"),
    *("'><svg onload=@()>", "` onmouseover=@() `", "\"/onload=@()//", "\"-@()-\"", "'-@()-'", "\\';@()//"),
    "\\\"};@();//",
    # addresses
    *("javascript:@()", "JaVaScRiPt:@()", "java&#9;script:@()", "data:text/html,<script>@()</script>", "vbscript:@"),
    *("<a href=javascript:@()>x</a>", "<form action=javascript:@()><button>", "<a href=//@.example>x</a>"),
    *("<base href=//@>", "<meta http-equiv=refresh content=0;@>", "<link rel=stylesheet href=//@>"),
    "<object data=//@>",
    # templates
    *("{{@|safe}}{{7*7}}", "{% @ %}{% debug %}", "{0.@}%(@)s{customer}", "${@}#{7*7}<%=7%>", "[[access_link]][[@]]"),
    # disguised
    *("&lt;script&gt;@()", "&#60;img src=x onerror=@()&#62;", "%3Cscript%3E@()%3C/script%3E"),
    *("\\u003cscript\\u003e@()", "＜script＞@()", "+ADw-script+AD4-@()", "\u202e@gpj.exe\u2066"),
    # out of comments, and what changes when it is read twice
    *("--><img src=x onerror=@()>", "]]><svg onload=@()>", "<math><mtext><style><@>"),
    "<noscript><p title=\"</noscript><@>\">",
    # for several places at once
    "*/'\"><@ onload=//",
]  # fmt: skip
MARK = "zq"
PAYLOADS = [shape.replace("@", f"{MARK}{number:02}") for number, shape in enumerate(_SHAPES)]


def payloads(turn: int, length: int | None) -> str:
    """As many of them as a field holds, beginning with another one each turn; all of them where there is no end."""
    said = PAYLOADS[turn % len(PAYLOADS)]
    for number in range(1, len(PAYLOADS)):
        more = f"{said} {PAYLOADS[(turn + number) % len(PAYLOADS)]}"
        if length is not None and len(more) > length:
            break
        said = more
    return said

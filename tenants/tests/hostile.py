"""What nobody types by mistake."""

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

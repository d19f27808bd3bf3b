"""Names as somebody looks for them: without accents and capitals, in Python and in the database alike.

PostgreSQL's own unaccent is an extension that not every installation has; TRANSLATE needs nothing.
"""

import unicodedata
from typing import Any

from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Lower, Replace


def fold(name: str) -> str:
    """ "élan" for "Élan", "strasse" for "Straße"."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()


# Latin letters that become one other character; LOWER alone knows those of English only, under the collation C.
_LETTERS = {
    chr(code): fold(chr(code))
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if len(fold(chr(code))) == 1 and fold(chr(code)) != chr(code)
}


def folded(expression: Any) -> Any:
    """The same of a column or an expression, for a query."""
    plain = Replace(F(expression) if isinstance(expression, str) else expression, Value("ß"), Value("ss"))
    letters = Value("".join(_LETTERS)), Value("".join(_LETTERS.values()))
    return Lower(Func(plain, *letters, function="TRANSLATE", output_field=CharField()))

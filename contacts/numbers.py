"""VAT and enterprise numbers: told apart by country, checked by their check digits, kept in one form."""

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.be import vat as be_vat
from stdnum.de import vat as de_vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent
from stdnum.exceptions import ValidationError as NotValid
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret
from stdnum.fr import tva as fr_vat
from stdnum.lu import tva as lu_vat
from stdnum.nl import btw as nl_vat
from stdnum.util import clean

from contacts.people import LONGEST_TEXT, drop_weightless

_LONGEST = 40


def normalise_enterprise_number(country: str, text: str) -> str:
    """The number with its country before it, such as "BE0404616494"; associations and schools may have no VAT number.

    Accepts dots, spaces and the country's letters, or none. Raises a ValidationError that says what to type.
    """
    text = drop_weightless(text) if len(text) <= LONGEST_TEXT else text
    letters = clean(text[: _LONGEST + 1], " -./\t\r\n").upper().strip()
    if len(text) > _LONGEST or not re.fullmatch(r"[0-9A-Z]+", letters):
        raise ValidationError(_what_to_type(country), code="format")
    other = letters[:2]
    if other in _READERS and other != country:
        sentence = _("This number begins with %(letters)s: choose that country, or write the number of this one.")
        raise ValidationError(sentence % {"letters": other}, code="country")
    wrong_digits = False
    for read in _READERS[country]:
        try:
            return country + read(letters.removeprefix(country))
        except (InvalidChecksum, InvalidComponent):
            wrong_digits = True
        except NotValid:
            continue
    if wrong_digits:
        sentence = _("The check digits do not fit: one digit differs from the registered number, or two are swapped.")
        raise ValidationError(f"{sentence} {_what_to_type(country)}", code="checksum")
    raise ValidationError(_what_to_type(country), code="format")


def display(number: str) -> str:
    """A stored number as people write it: "BE 0404.616.494"."""
    country, rest = number[:2], number[2:]
    if country == "BE" and len(rest) == len("0404616494"):
        rest = f"{rest[:4]}.{rest[4:7]}.{rest[7:]}"
    elif country == "FR":
        siren = rest[-9:]
        rest = " ".join(part for part in (rest[:-9], siren[:3], siren[3:6], siren[6:]) if part)
    return f"{country} {rest}"


def _what_to_type(country: str) -> str:
    return {
        "BE": _("Write the ten digits of the Belgian number, such as 0404.616.494."),
        "NL": _("Write the Dutch VAT number, such as NL004495445B01, or the eight digits of the KvK number."),
        "LU": _(
            "Write the eight digits of the VAT number, such as LU15027442, or the number in the RCS, such as B123456."
        ),
        "FR": _("Write the French VAT number, such as FR40303265045, or the nine digits of the SIREN."),
        "DE": _("Write the nine digits of the German VAT number, such as DE136695976."),
    }[country]


def _belgian(letters: str) -> str:
    return be_vat.validate(letters.rjust(10, "0") if len(letters) == len("404616494") else letters)


def _kvk(letters: str) -> str:
    # Without check digits.
    if not re.fullmatch(r"[0-9]{8}", letters):
        raise NotValid
    return letters


def _rcs(letters: str) -> str:
    if not re.fullmatch(r"[A-Z][0-9]{2,6}", letters):
        raise NotValid
    return letters


def _siren(letters: str) -> str:
    # Of an establishment (SIRET) the company is the first nine digits.
    return fr_siren.validate(letters) if len(letters) == len("303265045") else fr_siret.validate(letters)[:9]


_READERS: dict[str, list[Callable[[str], str]]] = {
    "BE": [_belgian],
    "NL": [nl_vat.validate, _kvk],
    "LU": [lu_vat.validate, _rcs],
    "FR": [fr_vat.validate, _siren],
    "DE": [de_vat.validate],
}

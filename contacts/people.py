"""What people type about people and companies: cleaned, or refused with a sentence that says what to type."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import to_python

from contacts.mailboxes import PUBLIC_MAILBOXES
from contacts.models import Company, Contact, Membership, User, sort_key

# --- Any text --------------------------------------------------------------------------------------------------------

# Nobody sees them, and they come along when something is pasted: marks of direction, joiners, soft hyphens.
_INVISIBLE = "".join(map(chr, [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]))
_INVISIBLE += "".join(map(chr, [*range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC)]))
_REPLACED = "\ufffd"
LONGEST_TEXT = 20_000


def clean_text(text: str, *, lines: bool = False) -> str:
    """Text without invisible characters at its ends; with `lines` it may have several, else runs of spaces become one.

    Refuses control characters, marks that turn the reading direction, and halves of characters, wherever they stand.
    """
    if len(text) > LONGEST_TEXT:
        raise ValidationError(_("This is far too long."))
    text = text.replace("\r\n", "\n").replace("\r", "\n") if lines else text
    text = text.strip().strip(_INVISIBLE).strip()
    for char in text if not text.isprintable() or _REPLACED in text else "":
        if lines and char in "\n\t\u200d":
            continue
        if char in _INVISIBLE:
            raise ValidationError(_("There is an invisible character in it: type the text instead of pasting it."))
        if char == _REPLACED or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"):
            sentence = _("There is a character in it that cannot be read: type the text instead of pasting it.")
            raise ValidationError(sentence)
    return text if lines else re.sub(r"\s+", " ", text)


# Characters without width that change neither what is read nor its order; they mean something in texts alone.
_WEIGHTLESS = dict.fromkeys([0xAD, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])


def clean_code(text: str) -> str:
    """What is no text – an address, a domain, a number –, without what pasting brings along, wherever it stands.

    A mark that turns the reading direction is refused inside it: there what is read would be something else.
    """
    return clean_text(text if len(text) > LONGEST_TEXT else drop_weightless(text))


def drop_weightless(text: str) -> str:
    return text.translate(_WEIGHTLESS)


# --- Names -----------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"://|\bwww\.|@|/\w+/", re.IGNORECASE)
# One letter before the dot may be an initial ("J.De Smet"), unless it goes on like an address: "x.com", "t.co/…".
_DOMAIN = re.compile(r"(?<![\w-])(?:[\w-]{2,}\.[^\W\d_]{2,}|\w\.(?:[a-z]{2,}\b|[^\W\d_]{2,}/))")
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff61\u2024\ufe52", "."))
LEGAL_FORMS = {
    *("bv", "bvba", "ebvba", "nv", "cv", "cvba", "cvoa", "vof", "commv", "commva", "gcv", "vzw", "ivzw", "se"),
    *("srl", "sprl", "sa", "sc", "scrl", "snc", "scs", "sca", "asbl", "aisbl", "stichting", "vereniging"),
    *("maatschap", "eenmanszaak", "gmbh", "ag", "kg", "ohg", "ug", "gbr", "ev", "ek"),
    *("sas", "sasu", "sarl", "sàrl", "eurl", "sci", "scop", "ltd", "llc", "inc", "plc"),
}


# Two letters apart may be a name ("A B bv"); three are one word, spelt.
_SPACED = 3


# Whom a stranger might pose as, in a mail that Arxus sends for them.
_POSING = re.compile(r"arxus|microsoft|service ?desk|help ?desk", re.IGNORECASE)


def clean_person_name(text: str) -> str:
    """A first or last name: letters, and what stands between them; no address, no picture, nobody else's (R18)."""
    name = refuse_addresses(clean_text(text))
    if found := _POSING.search(unicodedata.normalize("NFKC", name)):
        raise ValidationError(_("“%(found)s” is no name of a person: leave it out.") % {"found": found.group()})
    for char in name:
        if unicodedata.category(char)[0] == "S" and char not in "`´":
            raise ValidationError(_("Leave out “%(char)s”: a name is written in letters.") % {"char": char})
    if not any(char.isalpha() for char in name):
        raise ValidationError(_("Write the name in letters."))
    return name


def person_sort_name(first_name: str, last_name: str) -> str:
    """By what contacts are sorted. Folding may lengthen a name, so what the column cannot hold is left out."""
    return sort_key(f"{last_name} {first_name}")[:101]


def company_sort_name(legal_name: str) -> str:
    """By what companies are sorted and found."""
    return sort_key(legal_name)[:255]


def refuse_addresses(text: str) -> str:
    """The text, if nothing in it can be read as the address of a page or a mailbox (R18)."""
    # A dot is a dot, however wide it is: "evil．example".
    read = unicodedata.normalize("NFKC", text).translate(_DOTS)
    if _ADDRESS.search(read):
        raise ValidationError(_("Leave out web and e-mail addresses."))
    if found := _DOMAIN.search(read):
        sentence = _("“%(found)s” reads as a web address: leave it out, or put a space after the dot.")
        raise ValidationError(sentence % {"found": found.group()})
    return text


def clean_legal_name(text: str) -> str:
    """The name of a company as registered: not just a legal form, one repeated character, or spaced letters."""
    name = clean_text(text)
    # "Booking.com B.V." is registered so: one domain, as the first word.
    first, _space, rest = name.partition(" ")
    refuse_addresses(f"{'' if _DOMAIN.fullmatch(first) and not _ADDRESS.search(first) else first} {rest}")
    if any(unicodedata.category(char) == "So" or char in "<>" for char in name):
        raise ValidationError(_("Write the name as it is registered, in letters and digits."))
    words = [word for word in name.casefold().split() if word.replace(".", "").strip(",()") not in LEGAL_FORMS]
    letters = "".join(char for char in "".join(words) if char.isalnum())
    if not letters or letters in LEGAL_FORMS:
        raise ValidationError(_("Write the whole name as it is registered, not only the legal form."))
    if len(name) == 1 or (len(letters) > 1 and len(set(letters)) == 1):
        raise ValidationError(_("Write the whole name as it is registered, not one character."))
    if len(words) >= _SPACED and all(len(word) == 1 and word.isalpha() for word in words):
        sentence = _("Write the letters without spaces between them, such as %(name)s.")
        raise ValidationError(sentence % {"name": letters.upper()})
    return name


# --- Places and phones -----------------------------------------------------------------------------------------------

_POSTAL_CODES = {
    "BE": (r"[1-9][0-9]{3}", "9300"),
    "NL": (r"[1-9][0-9]{3} ?[A-Z]{2}", "1012 AB"),
    "LU": (r"[0-9]{4}", "1009"),
    "FR": (r"[0-9]{5}", "59000"),
    "DE": (r"[0-9]{5}", "52062"),
}
_PHONES = {
    "BE": "053 00 00 20",
    "NL": "020 123 4567",
    "LU": "27 12 34 56",
    "FR": "01 23 45 67 89",
    "DE": "030 123456",
}


_LONGEST_NUMBER = 40


def clean_postal_code(country: str, text: str) -> str:
    """The code as the country writes it, without the country before it ("B-9300")."""
    pattern, example = _POSTAL_CODES[country]
    code = re.sub(r"^(BE?|NL?|LU?|FR?|DE?)[ -]+", "", clean_code(text).upper())
    if not re.fullmatch(pattern, code):
        sentence = _("Write the postal code as in %(example)s.")
        if country == "BE":
            sentence = _("Write the four digits of the postal code, such as %(example)s; it does not begin with a 0.")
        raise ValidationError(sentence % {"example": example})
    return f"{code[:4]} {code[-2:]}" if country == "NL" else code


def clean_phone(text: str, country: str = "BE") -> str:
    """The number in E.164 ("+3253000020"); without a + it is one of the country."""
    text = clean_code(text)
    number = to_python(text, region=country) if len(text) <= _LONGEST_NUMBER else None
    if not number or not number.is_valid() or number.extension:
        sentence = _("Write the number with its area code, such as %(example)s, or with its country, such as +32 …")
        raise ValidationError(sentence % {"example": _PHONES.get(country, _PHONES["BE"])})
    return number.as_e164


def phone_in_words(number: str) -> str:
    """A phone number as people read it, +32 53 00 00 20, which no line breaks."""
    known = to_python(number)
    return known.as_international.replace(" ", "\xa0") if known and known.is_valid() else number


# --- E-mail addresses ------------------------------------------------------------------------------------------------

_LONGEST_ADDRESS, _LONGEST_DOMAIN = 254, 253
_NO_MAIL = {"arpa", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion"}
_valid_ascii = EmailValidator()


def clean_email(text: str) -> str:
    """One address with a plausible domain, in lower case, its domain in ASCII ("münchen.example" as "xn--…") (R16)."""
    address = clean_code(text)
    _refuse_several(address)
    local, _at, domain = address.rpartition("@")
    if not local or not domain:
        raise ValidationError(_("Write a whole e-mail address, such as an.desmet@company.example."))
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+", local):
        sentence = _("Before the @ stand only letters without accents, digits and signs such as dot, plus and hyphen.")
        raise ValidationError(sentence)
    cleaned = f"{local.lower()}@{clean_domain(domain)}"
    if len(cleaned) > _LONGEST_ADDRESS:
        raise ValidationError(_("An e-mail address has at most 254 characters."))
    try:
        _valid_ascii(cleaned)
    except ValidationError:
        raise ValidationError(_("Look at the dots: none stands first, last, or beside another.")) from None
    return cleaned


def _refuse_several(address: str) -> None:
    if found := re.fullmatch(r"[^@,;\s]+@[^@,;\s]+,\s?([A-Za-z]{2,})", address):
        sentence = _("Write a dot before “%(end)s”, not a comma.")
        raise ValidationError(sentence % {"end": found.group(1)})
    if address.count("@") > 1 or re.search(r"[,;]", address):
        raise ValidationError(_("Write one address only."))
    if re.search(r"[<>\"():\\\[\]]", address):
        raise ValidationError(_("Write only the address itself, without a name, quotes or brackets."))
    if re.search(r"\s", address):
        raise ValidationError(_("Leave out the spaces."))


def clean_domain(text: str) -> str:
    """A domain that can receive mail, in lower-case ASCII."""
    domain = clean_code(text).lower().removeprefix("@")
    if "@" in domain:
        raise ValidationError(_("Write only the domain: what stands after the @."))
    try:
        ascii_domain = domain.encode("idna").decode() if len(domain) <= 253 else ""
    except UnicodeError:
        ascii_domain = ""
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    plausible = re.fullmatch(rf"({label}\.)+([a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})", ascii_domain)
    if not plausible or ascii_domain.rpartition(".")[2] in _NO_MAIL:
        sentence = _("“%(domain)s” cannot receive mail: write a domain such as company.example.")
        raise ValidationError(sentence % {"domain": domain[:80]})
    return ascii_domain


def domain_of(email: str) -> str:
    """The domain of an address, in lower case."""
    return email.rpartition("@")[2].lower()


def is_public_mailbox(email: str) -> bool:
    """Whether anybody can have an address there: a warning to the reviewer, and no proof of belonging anywhere."""
    return domain_of(email) in PUBLIC_MAILBOXES


def has_domain_of(email: str, company: Company) -> bool:
    """Whether the address is at a mail domain of the company, exactly; public providers belong to nobody (T16)."""
    return domain_of(email) in company.email_domains and not is_public_mailbox(email)


# --- Whose people ----------------------------------------------------------------------------------------------------


# Other apps append what names a contact, as sentences ("TR-26-7K4MQ names them as technical contact."): whoever
# archives the contact reads them first.
NAMED_IN: list[Callable[[Contact], Iterable[str]]] = []
# The same for whatever is done and goes on: a sentence, and the address where somebody else is named.
CONTACT_OF: list[Callable[[Contact], Iterable[tuple[str, str]]]] = []


@dataclass(frozen=True)
class SentWith:
    """Something that was sent and keeps a contact as they were then: `line` says what, `address` is where the person is
    corrected there, and `outdated` says what follows from a name or an address that is another one now, or is empty."""

    line: str
    address: str
    outdated: str


# The same for whoever edits a contact, or their own account: what was sent does not follow by itself (R25, R26).
SENT_WITH: list[Callable[[Contact | User], Iterable[SentWith]]] = []


def sent_with(who: Contact | User) -> list[SentWith]:
    """What was sent and keeps somebody as they were then."""
    return [sent for named in SENT_WITH for sent in named(who)]


def is_partners_own(who: Contact | str, partner: Company) -> bool:
    """R12: a contact of the partner, an address of its users or contacts, or one at its mail domains."""
    if isinstance(who, Contact) and who.company_id == partner.pk:
        return True
    email = who.email if isinstance(who, Contact) else who
    return email in partners_own([email], partner)


def partners_own(emails: Iterable[str], partner: Company) -> set[str]:
    """Those of these addresses that are the partner's own (R12), by one query at most."""
    emails = set(emails)
    own = {email for email in emails if has_domain_of(email, partner)}
    if others := emails - own:
        users = Membership.objects.filter(company=partner, user__email__in=others).values_list("user__email")
        contacts = Contact.objects.filter(company=partner, email__in=others).values_list("email")
        own |= {email for (email,) in users.order_by().union(contacts.order_by())}
    return own

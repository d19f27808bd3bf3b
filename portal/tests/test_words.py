"""The words of DOMAIN.md §8 in three languages: pages are in English for now, catalogues know what they will say."""

from functools import cache

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

WORDS = [
    ("You are working for", "U werkt nu voor", "Vous travaillez pour"),
    ("Switch to this company", "Naar dit bedrijf wisselen", "Passer à cette entreprise"),
    ("Create a new tenant", "Nieuwe tenant aanmaken", "Créer un nouveau tenant"),
    ("Connect an existing tenant", "Bestaande tenant aansluiten", "Rattacher un tenant existant"),
    ("Send to Arxus for %(company)s", "Naar Arxus sturen voor %(company)s", "Envoyer à Arxus pour %(company)s"),
    ("Statements accepted", "Aanvaarde verklaringen", "Déclarations acceptées"),
    ("Could not be checked yet.", "Kon nog niet worden nagegaan.", "Pas encore vérifiable."),
    ("The customer knows Arxus", "De klant kent Arxus", "Le client connaît Arxus"),
    (
        "Only through us: the customer does not know Arxus",
        "Alleen via ons: de klant kent Arxus niet",
        "Uniquement par nous : le client ne connaît pas Arxus",
    ),
    (
        "Commercial contact (may sign)",
        "Commerciële contactpersoon (tekenbevoegd)",
        "Contact commercial (habilité à signer)",
    ),
    ("Kept informed", "Blijft op de hoogte", "Tenu informé"),
    (
        "Called for security incidents",
        "Te verwittigen bij beveiligingsincidenten",
        "À prévenir en cas d’incident de sécurité",
    ),
]


@pytest.mark.parametrize(("english", "dutch", "french"), WORDS)
def test_the_words_that_mislead_nobody(english: str, dutch: str, french: str) -> None:
    said = []
    for language in ("nl", "fr"):
        with override(language):
            said.append(gettext(english).replace("\xa0", " "))

    assert said == [dutch, french]
    assert english.replace("%(company)s", "{{ company }}") in _sources()


@cache
def _sources() -> str:
    """What pages are made of, so that no word above outlives its page."""
    templates = settings.BASE_DIR.glob("templates/**/*.html")
    modules = [file for file in settings.BASE_DIR.glob("*/**/*.py") if not {"tests", ".venv"} & {*file.parts}]
    return "\n".join(file.read_text() for file in [*templates, *modules])

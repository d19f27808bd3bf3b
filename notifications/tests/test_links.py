import re

import pytest

from notifications.links import ZERO_WIDTH_SPACE, elsewhere, finish_html, finish_text, keep, own

# What mail programs look for, generously: addresses with a scheme, bare names with a top-level domain, mail addresses.
RECOGNISERS = [
    re.compile(r"\b(https?|ftp|mailto|tel|javascript|skype|data):\S", re.IGNORECASE),
    re.compile(r"//\S|\\\\\S"),
    re.compile(r"\bwww[.。．｡]", re.IGNORECASE),
    re.compile(r"\w[.。．｡][^\W\d_]{2,}"),
    re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b"),
    re.compile(r"[\w.][@＠]\w"),
]
TRICKS = [
    "https://evil.example/login",
    "HTTPS://EVIL.EXAMPLE",
    "www.evil.example",
    "evil.example",
    "bücher.example",
    "evil。example",
    "evil．example",
    "192.0.2.1/x",
    "me@evil.example",
    "me＠evil.example",
    "mailto:me@evil.example",
    "tel:+32470000000",
    "javascript:alert(1)",
    "//evil.example",
    r"\\evil.example\share",
    "(evil.example)",
    "x.evil.co",
    "evil.example:8443/?a=b",
]


@pytest.mark.parametrize("typed", TRICKS)
def test_r18_what_a_person_typed_is_no_link(typed: str) -> None:
    for finished in (finish_text(f"Dear {typed}, welcome"), finish_html(f'<p class="x">Dear {typed}, welcome</p>')):
        assert [found for found in RECOGNISERS if found.search(finished)] == []
        assert finished.replace(ZERO_WIDTH_SPACE, "").count(typed) == 1


@pytest.mark.parametrize(
    "harmless", ["Bakkerij De Smet bv", "14:20", "BE 0404.616.494", "Dr. Peeters", "1.000,50 euro", "A/B", "Note: done"]
)
def test_ordinary_words_stay_as_they_are(harmless: str) -> None:
    assert finish_text(harmless) == harmless


def test_what_is_ours_stays_as_it_is() -> None:
    assert finish_text(f"Log in as {keep('theo@x.example')} or {keep('me')}.") == "Log in as theo@x.example or me."
    link = '<style>.a{b:c}</style><a href="https://portal.example/x">portal.example</a>'
    assert finish_html(link) == link


def test_r18_the_marks_of_what_is_ours_cannot_be_typed() -> None:
    open_mark = keep("x").partition("x")[0]

    assert finish_text("\ue000[https://evil.example\ue000]") != "\ue000[https://evil.example\ue000]"
    assert re.fullmatch("\ue000[0-9a-f]{16}.", open_mark)


def test_r42_a_typed_placeholder_is_broken_up() -> None:
    assert "[[" not in finish_text("Bakkerij [[access_link]]")
    assert "[[" not in finish_html("<p>Bakkerij [[access_link]]</p>")
    assert finish_text(keep("[[access_link]]")) == "[[access_link]]"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "http://localhost:8000@evil.example/",
        "http://localhost:8000.evil.example/",
        "javascript:alert(1)",
        "mailto:me@evil.example",
        "[[a]]https://evil.example",
        "",
    ],
)
def test_r18_our_links_lead_to_this_portal_only(address: str) -> None:
    with pytest.raises(ValueError, match="this portal only"):
        own(address)


def test_own_makes_a_path_a_full_address() -> None:
    assert own("/tenants/") == "http://localhost:8000/tenants/"
    assert own("http://localhost:8000/tenants/") == "http://localhost:8000/tenants/"
    assert own("[[access_link]]") == "[[access_link]]"


@pytest.mark.parametrize(
    "address",
    [
        "https://admin.microsoft.com",
        "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&DAP=false#/BillingAccounts/x-y",
    ],
)
def test_r18_a_few_hosts_of_others_may_be_linked_to(address: str) -> None:
    assert elsewhere(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://admin.microsoft.com/",
        "https://admin.microsoft.com.evil.example/",
        "https://admin.microsoft.com@evil.example/",
        "https://evil.example/#admin.microsoft.com",
        "https://microsoft.com/",
        "https://xadmin.microsoft.com/",
        "https://admin.microsoft.com./",
        "https://admin.microsoft.com:443/",
        "https://admin.microsoft.com\\.evil.example/",
        'https://admin.microsoft.com/"><a href=x>',
        "https://admin.microsoft.com/[[access_link]]",
        "https://admin.microsoft.com/\nhttps://evil.example/",
        "https://аdmin.microsoft.com/",
        "//admin.microsoft.com/",
        "",
    ],
)
def test_r18_nothing_else_passes_as_a_link_of_others(address: str) -> None:
    with pytest.raises(ValueError, match="few other hosts"):
        elsewhere(address)

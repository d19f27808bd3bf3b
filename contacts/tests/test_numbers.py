import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from contacts.numbers import display, normalise_enterprise_number


@pytest.mark.parametrize(
    ("country", "text", "number"),
    [
        ("BE", "BE0404616494", "BE0404616494"),
        ("BE", "0404.616.494", "BE0404616494"),
        ("BE", "BE 0404 616 494", "BE0404616494"),
        ("BE", "be-404616494", "BE0404616494"),
        ("BE", "404.616.494", "BE0404616494"),
        ("BE", " 0404.616.494\n", "BE0404616494"),
        ("NL", "NL004495445B01", "NL004495445B01"),
        ("NL", "0044.95.445.B01", "NL004495445B01"),
        ("NL", "1234 5678", "NL12345678"),
        ("LU", "LU 150 274 42", "LU15027442"),
        ("LU", "B123456", "LUB123456"),
        ("FR", "Fr 40 303 265 045", "FR40303265045"),
        ("FR", "303 265 045", "FR303265045"),
        ("FR", "303265045 ", "FR303265045"),
        ("DE", "DE 136 695 976", "DE136695976"),
    ],
)
def test_number_is_kept_in_one_form(country: str, text: str, number: str) -> None:
    assert normalise_enterprise_number(country, text) == number


@pytest.mark.parametrize(
    ("country", "text", "says"),
    [
        ("BE", "0404.616.495", "The check digits do not fit"),
        ("BE", "0404616", "such as 0404.616.494"),
        ("BE", "", "such as 0404.616.494"),
        ("BE", "NL004495445B01", "begins with NL"),
        ("NL", "BE0404616494", "begins with BE"),
        ("BE", "٠٤٠٤٦١٦٤٩٤", "such as 0404.616.494"),
        ("BE", "0404616494\0", "such as 0404.616.494"),
        ("BE", "\ud8000404616494", "such as 0404.616.494"),
        ("BE", "9" * 1_000_000, "such as 0404.616.494"),
        ("FR", "303 265 046", "The check digits do not fit"),
        ("DE", "136695977", "The check digits do not fit"),
    ],
)
def test_number_says_what_to_type(country: str, text: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normalise_enterprise_number(country, text)

    assert says in refused.value.messages[0]


@pytest.mark.parametrize("char", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u00a0"])
def test_number_loses_what_was_pasted_along(char: str) -> None:
    assert normalise_enterprise_number("BE", f"0404.{char}616{char}.494{char}") == "BE0404616494"


@given(country=st.sampled_from(["BE", "NL", "LU", "FR", "DE"]), text=st.text(max_size=60))
def test_t39_any_text_is_a_number_or_a_sentence(country: str, text: str) -> None:
    try:
        number = normalise_enterprise_number(country, text)
    except ValidationError:
        return

    assert number == normalise_enterprise_number(country, number)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("BE0404616494", "BE 0404.616.494"),
        ("FR40303265045", "FR 40 303 265 045"),
        ("FR303265045", "FR 303 265 045"),
        ("NL004495445B01", "NL 004495445B01"),
    ],
)
def test_number_is_shown_as_people_write_it(number: str, shown: str) -> None:
    assert display(number) == shown

from contacts.models import sort_key


def test_sort_key_puts_accents_beside_their_letter() -> None:
    names = ["Zoë", "alpha", "Élan", "elan b"]

    assert sorted(names, key=sort_key) == ["alpha", "Élan", "elan b", "Zoë"]

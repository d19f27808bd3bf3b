"""The people of the demo, as bin/up names them; seed_demo makes them."""

from dataclasses import dataclass

# The demo runs on localhost only (portal/settings.py sees to it): its password is no secret.
PASSWORD = "four plain words here"  # noqa: S105


@dataclass(frozen=True)
class Login:
    email: str
    first_name: str
    last_name: str
    who: str


LOGINS = (
    Login("alice@nordwave.example", "Alice", "Peeters", "partner Nordwave IT, may do everything"),
    Login("bob@nordwave.example", "Bob", "Claes", "her colleague, may only read"),
    Login("mallory@cloudhoek.example", "Mallory", "Maes", "rival partner Cloudhoek"),
    Login("vera@valora.example", "Vera", "Wouters", "Value Add Partner Valora"),
    Login("sam@arxus.example", "Sam", "De Wolf", "Arxus, validates requests (admin)"),
    Login("kim@arxus.example", "Kim", "Janssens", "Arxus, leads the validators (admin)"),
)

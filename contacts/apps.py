from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = "People and companies"

    def ready(self) -> None:
        from contacts.current import choose_at_login
        from contacts.seal import forget_others_typing

        # Django's own hook for every way in, so that no way in is forgotten.
        user_logged_in.connect(choose_at_login)
        user_logged_in.connect(forget_others_typing)

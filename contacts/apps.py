from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = "People and companies"

    def ready(self) -> None:
        from contacts import access_links, account_mails, invitations, value_add
        from contacts.current import choose_at_login
        from contacts.seal import forget_others_typing
        from contacts.staff import make_partner_keepers
        from notifications import outbox

        # Django's own hook for every way in, so that no way in is forgotten.
        user_logged_in.connect(choose_at_login)
        user_logged_in.connect(forget_others_typing)
        # Permissions are made after migrating, and so is a group that holds them.
        post_migrate.connect(make_partner_keepers, sender=self)
        outbox.GUARDS.extend([account_mails.withhold, access_links.withhold, invitations.withhold])
        outbox.REFUSALS.append(value_add.withhold)
        outbox.PLACEHOLDERS["access_link"] = access_links.fill_address
        outbox.PLACEHOLDERS["access_link_until"] = access_links.fill_until

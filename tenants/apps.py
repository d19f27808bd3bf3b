from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Tenants"

    def ready(self) -> None:
        from tenants.staff import make_staff_groups

        # Django makes permissions after migrating, so groups that hold them can only be made then.
        post_migrate.connect(make_staff_groups, sender=self)

        from contacts import access_links, activities, colleagues, current, people, relation, seal
        from contacts import value_add as contacts_value_add
        from notifications import outbox
        from tenants import lost_mails, value_add
        from tenants.access import asked_by
        from tenants.history import acts_of
        from tenants.ownership import hand_over, in_hand
        from tenants.persons import contact_of, named_as, named_in, sent_with
        from tenants.relation import held
        from tenants.review import acts
        from tenants.staff_mails import yesterdays
        from tenants.still_true import contradiction
        from tenants.views import opens
        from tenants.words import without_password

        outbox.GUARDS.append(contradiction)
        outbox.GUARDS.append(yesterdays)
        outbox.REFUSALS.append(value_add.withhold)
        outbox.AGAIN.append(acts.from_the_list_of_mails)
        outbox.CAME_BACK_AT.append(lost_mails.page_of)
        access_links.ORIGINS.append(asked_by)
        people.NAMED_IN.append(named_in)
        people.CONTACT_OF.append(contact_of)
        people.SENT_WITH.append(sent_with)
        relation.HELD.append(held)
        colleagues.IN_HAND.append(in_hand)
        colleagues.NAMED_AS.append(named_as)
        colleagues.HAND_OVER.append(hand_over)
        activities.TRAILS.append(acts_of)
        current.OPENS.append(opens)
        seal.KEEPERS.append(without_password)
        contacts_value_add.NAMED_AT.append(value_add.named_at)

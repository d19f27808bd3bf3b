"""Stock remarks of the demo, as a validation lead would keep them."""

from tenants.models import StockRemark

# Title, field, English, Dutch, French.
REMARKS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "Name taken at Microsoft",
        "tenant.tenant_name",
        "Microsoft already has a tenant called {tenant}. Choose another name; it can never be changed afterwards.",
        "Microsoft heeft al een tenant met de naam {tenant}. Kies een andere naam; hij kan achteraf nooit meer"
        " gewijzigd worden.",
        "Microsoft a déjà un tenant nommé {tenant}. Choisissez un autre nom ; il ne pourra plus jamais être modifié.",
    ),
    (
        "Name does not fit the customer",
        "tenant.tenant_name",
        "We do not recognise {customer} in the name {tenant}. Choose a name that fits the company, or tell us in the"
        " message why it has to be this one.",
        "We herkennen {customer} niet in de naam {tenant}. Kies een naam die bij het bedrijf past, of leg in het"
        " bericht uit waarom het deze moet zijn.",
        "Nous ne reconnaissons pas {customer} dans le nom {tenant}. Choisissez un nom qui convient à l’entreprise, ou"
        " expliquez-nous dans le message pourquoi ce doit être celui-ci.",
    ),
    (
        "Mandate: reference not found",
        "contacts.authority_reference",
        "We cannot find this mandate. Write the reference as it stands on the document, with its date.",
        "We vinden dit mandaat niet terug. Noteer de referentie zoals ze op het document staat, met de datum.",
        "Nous ne retrouvons pas ce mandat. Indiquez la référence telle qu’elle figure sur le document, avec sa date.",
    ),
    (
        "Commercial contact may not sign",
        "contacts.commercial",
        "According to the company register this person may not sign for {customer}. Name somebody who may, or add"
        " the reference of a mandate.",
        "Volgens het ondernemingsregister mag deze persoon niet tekenen voor {customer}. Kies iemand die dat wel mag,"
        " of vul de referentie van een mandaat in.",
        "Selon le registre des entreprises, cette personne ne peut pas signer pour {customer}. Désignez une personne"
        " qui le peut, ou ajoutez la référence d’un mandat.",
    ),
    (
        "Legal name differs from the register",
        "customer.legal_name",
        "The register has another legal name for this number. Correct it on the customer’s page, then confirm the"
        " details again.",
        "In het register staat bij dit nummer een andere naam. Pas de naam aan op de pagina van de klant en bevestig"
        " daarna de gegevens opnieuw.",
        "Le registre indique une autre dénomination pour ce numéro. Corrigez-la sur la page du client, puis confirmez"
        " à nouveau les données.",
    ),
    (
        "Phone does not answer",
        "microsoft.primary_phone",
        "We cannot reach anybody at this number. Check it, or give another one.",
        "We krijgen niemand te pakken op dit nummer. Kijk het na of geef een ander nummer op.",
        "Nous ne joignons personne à ce numéro. Vérifiez-le ou indiquez-en un autre.",
    ),
    (
        "Domain belongs to another tenant",
        "existing.domain",
        "At Microsoft this domain belongs to another tenant than the one you mean. Ask the customer’s administrator"
        " which domain is right.",
        "Bij Microsoft hoort dit domein bij een andere tenant dan u bedoelt. Vraag de beheerder van de klant welk"
        " domein het juiste is.",
        "Chez Microsoft, ce domaine appartient à un autre tenant que celui que vous visez. Demandez à l’administrateur"
        " du client quel est le bon domaine.",
    ),
    (
        "Customer unsure about the request",
        "",
        "Somebody at {customer} told us that they know nothing of {number}. Settle it with them, then send the request"
        " again or withdraw it.",
        "Iemand bij {customer} liet ons weten niets van {number} af te weten. Stem het met hen af en stuur de aanvraag"
        " dan opnieuw, of trek ze in.",
        "Quelqu’un chez {customer} nous a signalé ne rien savoir de {number}. Voyez cela avec eux, puis renvoyez la"
        " demande ou retirez-la.",
    ),
)


def make_stock_remarks() -> None:
    """Write them down; does nothing where there are some."""
    if StockRemark.objects.exists():
        return
    StockRemark.objects.bulk_create(
        StockRemark(title=title, field=field, text_en=en, text_nl=nl, text_fr=fr, position=10 * (at + 1))
        for at, (title, field, en, nl, fr) in enumerate(REMARKS)
    )

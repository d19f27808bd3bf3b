"""Every request of the demo: one in each status and each predicament, filed and decided by the verbs alone."""

from contacts.models import Company
from tenants import deadlines, lost_mails, unused_links, waiting
from tenants.demo import being_checked, being_set_up, ended, filing, with_partner
from tenants.demo.directory import bring
from tenants.demo.filing import Case, Scene
from tenants.models import TenantRequest

CASES: tuple[Case, ...] = (*being_checked.CASES, *with_partner.CASES, *being_set_up.CASES, *ended.CASES)


def make_requests(scene: Scene) -> int:
    """File them; says how many there were to file. A customer that has requests is left as it is."""
    partners = {company.email_domains[0]: company for company in Company.objects.filter(kind=Company.Kind.PARTNER)}
    untouched = {}
    for case in CASES:
        company, _made = filing.make_customer(case.customer, partners[case.partner])
        untouched[case] = not TenantRequest.objects.filter(company=company).exists()
    todo = [case for case in CASES if untouched[case]]
    if todo:
        bring(scene.sam)
    for case in todo:
        case.make(scene, case)
    if todo:
        _what_schedulers_do()
    return len(todo)


def _what_schedulers_do() -> None:
    """So that what was due by now has been told when somebody looks."""
    deadlines.remind()
    deadlines.warn_of_drafts()
    unused_links.remind()
    waiting.remind()
    lost_mails.tell()

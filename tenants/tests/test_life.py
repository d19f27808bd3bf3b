"""The life of a request, driven by Hypothesis: whatever people and timers do, in whatever order, the rules hold.

Quick and the same each time in the usual run. To look further, with other lives each time:

    LIFE_EXAMPLES=500 bin/test tenants/tests/test_life.py

A life that breaks a rule is printed step by step, with a `@reproduce_failure` line.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conftest import make_company, make_contact, make_user
from contacts import colleagues, relation
from contacts.acting import Acting
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.tests.smtp_sink import Sink
from tenants import (
    assignment,
    corrections,
    deadlines,
    drafts,
    lost_mails,
    new_contacts,
    objection_links,
    objections,
    ownership,
    stopping,
    unused_links,
    waiting,
    workflow,
)
from tenants import relation as changing
from tenants.models import Kind, Remark, TenantRequest, Transition
from tenants.named import PLACES
from tenants.questions import details_fingerprint
from tenants.review import acts, digests
from tenants.tests.conftest import ALL_TICKED, EXISTING, LINK, answers_for, made_at_microsoft
from tenants.tests.life import World, everything

EXAMPLES = int(os.environ.get("LIFE_EXAMPLES", "0"))
# DOMAIN §6, and naming another person (R26): who leads from where to where.
TABLE = {
    "submit": ("partner", {"draft", "changes_requested"}, "to_validate"),
    "withdraw": ("partner", {"to_validate", "changes_requested", "registering"}, "withdrawn"),
    "name_another": ("partner", {"to_validate", "registering"}, "changes_requested"),
    "request_changes": ("staff", {"to_validate", "registering"}, "changes_requested"),
    "reject": ("staff", {"to_validate", "registering"}, "rejected"),
    "approve": ("staff", {"to_validate"}, "registering"),
    "register": ("staff", {"registering"}, "registered"),
    "fail": ("staff", {"registering"}, "to_validate"),
    "cancel": ("staff", {"registering"}, "withdrawn"),
    "reopen": ("staff", {"rejected"}, "to_validate"),
    "correct_registration": ("lead", {"registered"}, "registered"),
}
# How lives begin: from each place in the table, so that even few of them get everywhere.
OPENINGS: tuple[tuple[str, ...], ...] = (
    (),
    ("submit",),
    ("submit", "request_changes"),
    ("submit", "reject"),
    ("submit", "reject", "reopen"),
    ("submit", "approve"),
    ("submit", "approve", "invite", "correct"),
    ("submit", "approve", "fail"),
    ("submit", "approve", "cancel"),
    ("submit", "approve", "register"),
    ("submit", "approve", "register", "correct_registration"),
)
STAFF_VERBS = [verb for verb, (by, *_rest) in TABLE.items() if by != "partner"]
# "owner" and "keeper" are whoever owns it and whoever has it, so that most lives get somewhere.
# Whoever may do nothing here: deactivated, of the customer, or with the right to edit customers alone.
POWERLESS = ("gone", "own", "keeper_of_customers")
PARTNERS = st.sampled_from([*["owner"] * 8, "chief", "colleague", "bob", "mallory", "sam", *POWERLESS])
STAFF = st.sampled_from([*["keeper"] * 8, "sam", "kim", "chief", *POWERLESS])
MOSTLY = st.sampled_from([True, True, True, False])
PEOPLE = ["theo", "an", "els", "tess", "kurt", "chief", "colleague"]
NAMED = st.sampled_from(PEOPLE)
GROUND = {"authority": "mandate", "authority_reference": "VM-2026-020", "authority_date": "20 11 2026"}
PLACE = st.sampled_from(["technical", "commercial", "watchlist"])


def step(**drawn: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule, after which the mails that are due leave, or not yet."""

    def _step(do: Callable[..., None]) -> Any:
        @wraps(do)
        def doing(self: "Life", mails_leave: bool, **said: Any) -> None:
            before = everything() if said.get("who") in POWERLESS else None
            do(self, **said)
            assert before in (None, everything()), f"{do.__name__} by {said['who']} changed something"
            if mails_leave:
                self.world.deliver()

        return rule(mails_leave=st.booleans(), **drawn)(doing)

    return _step


class Life(RuleBasedStateMachine):
    """A partner's customer with its requests; `relation`, kind and people differ from life to life."""

    def __init__(
        self, sink: Sink, cast: dict[str, User], seen: set[str], *, vap: bool, opening: tuple[str, ...]
    ) -> None:
        """`opening` is what happened when a life begins; `seen` gathers the verbs of all lives."""
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.sink, self.cast, self.counted = sink, dict(cast), 0
        self.seen, self.vap, self.opening = seen, vap, opening
        self.objected = False
        self.now = TenantRequest()  # the one that is looked at, as it stands

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.world.settle()
                self.end()
                self.world.settle()
                self.is_a_path()
        finally:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def end(self) -> None:
        """What is open still ends with every life, so that each asks who hears of an end."""
        by, kim = self.who("colleague"), self.who("kim")
        for at in range(len(self.pks)):
            self.at = at
            found = self.found
            if found.version and not self.act(lambda row=found: workflow.withdraw(row, by=by), by):
                self.act(lambda row=found: assignment.take(row, by=kim))
                said = {"version": found.version, "comment": "The customer stops."}
                self.act(lambda row=found, said=said: workflow.cancel(row, by=kim, **said))

    # The beginning

    @initialize(kind=st.sampled_from(list(Kind)), technical=NAMED, commercial=NAMED)
    def begin(self, kind: Kind, technical: str, commercial: str) -> None:
        vap = self.vap
        kind = Kind.ONBOARD if "invite" in self.opening else kind
        name = "valora" if vap else "nordwave"
        partner = Company.objects.get(email_domains=[f"{name}.example"])
        self.cast["chief"] = self.cast["vera" if vap else "alice"]
        self.cast["colleague"] = make_user(f"carl@{name}.example", "Carl", "Thys", phone="+32470000045")
        Membership.objects.create(user=self.cast["colleague"], company=partner, groups=[Group.TENANTS])
        gone = make_user(f"gus@{name}.example", "Gus", "Thys", is_active=False)
        Membership.objects.create(user=gone, company=partner, groups=[Group.FULL])
        cora = make_user(f"cora@{name}.example", "Cora", "Thys")
        Membership.objects.create(user=cora, company=partner, groups=[Group.CUSTOMERS])
        self.cast |= {"gone": gone, "keeper_of_customers": cora, "own": make_user("own@studio.example", "Olga", "Roy")}
        self.customer = make_company(
            "Studio Elan bv",
            "BE0451406524",
            partner=partner,
            relation="vap" if vap else "reseller",
            email_domains=["studio.example"],
        )
        if not vap:
            Membership.objects.create(user=self.cast["own"], company=self.customer, groups=[Group.FULL])
        self.contacts = {
            "theo": make_contact(self.customer, "Theo", "Lambert", "theo@studio.example"),
            "an": make_contact(self.customer, "An", "De Smet", "an@studio.example"),
            "els": make_contact(self.customer, "Els", "Roy", "els@private.example"),
            "tess": make_contact(partner, "Tess", "Maes", f"tess@{name}.example"),
            "kurt": make_contact(partner, "Kurt", "Wils", "kurt@elsewhere.example"),
        }
        self.world = World(self.sink, {"theo@studio.example", "an@studio.example", "els@private.example"})
        self.world.customers_people |= {"greta@studio.example", "own@studio.example"}
        if vap:
            technical, commercial = (p if p in PEOPLE[3:] else "tess" for p in (technical, commercial))
        with self.world.clock():
            draft = drafts.start(self.customer, by=self.cast["chief"], kind=kind)
            self.fill(draft, technical, commercial)
        self.pks, self.at = [draft.pk], 0
        for verb in self.opening:
            if verb == "submit":
                self.submit("owner")
            elif verb == "invite":
                self.wait("keeper", "customer")
            elif verb == "correct" and self.found.version:
                self.retype("owner", "administrator", 1, 0)
            elif verb in TABLE:
                self.decision("keeper", verb, prepared=True)

    def fill(self, draft: TenantRequest, technical: str, commercial: str) -> None:
        answers = answers_for(self.customer, self.contacts["tess"], self.contacts["tess"], "studioelan")
        answers["contacts"] |= {"technical": self.ref(technical), "commercial": self.ref(commercial)}
        microsoft = {"primary_email": "an@studio.example", "signatory_email": "an@studio.example"}
        answers["microsoft"] |= microsoft
        if draft.kind == Kind.ONBOARD:
            answers["microsoft"] = {k: v for k, v in answers["microsoft"].items() if k.startswith("signatory")}
            answers["existing"] = EXISTING | {"domain": "studio.example", "admin_email": "greta@studio.example"}
            del answers["tenant"]
        for slug, typed in answers.items():
            drafts.keep_step(draft, slug, typed)

    def ref(self, person: str) -> str:
        if person in self.contacts:
            return f"contact:{self.contacts[person].public_id}"
        return f"user:{self.cast[person].public_id}"

    @property
    def found(self) -> TenantRequest:
        rows = TenantRequest.objects.select_related("company", "partner", "owner", "assignee")
        return rows.get(pk=self.pks[self.at])

    def who(self, role: str) -> User:
        """Somebody of the cast, as the database knows them now."""
        found = self.found
        known = {"owner": found.owner, "keeper": found.assignee or self.cast["sam"]}.get(role) or self.cast[role]
        return User.objects.get(pk=known.pk)

    def act(self, do: Callable[[], Any], by: User | None = None, **how: Any) -> bool:
        return self.world.act(do, by=by, about=self.pks[self.at], **how)

    def count(self) -> int:
        self.counted += 1
        return self.counted

    # The partner

    def submit(self, who: str) -> None:
        found, by = self.found, self.who(who)
        self.act(lambda: workflow.submit(found, by=by, sent=ALL_TICKED), by)

    @step(who=PARTNERS)
    def send(self, who: str) -> None:
        self.submit(who)

    @precondition(lambda self: self.now.status in drafts.EDITABLE)
    @step(who=PARTNERS, place=PLACE, person=NAMED, sends=MOSTLY)
    def answer(self, who: str, place: str, person: str, sends: bool) -> None:
        """Name somebody, confirm the customer, hand a login to one of the partner; then send, or not yet."""
        found = self.found
        if who in POWERLESS:
            # The pages ask for their right before they keep anything.
            self.submit(who)
            return
        with self.world.clock():
            drafts.keep_step(found, "contacts", {place: self.ref(person)}, whole=False)
            company = Company.objects.get(pk=self.customer.pk)
            drafts.keep_step(found, "customer", {"confirmed": details_fingerprint(company)})
        if sends:
            self.submit(who)

    @precondition(lambda self: self.now.status == "changes_requested" and self.now.kind == Kind.ONBOARD)
    @step(admin=st.sampled_from(["greta", "gert"]))
    def answer_another_administrator(self, admin: str) -> None:
        self.world.customers_people.add(f"{admin}@studio.example")
        drafts.keep_step(self.found, "existing", {"admin_email": f"{admin}@studio.example"}, whole=False)
        self.submit("owner")

    @step(who=PARTNERS)
    def withdraw(self, who: str) -> None:
        found, by = self.found, self.who(who)
        self.act(lambda: workflow.withdraw(found, by=by, version=found.version), by)

    @precondition(lambda self: self.now.version)
    @step(who=PARTNERS, place=st.sampled_from(["technical", "commercial", "signatory"]))
    def name_another(self, who: str, place: str) -> None:
        found, by = self.found, self.who(who)
        self.act(lambda: workflow.name_another(found, by=by, place=place, version=found.version), by)

    @precondition(lambda self: self.now.version)
    @step(who=PARTNERS, place=st.sampled_from(["technical", "commercial"]), to=st.integers(0, 2), late=st.booleans())
    def correct(self, who: str, place: str, to: int, late: bool) -> None:
        """A new address, or one that they had before; or a new spelling."""
        found, by = self.found, self.who(who)
        sent = found.submissions.latest("version").data["contacts"][place]
        kind, _colon, public_id = sent["ref"].partition(":")
        if kind == "user":
            return
        contact = Contact.objects.get(public_id=public_id)
        local, _at, domain = contact.email.partition("@")
        new = {"email": f"{local.partition('-')[0]}{f'-{to}' if to else ''}@{domain}"}
        if contact.company_id == self.customer.pk:
            self.world.customers_people.add(new["email"])
        rows = Contact.objects.filter(pk=contact.pk)
        self.act(
            lambda: corrections.correct(
                found,
                PLACES[place],
                by=by,
                version=found.version - late,
                keep=lambda: rows.update(**(new if to or late else {"last_name": f"{contact.last_name}e"})),
            ),
            by,
        )

    @precondition(lambda self: self.now.version)
    @step(
        who=PARTNERS,
        place=st.sampled_from(["administrator", "administrator", "primary", "signatory", "login"]),
        to=st.integers(0, 2),
        late=st.sampled_from([0, 0, 0, 1]),
    )
    def correct_whom_microsoft_knows(self, who: str, place: str, to: int, late: int) -> None:
        """The same of those who were typed; an administrator who was invited is invited anew."""
        self.retype(who, place, to, late)

    def retype(self, who: str, place: str, to: int, late: int) -> None:
        found, by = self.found, self.who(who)
        person = PLACES[place].person(found.submissions.latest("version").data)
        if person is None:
            return
        local, _at, domain = person["email"].partition("@")
        new = {"email": f"{local.partition('-')[0]}-{to}@{domain}"} if to else {}
        new |= {} if to or "last_name" not in person else {"last_name": f"{person['last_name']}e"}
        typed = {name: str((person | new)[part]) for part, name in PLACES[place].typed.items()}
        if new.get("email", "").endswith("@studio.example"):
            self.world.customers_people.add(new["email"])
        invited = found.invitations.count()
        self.act(
            lambda: corrections.correct(found, PLACES[place], by=by, version=found.version - late, typed=typed), by
        )
        if found.invitations.count() > invited:
            self.seen.add("invited anew")

    @step(
        person=st.sampled_from(["theo", "an", "tess", "kurt"]),
        how=st.sampled_from(["archive", "bring_back", "bring_back", "rename", "move"]),
    )
    def edit_a_contact(self, person: str, how: str) -> None:
        """Where contacts are kept, and not as a correction of a request."""
        contact = Contact.objects.get(pk=self.contacts[person].pk)
        moved = f"{contact.email.partition('@')[0].partition('-')[0]}-moved@{contact.email.partition('@')[2]}"
        new: dict[str, dict[str, Any]] = {
            "archive": {"archived_at": self.world.now},
            "bring_back": {"archived_at": None},
            "rename": {"first_name": f"{contact.first_name}s"},
            "move": {"email": moved},
        }
        if how == "move" and contact.company_id == self.customer.pk:
            self.world.customers_people.add(moved)
        Contact.objects.filter(pk=contact.pk).update(**new[how])

    @step(who=PARTNERS, to=st.sampled_from(["chief", "colleague", "bob", "keeper_of_customers", "gone"]))
    def change_owner(self, who: str, to: str) -> None:
        found, by, new = self.found, self.who(who), self.who(to)
        # What the former owner was still to hear, the new one hears, beside that the request is theirs.
        done = self.act(lambda: ownership.change(found, to=new, by=by), by, one_event=False)
        assert not (done and to in POWERLESS), f"R27: {to} owns it, who may do nothing"

    @step(
        who=st.sampled_from(["chief", "chief", "colleague", "bob", "keeper_of_customers"]),
        leaver=st.sampled_from(["colleague", "chief"]),
    )
    def leave(self, who: str, leaver: str) -> None:
        """Somebody stops working for the partner: what they had in hand passes to an administrator (R27)."""
        by, gone = self.who(who), self.who(leaver)
        membership = gone.memberships.first()
        if membership and self.act(lambda: colleagues.end(membership, by=by), one_event=False):
            for found in TenantRequest.objects.filter(pk__in=self.pks).select_related("owner"):
                self.world.knows(found, by.email)

    @precondition(lambda self: self.now.status == "registered")
    @step(who=PARTNERS, technical=NAMED, commercial=NAMED, late=st.sampled_from([0, 0, 0, 1]))
    def change_contacts(self, who: str, technical: str, commercial: str, late: int) -> None:
        found, by = self.found, self.who(who)
        typed = {"technical": self.ref(technical), "commercial": self.ref(commercial)} | GROUND
        version = found.version - late
        self.act(lambda: new_contacts.change(found, by=by, typed=typed, version=version, ticked=ALL_TICKED), by)

    @precondition(lambda self: self.now.status == "registering")
    @step(who=PARTNERS)
    def ask_to_stop(self, who: str) -> None:
        found, by = self.found, self.who(who)
        self.act(lambda: stopping.ask(found, by=by, text="The customer has second thoughts."))

    @precondition(lambda self: self.now.pk and len(self.pks) < 3)
    @step(sends=MOSTLY)
    def copy(self, sends: bool) -> None:
        found, by = self.found, self.who("owner")
        with self.world.clock():
            copied = drafts.start_again(found, by=by)
            if found.status == "registered":
                self.fill(copied, "tess", "tess")
            if found.status not in drafts.FREE:
                if found.kind == Kind.ONBOARD:
                    drafts.keep_step(copied, "existing", {"domain": f"b{copied.pk}.example"}, whole=False)
                else:
                    drafts.keep_step(copied, "tenant", {"tenant_name": f"studio{copied.pk}"}, whole=False)
            company = Company.objects.get(pk=self.customer.pk)
            drafts.keep_step(copied, "customer", {"confirmed": details_fingerprint(company)})
        self.pks.append(copied.pk)
        self.at = len(self.pks) - 1
        if sends:
            self.submit("owner")

    @precondition(lambda self: len(self.pks) > 1)
    @rule()
    def look_at_another(self) -> None:
        self.at = (self.at + 1) % len(self.pks)

    # Arxus

    @precondition(lambda self: self.now.version)
    @step(who=STAFF, verb=st.sampled_from(STAFF_VERBS), prepared=MOSTLY, stale=st.sampled_from([0, 0, 0, 1]))
    def decide(self, who: str, verb: str, prepared: bool, stale: int) -> None:
        self.decision(who, verb, prepared=prepared, stale=stale)

    def decision(self, who: str, verb: str, *, prepared: bool, stale: int = 0) -> None:
        """Decide, mostly as somebody who may: takes it first, and overrides what the checks say."""
        found, by = self.found, self.who(who)
        if prepared and who not in POWERLESS:
            verbs = [
                one for one, (_by, sources, _to) in TABLE.items() if found.status in sources and one in STAFF_VERBS
            ]
            if not verbs:
                return
            verb = verb if verb in verbs else verbs[STAFF_VERBS.index(verb) % len(verbs)]
            by = self.who("kim") if verb == "correct_registration" else by
            if found.assignee is None:
                self.act(lambda: assignment.take(found, by=by))
            self.override(found, by)
            found = self.found
        had = found.assignee
        if self.act(lambda: self.decided(verb, found, by, found.version - stale)):
            assert had == by or verb in ("reopen", "correct_registration"), "R31: decided what somebody else had"
            assert by.email not in found.submissions.latest("version").emails, "R31: decided about oneself"
            assert verb not in ("approve", "register") or self.are_as_sent(found), f"R26: {verb}, with another contact"

    def override(self, found: TenantRequest, by: User) -> None:
        """Every check but the one that nobody may override."""
        found.checks.exclude(kind="people").update(overridden_at=self.world.now, overridden_by=by)

    def are_as_sent(self, found: TenantRequest) -> bool:
        """Whether each contact of the request is still there, with the name and address that it says."""
        said = found.submissions.latest("version").data["contacts"]
        for person in (said[role] for role in said["roles"] if said[role]["ref"].startswith("contact:")):
            row = Contact.objects.get(public_id=person["ref"].removeprefix("contact:"))
            now = {"first_name": row.first_name, "last_name": row.last_name, "email": row.email}
            if row.archived_at or now != {part: person[part] for part in now}:
                return False
        return True

    @step(how_far=st.integers(1, 3))
    def go_on(self, how_far: int) -> None:
        self.lead(how_far)

    def lead(self, how_far: int) -> None:
        """As in the plain case, so that most lives come to their end: sent, approved, registered."""
        for _each in range(how_far):
            found, by = self.found, self.who("keeper")
            if found.status in drafts.EDITABLE:
                self.submit("owner")
            elif found.with_arxus:
                verb = "approve" if found.status == "to_validate" else "register"
                self.act(lambda row=found, by=by: assignment.take(row, by=by))
                self.override(found, by)
                self.act(lambda row=found, by=by, verb=verb: self.decided(verb, row, by, row.version))

    @precondition(lambda self: self.now.status in ("to_validate", "registering"))
    @step(comes=st.sampled_from(["theo", "an", "tess", "kurt"]), place=st.sampled_from(["technical", "commercial"]))
    def another_is_named(self, comes: str, place: str) -> None:
        """Back to the partner, who names somebody else: often enough, and never refused for want of a decision."""
        found, by = self.found, self.who("owner")
        self.act(lambda: workflow.name_another(found, by=by, place=place, version=found.version), by)
        drafts.keep_step(self.found, "contacts", {place: self.ref(comes)}, whole=False)
        self.submit("owner")

    def decided(self, verb: str, found: TenantRequest, by: User, version: int) -> None:
        said: dict[str, Any] = {"comment": "Because of this and that."}
        if verb == "request_changes":
            said["remarks"] = [Remark(field="contacts.technical", text="Is this right?")]
        if verb in ("register", "correct_registration"):
            number = self.count()
            said["tenant"] = made_at_microsoft(
                tenant_id=f"3f9a1c52-0000-4000-8000-{number:012}", domain=f"studio{number}.onmicrosoft.com"
            )
        getattr(workflow, verb)(found, by=by, version=version, **said)

    @precondition(lambda self: self.now.version)
    @step(who=STAFF, to=st.sampled_from(["sam", "kim"]), what=st.sampled_from(["take", "take", "release", "hand_over"]))
    def assign(self, who: str, to: str, what: str) -> None:
        by = self.who(to if what == "take" and who not in POWERLESS else who)
        found, new = self.found, self.who(to)
        acts_ = {
            "take": lambda: assignment.take(found, by=by),
            "release": lambda: assignment.release(found, by=by),
            "hand_over": lambda: assignment.hand_over(found, to=new, by=by, seen=found.assignee_id),
        }
        self.act(acts_[what])

    @precondition(lambda self: self.now.status == "registering")
    @step(who=STAFF, whom=st.sampled_from(["arxus", "microsoft", "customer", "customer", "started", "not_started"]))
    def wait_for(self, who: str, whom: str) -> None:
        self.wait(who, whom)

    def wait(self, who: str, whom: str) -> None:
        found, by = self.found, self.who(who)
        if whom.endswith("started"):
            self.act(lambda: acts.start_at_microsoft(found, by=by, started=whom == "started"))
        else:
            self.act(lambda: waiting.wait_for(found, by=by, version=found.version, whom=whom, link=LINK))

    # Others

    @precondition(lambda self: self.now.version)
    @step(earlier=st.booleans(), place=st.sampled_from(["technical", "commercial"]))
    def object_to(self, earlier: bool, place: str) -> None:
        found = self.found
        sent = found.submissions.earliest("version") if earlier else found.submissions.latest("version")
        email = sent.data["contacts"][place]["email"]
        token = objection_links.address(found, email).rstrip("/").rpartition("/")[2]
        known = objections.find(found.public_id, token)
        assert known
        self.act(lambda: objections.object_to(*known, "I never agreed to this."))
        self.objected = True

    @precondition(lambda self: self.objected)
    @step(who=STAFF)
    def settle(self, who: str) -> None:
        found, by = self.found, self.who(who)
        if objection := found.objections.order_by("settled_at").last():
            self.act(lambda: objections.settle(objection, by=by, reason="We called them."))

    @precondition(lambda self: self.now.version)
    @step(who=STAFF, which=st.integers(0, 40), what=st.sampled_from([acts.send_again, acts.came_back, acts.not_back]))
    def see_to_a_mail(self, who: str, which: int, what: Callable[..., Any]) -> None:
        """Staff send one once more, write down that it came back, or take that back."""
        found, by = self.found, self.who(who)
        if mails := OutgoingEmail.objects.filter(about=f"tenant_request:{found.pk}").order_by("created_at", "pk"):
            self.act(lambda: what(found, mails[which % len(mails)], by=by))

    @step(seen=MOSTLY)
    def change_relation(self, seen: bool) -> None:
        """The customer no longer knows Arxus; or knows it again, as its partner confirms."""
        company = Company.objects.select_related("partner").get(pk=self.customer.pk)
        kim, chief = self.who("kim"), self.who("chief")
        if company.relation == "reseller":
            domains = company.email_domains
            digest = changing.plan(company, domains, by=kim).digest if seen else "something else"
            if self.act(lambda: changing.no_longer_knows(company, domains, by=kim, seen=digest)):
                self.world.forget(company)
            return
        acting = Acting(chief, chief.memberships.get(), company)
        self.act(lambda: relation.prepare(company, by=kim))
        text = relation.statement(company) if seen else "something else"
        if self.act(lambda: relation.confirm(acting, seen=text, ip_address="192.0.2.17")):
            self.world.known_again[company.pk] = self.world.now

    @step(hours=st.sampled_from([1, 24, 30, 80, 200, 24 * 31]))
    def pass_time(self, hours: int) -> None:
        """The schedulers wake up, each twice over."""
        self.world.now += timedelta(hours=hours)
        timers = (
            *(deadlines.lapse, deadlines.delete_drafts, deadlines.remind, deadlines.warn_of_drafts, waiting.remind),
            *(digests.send_digests, digests.tell_of_late_ones, lost_mails.tell, unused_links.remind),
        )
        for timer in (*timers, *timers):
            # Each mail that is lost, and each link that nobody used, is an event of its own.
            self.act(timer, one_event=timer not in (lost_mails.tell, unused_links.remind))
        self.begin_anew()

    def begin_anew(self) -> None:
        """Of a draft that went after its 180 days nothing is left to look at: somebody files another one."""
        self.pks = list(TenantRequest.objects.filter(pk__in=self.pks).order_by("pk").values_list("pk", flat=True))
        if not self.pks:
            with self.world.clock():
                draft = drafts.start(self.customer, by=self.cast["chief"])
                self.fill(draft, "tess", "tess")
            self.pks = [draft.pk]
        self.at = min(self.at, len(self.pks) - 1)

    @rule()
    def everything_arrives(self) -> None:
        self.world.settle()

    # What holds after every step

    @invariant()
    def is_a_path(self) -> None:
        """The history leads from draft to where the request stands, by moves of the table and by those who may."""
        rows = TenantRequest.objects.filter(pk__in=getattr(self, "pks", [])).order_by("pk")
        lines = list(Transition.objects.filter(tenant_request__in=rows).select_related("by").order_by("at", "pk"))
        for at, found in enumerate(rows):
            self.now = found if at == self.at else self.now
            status = "draft"
            for line in (line for line in lines if line.tenant_request_id == found.pk):
                self.seen.add(line.verb)
                assert line.from_status == status, f"{line.verb} from {line.from_status}, which was {status}"
                if line.verb not in TABLE:
                    assert line.to_status == status, f"{line.verb} changed the status"
                    continue
                side, sources, target = TABLE[line.verb]
                assert status in sources, f"{line.verb} from {status}"
                assert line.to_status == target, f"{line.verb} to {line.to_status}"
                assert self.may(line, side), f"{line.verb} by {line.by}"
                status = target
            assert found.status == status, f"is {found.status}; its history says {status}"

    def may(self, line: Any, side: str) -> bool:
        if line.by is None:
            return bool(line.verb == "withdraw" and line.from_status == "changes_requested")
        if side == "partner":
            return line.by in (self.cast["chief"], self.cast["colleague"])
        return line.by == self.cast["kim"] or (side == "staff" and line.by == self.cast["sam"])


@pytest.mark.django_db
@pytest.mark.parametrize("vap", [False, True])
def test_r17_r30_r43_r45_r14_whatever_happens_to_a_request(
    smtp: Sink, alice: User, bob: User, mallory: User, vera: User, sam: User, kim: User, vap: bool
) -> None:
    seen: set[str] = set()
    cast = {"alice": alice, "bob": bob, "mallory": mallory, "vera": vera, "sam": sam, "kim": kim}
    how = settings(
        max_examples=EXAMPLES or 3,
        stateful_step_count=25 if EXAMPLES else 10,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=list(Phase) if EXAMPLES else [Phase.generate],
    )

    for opening in OPENINGS:
        run_state_machine_as_test(partial(Life, smtp, cast, seen, vap=vap, opening=opening), settings=how)

    assert not OutgoingEmail.objects.exists()
    # Lives that get nowhere would show nothing.
    assert {*TABLE, "correct_person", "invited anew"} - seen == set()

"""The file of ServiceNow users: what is read, what is refused, and that it is applied whole or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacts.models import User
from tenants import directory, working_days
from tenants.directory import importing
from tenants.models import DirectoryEntry, DirectoryImport
from tenants.tests.test_admin import at_once

HEAD = b"email,user_name,active,locked_out\n"
GOOD = HEAD + b"theo@x.example,tlambert,true,false\nAN@x.example,adesmet,false,true\n"


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b",", b";"),
        GOOD.replace(b",", b"\t"),
        GOOD.replace(HEAD, b'"E-mail","User ID","Active","Locked out"\n'),
        GOOD.replace(HEAD, b"locked_out,Active,USER NAME,Email\n").replace(
            b"theo@x.example,tlambert,true,false\nAN@x.example,adesmet,false,true",
            b"0,1,tlambert,theo@x.example\n1,0,adesmet,AN@x.example",
        ),
        GOOD + b"\n\n,,,\n",
    ],
)
def test_r10_a_file_is_read_however_it_was_exported(content: bytes) -> None:
    reading = importing.read(content)

    assert reading.problems == []
    assert reading.rows == [("theo@x.example", "tlambert", True, False), ("an@x.example", "adesmet", False, True)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe" + "email".encode("utf-16le"), "This file is not in UTF-8. Export it again as “CSV UTF-8”."),
        ("email;naam\nzoë".encode("latin-1"), "This file is not in UTF-8. Export it again as “CSV UTF-8”."),
        (b"%PDF\x00", "This is not a text file. Export it as “CSV UTF-8”."),
        (
            b"email,user_name,active\nx,y,z",
            "The first line has to name the columns email, user_name, active, locked_out. Not there: locked_out.",
        ),
        (HEAD, "The file names nobody with an address."),
        (HEAD + b"a@x.example,a,true,false\nnot-an-address,b,true,false\n", "Line 3: “not-an-address” is no address."),
        (HEAD + b"a@x.example,a,perhaps,false\n", "Line 2: “perhaps” is neither true nor false."),
        (HEAD + b"a@x.example,,true,false\n", "Line 2: the user name is missing, or longer than 100 characters."),
        (HEAD + b"a@x.example,a\n", "Line 2: it has 2 columns only."),
        (HEAD + b'"a@x.example,a,true,false\n', "Line 2: unexpected end of data."),
        (HEAD + b"=cmd|' /C calc'!A0,a,true,false\n", "Line 2: “=cmd|' /c calc'!a0” is no address."),
    ],
)
def test_r10_what_is_wrong_is_named_by_line(content: bytes, problem: str) -> None:
    assert importing.read(content).problems == [problem]


def test_a_file_in_the_wrong_shape_has_no_endless_list_of_problems() -> None:
    reading = importing.read(HEAD + b"x,x,x,x\n" * 5000)

    assert len(reading.problems) == importing.MOST_PROBLEMS + 1


def test_users_without_an_address_are_left_out_and_counted() -> None:
    reading = importing.read(GOOD + b",svc.backup,true,false\n")

    assert (len(reading.rows), reading.without_address) == (2, 1)


def bring(client: Client, content: bytes = GOOD, dated: str = "", name: str = "users.csv") -> Any:
    today = working_days.today()
    data = {"file": SimpleUploadedFile(name, content), "dated": dated or f"{today:%d %m %Y}"}
    return client.post(reverse("admin:tenants_directoryimport_add"), data, follow=True)


def apply(client: Client, file: DirectoryImport, *, instead_of: DirectoryImport | None = None, **typed: str) -> Any:
    """Press the button of the preview, as it is now or as it was beside another file."""
    seen = instead_of or importing.current()
    typed["instead_of"] = str(seen.pk) if seen else ""
    return client.post(reverse("admin:tenants_directoryimport_apply", args=[file.pk]), typed, follow=True)


def test_r10_a_file_is_previewed_before_it_counts(login: Callable[[User], Client], sam: User) -> None:
    page = bring(login(sam))

    assert "This is what the file says. It does not count yet." in page.text
    assert "Put 2 users in force" in page.text
    assert "theo@x.example" in page.text
    assert directory.look_up("theo@x.example").state == "unreachable"


def test_r10_applied_it_is_in_force_and_the_older_one_is_gone(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    for content in (HEAD + b"old@x.example,old,true,false\n", GOOD):
        bring(client, content)
        page = apply(client, DirectoryImport.objects.first())

    assert (directory.look_up("theo@x.example").state, directory.look_up("old@x.example").state) == (
        "user",
        "not_a_user",
    )
    # Of the one before it what it said is kept, so that it can come back.
    assert (DirectoryEntry.objects.count(), DirectoryImport.objects.count()) == (3, 2)
    assert "is in force." in page.text
    assert page.text.count("replaced") == 1


def test_r10_a_file_with_one_bad_row_changes_nothing(login: Callable[[User], Client], sam: User) -> None:
    page = bring(login(sam), GOOD + b"nonsense,x,true,false\n")

    assert "Line 4: “nonsense” is no address." in page.text
    assert "<title>Error: " in page.text
    assert DirectoryImport.objects.count() == 0


@pytest.mark.parametrize("dated", ["", "31 2 2026", "1 1 2099", "1 1 0001", "tomorrow"])
def test_r10_the_date_of_the_file_has_to_be_given_and_over(
    login: Callable[[User], Client], sam: User, dated: str
) -> None:
    data = {"file": SimpleUploadedFile("users.csv", GOOD), "dated": dated}

    page = login(sam).post(reverse("admin:tenants_directoryimport_add"), data)

    assert (page.status_code, DirectoryImport.objects.count()) == (200, 0)
    assert 'class="errorsum"' in page.text


def test_r10_a_file_that_is_too_large_or_empty_is_refused(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)

    pages = [bring(client, b"x" * (importing.LARGEST + 1)), bring(client, b"")]

    assert "This file is larger than 5 MB." in pages[0].text
    assert "This file is empty." in pages[1].text
    assert DirectoryImport.objects.count() == 0


def test_r10_an_old_or_much_smaller_file_is_doubted(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    bring(client, HEAD + b"".join(b"u%d@x.example,u%d,true,false\n" % (n, n) for n in range(10)))
    apply(client, DirectoryImport.objects.first())

    old = working_days.today() - timedelta(days=8)
    page = bring(client, dated=f"{old:%d %m %Y}")

    assert "This file is more than seven days old" in page.text
    assert "This file is older than the one in force: who came or left since is not in it." in page.text
    assert "It names 2 users, the one in force 10." in page.text


def test_a_file_is_applied_once(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    bring(client)
    file = DirectoryImport.objects.get()
    apply(client, file)

    page = apply(client, file)

    assert "This file is in force already." in page.text
    assert DirectoryEntry.objects.count() == 2


def one(name: str) -> bytes:
    return HEAD + f"{name}@x.example,{name},true,false\n".encode()


def test_r10_the_file_before_is_put_in_force_again(login: Callable[[User], Client], sam: User, kim: User) -> None:
    client = login(sam)
    for name in ("first", "wrong"):
        bring(client, one(name))
        apply(client, DirectoryImport.objects.first())
    former = DirectoryImport.objects.last()
    path = reverse("admin:tenants_directoryimport_change", args=[former.pk])

    preview = login(kim).get(path)
    apply(login(kim), former)

    assert "first@x.example" in preview.text
    assert "Put it in force again, instead of the file of" in preview.text
    assert (directory.look_up("first@x.example").state, directory.look_up("wrong@x.example").state) == (
        "user",
        "not_a_user",
    )
    assert importing.current().applied_by == kim
    assert f", by {kim}." in client.get(path).text
    assert LogEntry.objects.filter(user=kim, object_id=str(former.pk)).get().change_message == "Put in force again"


def test_r10_the_good_file_comes_back_after_four_wrong_ones(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    for name in ("good", "wrong1", "wrong2", "wrong3", "wrong4"):
        bring(client, one(name))
        apply(client, DirectoryImport.objects.first())
    good = DirectoryImport.objects.last()
    assert client.get(reverse("admin:tenants_directoryimport_changelist")).text.count("can be put in force again") == 4

    apply(client, good)

    assert (importing.current(), directory.look_up("good@x.example").state) == (good, "user")


def test_r10_a_comparison_with_a_file_no_longer_in_force_is_refused_and_made_anew(
    login: Callable[[User], Client], sam: User, kim: User
) -> None:
    client = login(sam)
    bring(client, one("mine"))
    mine = DirectoryImport.objects.get()
    bring(login(kim), one("hers"))
    hers = DirectoryImport.objects.first()
    path = reverse("admin:tenants_directoryimport_apply", args=[mine.pk])
    apply(login(kim), hers)

    refused = client.post(path, {"instead_of": ""})

    assert (refused.status_code, importing.current()) == (409, hers)
    assert f"{kim} put another file, of " in refused.text
    assert f'name="instead_of" value="{hers.pk}"' in refused.text
    assert "Put 1 user in force" in refused.text
    client.post(path, {"instead_of": str(hers.pk)})
    assert importing.current() == mine


@pytest.mark.parametrize("seen", ["x", "0", "9" * 40])
def test_r10_a_page_that_compared_with_nothing_of_ours_changes_nothing(
    login: Callable[[User], Client], sam: User, seen: str
) -> None:
    client = login(sam)
    bring(client)

    answer = client.post(
        reverse("admin:tenants_directoryimport_apply", args=[DirectoryImport.objects.get().pk]), {"instead_of": seen}
    )

    assert (answer.status_code, importing.current()) == (409, None)


def test_r10_a_file_with_far_fewer_users_has_to_be_said_to_be_complete(
    login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    for content in (HEAD + b"".join(b"u%d@x.example,u%d,true,false\n" % (n, n) for n in range(3)), one("few")):
        bring(client, content)
        file = DirectoryImport.objects.first()
        shown = client.get(reverse("admin:tenants_directoryimport_change", args=[file.pk])).text
        answer = apply(client, file)

    assert "It names 1 user, the one in force 3." in shown
    assert (shown.count('type="checkbox"'), " checked" in shown) == (1, False)
    assert "Tick this if the file is complete; else bring the whole one." in answer.text
    assert importing.current() != file
    apply(client, file, complete="1/2")
    assert importing.current() != file
    apply(client, file, complete="1/3")
    assert importing.current() == file


def test_the_list_says_how_many_users_each_file_names(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    for content in (GOOD, one("other")):
        bring(client, content)
        apply(client, DirectoryImport.objects.first())

    page = client.get(reverse("admin:tenants_directoryimport_changelist")).text

    assert page.index('data-label="Users"><span>1</span>') < page.index('data-label="Users"><span>2</span>')


def test_r10_what_an_older_file_said_is_gone(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    for name in ("first", "second", "third", "fourth", "fifth", "sixth"):
        bring(client, one(name))
        apply(client, DirectoryImport.objects.first())
    oldest = DirectoryImport.objects.last()

    page = client.get(reverse("admin:tenants_directoryimport_change", args=[oldest.pk]))
    answer = apply(client, oldest)

    assert "What it said is gone." in page.text
    assert "Bring it again." in answer.text
    assert not oldest.entries.exists()
    assert directory.look_up("sixth@x.example").state == "user"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "In force. What the checks of open requests found stays until they are run again"),
        (8, "In force, but more than seven days old: checks for ServiceNow users answer “unknown”"),
    ],
)
def test_r10_putting_a_file_in_force_says_what_follows_from_it(
    login: Callable[[User], Client], sam: User, days: int, said: str
) -> None:
    client = login(sam)
    bring(client, dated=f"{working_days.today() - timedelta(days=days):%d %m %Y}")

    assert said in apply(client, DirectoryImport.objects.get()).text


@pytest.mark.django_db(transaction=True)
def test_r10_of_two_files_applied_at_once_one_is_in_force_and_whole_and_the_other_is_shown_beside_it(
    login: Callable[[User], Client], sam: User, kim: User
) -> None:
    browsers = [login(sam), login(kim)]
    for n, browser in enumerate(browsers):
        bring(browser, HEAD + b"".join(b"u%d@x%d.example,u,true,false\n" % (row, n) for row in range(200)))
    files = list(DirectoryImport.objects.order_by("pk"))

    answers = at_once(*(lambda b=b, f=f: apply(b, f) for b, f in zip(browsers, files, strict=True)))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (DirectoryEntry.objects.count(), importing.current().entries.count()) == (200, 200)


@pytest.mark.django_db(transaction=True)
def test_r10_what_breaks_off_while_applying_changes_nothing(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    bring(client)
    apply(client, DirectoryImport.objects.get())
    file = importing.keep(
        importing.Reading(rows=[("ok@x.example", "ok", True, False), ("bad@x.example", "x" * 101, True, False)]),
        file_name="bad.csv",
        dated=working_days.today(),
        by=sam,
    )

    with pytest.raises(Exception, match="too long"):
        importing.apply(file, by=sam, instead_of=importing.current().pk)

    assert directory.look_up("theo@x.example").state == "user"
    assert connection.in_atomic_block is False


def test_t31_only_those_who_decide_bring_files(login: Callable[[User], Client], sam: User, alice: User) -> None:
    bring(login(sam))
    file = DirectoryImport.objects.get()
    make = User.objects.create_user
    desk = login(make("desk@arxus.example", "x", first_name="D", last_name="D", is_staff=True))

    answers = [
        desk.get(reverse("admin:tenants_directoryimport_add")).status_code,
        bring(desk).status_code,
        desk.get(reverse("admin:tenants_directoryimport_change", args=[file.pk])).status_code,
        apply(desk, file).status_code,
    ]
    apply(login(alice), file)

    assert answers == [403, 403, 403, 403]
    assert (DirectoryImport.objects.count(), importing.current()) == (1, None)


def test_t70_what_a_file_says_is_inert(login: Callable[[User], Client], sam: User) -> None:
    payload = b"<img src=x onerror=alert(1)>"
    client = login(sam)

    page = bring(client, HEAD + b"a@x.example," + payload + b",true,false\n", name="<svg onload=1>.csv")

    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text
    assert "<svg onload" not in client.get(reverse("admin:tenants_directoryimport_changelist")).text


def test_the_list_says_when_the_file_goes_stale(login: Callable[[User], Client], sam: User) -> None:
    client, list_of_files = login(sam), reverse("admin:tenants_directoryimport_changelist")
    assert "No file is in force." in client.get(list_of_files).text
    bring(client)
    apply(client, DirectoryImport.objects.get())

    last_day = working_days.today() + timedelta(days=7)
    assert f"{last_day:%-d %B %Y}" in client.get(list_of_files).text

    DirectoryImport.objects.update(dated=working_days.today() - timedelta(days=8))
    assert "is too old." in client.get(list_of_files).text

import datetime as dt

import pytest
import time_machine
from django import forms
from django.forms import BaseForm
from django.template import Context, Template
from django.utils.safestring import mark_safe

from notifications.models import OutgoingEmail
from portal.templatetags import ui
from tenants.models import Check, Status

MONDAY = dt.datetime(2026, 11, 23, 9, 42, tzinfo=dt.UTC)


@pytest.mark.parametrize("status", [*Status, *Check.Result, *OutgoingEmail.State])
def test_icon_knows_every_status(status: str) -> None:
    assert ui.icon(status).startswith('<svg width="16" height="16"')


def test_icon_is_skipped_by_screen_readers_and_has_no_style() -> None:
    svg = ui.icon("clock", 20)

    assert 'aria-hidden="true"' in svg
    assert "style" not in svg


def test_tone_knows_every_status() -> None:
    assert set(ui.TONES) == set(Status)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Bakkerij De Smet bv", "BD"),
        ("Hof ten Bergh nv", "HB"),
        ("Sint-Jozefsschool vzw", "SJ"),
        ("Maes & Vrancken bv", "MV"),
        ("Arxus", "AR"),
        ("élan vital", "ÉV"),
        ("bv", ""),
        ("", ""),
        ("42 bis", "42"),
    ],
)
def test_initials_skip_legal_forms_and_particles(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


@pytest.mark.parametrize(
    ("number", "shown"),
    [("BE0404616494", "BE 0404.616.494"), ("NL001234567B01", "NL 001234567B01"), ("123", "123"), ("", "")],
)
def test_enterprise_number_as_people_write_it(number: str, shown: str) -> None:
    assert ui.enterprise_number(number) == shown


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        (ui.day, '<time datetime="2026-11-23T10:42:00+01:00" class="day">Monday 23 November 2026</time>'),
        (
            ui.day_and_time,
            '<time datetime="2026-11-23T10:42:00+01:00" class="wraps">Monday 23 November 2026, 10:42</time>',
        ),
        (ui.short_day, '<time datetime="2026-11-23T10:42:00+01:00" class="nowrap">23 Nov</time>'),
        (ui.moment, '<time datetime="2026-11-23T10:42:00+01:00" class="nowrap">23 Nov, 10:42</time>'),
        (ui.long_moment, '<time datetime="2026-11-23T10:42:00+01:00" class="wraps">23 November 2026, 10:42</time>'),
    ],
)
def test_dates_are_belgian_and_machine_readable(shape: object, shown: str) -> None:
    with time_machine.travel(MONDAY):
        assert shape(MONDAY) == shown


def test_dates_of_another_year_name_it() -> None:
    with time_machine.travel(MONDAY.replace(year=2027)):
        assert (
            ui.moment(MONDAY) == '<time datetime="2026-11-23T10:42:00+01:00" class="nowrap">23 Nov 2026, 10:42</time>'
        )


def test_a_plain_date_has_no_time() -> None:
    with time_machine.travel(MONDAY):
        assert ui.moment(MONDAY.date()) == '<time datetime="2026-11-23" class="nowrap">23 Nov</time>'


@pytest.mark.parametrize("shape", [ui.day, ui.day_and_time, ui.short_day, ui.moment, ui.long_moment, ui.relative])
def test_no_date_is_nothing(shape: object) -> None:
    assert shape(None) == ""


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "tomorrow"), (-1, "yesterday"), (28, "in 28 days"), (-2, "2 days ago")],
)
def test_relative_counts_days(days: int, words: str) -> None:
    with time_machine.travel(MONDAY):
        assert ui.relative(MONDAY.date() + dt.timedelta(days=days)) == words


def test_relative_counts_belgian_days_at_midnight() -> None:
    late = dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC)  # 00:30 on the 24th in Belgium

    with time_machine.travel(MONDAY):
        assert ui.relative(late) == "tomorrow"


@pytest.mark.parametrize(("number", "words"), [(0, "no"), (3, "three"), (9, "nine"), (10, "10")])
def test_in_words_up_to_nine(number: int, words: str) -> None:
    assert ui.in_words(number) == words


def test_first_sentence_of_a_message_is_bold_and_escaped() -> None:
    assert ui.first_bold("Sent <b>. Arxus answers.") == "<strong>Sent &lt;b&gt;.</strong> Arxus answers."
    assert ui.first_bold(mark_safe("<em>as it is</em>")) == "<em>as it is</em>"


class _Form(forms.Form):
    name = forms.CharField(label="Name", error_messages={"required": "write it"})
    ground = forms.ChoiceField(label="On what ground?", widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")])

    def clean(self) -> None:
        raise forms.ValidationError("These two do not go together.")


def test_error_summary_links_to_fields_and_first_options() -> None:
    form: BaseForm = _Form({}, auto_id="x_%s")

    assert ui.form_errors(form, None) == [
        {"href": "", "text": "These two do not go together."},
        {"href": "#x_name", "text": "Name: write it"},
        {"href": "#x_ground_0", "text": "On what ground? This is still missing."},
    ]


def test_error_summary_of_a_good_form_is_nothing() -> None:
    template = Template('{% include "components/_errorsum.html" with form=form only %}')

    assert template.render(Context({"form": forms.Form({})})).strip() == ""


def test_a_domain_breaks_before_its_dots_and_stays_inert() -> None:
    assert ui.breakable("desmet.onmicrosoft.com") == "desmet<wbr>.onmicrosoft<wbr>.com"
    assert ui.breakable("<b>.x") == "&lt;b&gt;<wbr>.x"

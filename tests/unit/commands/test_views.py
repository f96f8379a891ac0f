"""One view reads as text in a terminal and as HTML in a notebook."""

from __future__ import annotations

import io

from nbmlops.commands import html, terminal
from nbmlops.commands.views import Code, Facts, Span, View, facts, line, table

VIEW = View(
    document={"schema": "nbmlops.versions/1"},
    blocks=(
        line("A ", Span("<b>&", "strong")),
        table(("name", "took"), [("train", "1 s")], title="Steps", right=("took",)),
        Facts(title="run", facts=(("status", Span("failed", "bad")),)),
        Code(text="-a\n+b <i>\n", language="diff", title="Source"),
    ),
)


def test_text_has_no_colours_and_an_empty_line_between_blocks() -> None:
    assert terminal.to_text(VIEW).splitlines() == [
        "A <b>&",
        "",
        "Steps",
        "name    took",
        "────────────",
        "train    1 s",
        "",
        "run",
        "status  failed",
        "",
        "Source",
        "-a",
        "+b <i>",
    ]


def test_names_without_a_value_are_left_out() -> None:
    told = [("git", "-"), ("status", Span("ok", "good")), ("note", ""), ("runs", "0")]
    assert facts("run", told).facts == (("status", Span("ok", "good")), ("runs", "0"))


def test_a_row_does_not_break_where_a_program_reads_it() -> None:
    stream = io.StringIO()
    wide = table(("name",), [("word " * 400,)])
    terminal.render(View(document={}, blocks=(wide,)), terminal.console(stream))
    assert len(stream.getvalue().splitlines()) == 3


def test_html_escapes_what_it_is_given() -> None:
    page = html.to_html(VIEW)
    assert "&lt;b&gt;&amp;" in page
    assert "+b &lt;i&gt;" in page
    assert "<script" not in page
    assert "<b>&" not in page


def test_the_media_type_is_made_from_the_schema() -> None:
    assert VIEW.media_type == "application/vnd.nbmlops.versions+json"


def test_the_title_of_a_table_begins_where_its_columns_do() -> None:
    block = table(("what",), [("one",)], title="Packages")
    page = html.to_html(View(document=VIEW.document, blocks=(block,)))
    assert '<caption style="text-align:left;font-weight:600">Packages</caption>' in page


def test_a_time_stays_on_one_line_and_a_table_at_the_left_of_a_notebook() -> None:
    rows = [("2026-11-21 09:00:00", "on 2026-11-21 09:00:00")]
    page = html.to_html(View(document={}, blocks=(table(("when", "what"), rows),)))
    assert page.count("white-space:nowrap") == 1
    assert 'white-space:nowrap">2026-11-21 09:00:00</td>' in page
    assert '<table style="table-layout:auto;margin:4px 0">' in page

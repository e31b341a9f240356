"""Reports: when there is a headline, what the tables and the page say, and what the commands print and return."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from eval_kit import ran, write_mugs
from record_kit import record, result, vsi_record
from rich.console import Console
from servers import Fail, ModelServer
from typer.testing import CliRunner

from sightline.demos.cli.app import app
from sightline.evals import RunRecord
from sightline.evals.reporting.headline import headline, headline_table, trusted
from sightline.evals.reporting.page import report_html
from sightline.evals.reporting.plots import plots
from sightline.evals.reporting.summary import Summary, summarise
from sightline.evals.reporting.tables import Table, labels, tables
from sightline.memory import Usage

KIND = "Attribute-Measurement"


def run(scores: list[float | None], **given: object) -> RunRecord:
    """A run of MMSI-Bench, all of one question type; None is an error."""
    return record([result(str(k), score, category=KIND) for k, score in enumerate(scores)], **given)


def table(summaries: list[Summary], title: str) -> Table:
    (found,) = [each for each in tables(summaries) if each.title == title]
    return found


def cells(summaries: list[Summary], title: str, row: str) -> tuple[str, ...]:
    (found,) = [each[1:] for each in table(summaries, title).rows if each[0] == row]
    return found


# The headline


def test_errors_count_as_wrong_and_up_to_one_in_a_hundred_there_is_a_headline() -> None:
    said = headline(run([1.0] * 99 + [None]))
    assert said.score == pytest.approx(0.99)
    assert said.answered_only == 1.0
    assert (said.errors, said.asked, said.why) == (1, 100, "")
    assert said.interval is not None
    assert said.interval.low < 0.99 < said.interval.high


def test_above_that_there_is_none() -> None:
    broken = run([1.0] * 98 + [None] * 2)
    assert not trusted(broken)
    said = headline(broken)
    assert (said.score, said.interval, said.strict) == (None, None, None)
    assert said.why == "2 of 100 questions ended in an error, more than 1 %"


def test_an_incomplete_run_and_an_empty_one_have_none() -> None:
    assert headline(run([1.0] * 5, complete=False)).why == "the run is not complete"
    assert headline(run([])).why == "nothing was asked"


def test_a_question_type_that_was_not_asked_leaves_no_headline_but_is_no_fault() -> None:
    few = vsi_record(9, 0.5, 1)
    assert trusted(few)
    said = headline(few)
    assert said.score is None
    assert said.why == "no question of obj_appearance_order was asked"
    console = Console(width=200)
    with console.capture() as captured:
        console.print(headline_table([few]))
    assert "object_counting" in captured.get(), "the types that were asked have rows"


def test_types_that_are_missing_are_told_from_those_that_the_rule_leaves_out() -> None:
    full = vsi_record(20, 0.5, 1)
    left_out = [replace(r, official=None) if r.category == "route_planning" else r for r in full.results]
    assert headline(replace(full, results=tuple(left_out))).why == (
        "the published rule leaves out every answer to route_planning"
    )
    one = [r for r in full.results if r.category == "object_counting"]
    assert headline(replace(full, results=tuple(one))).why == (
        "no question of object_abs_distance, object_size_estimation, room_size_estimation and 6 other types was asked"
    )


def test_a_question_without_an_answer_is_wrong_and_not_among_the_answered() -> None:
    results = [result(str(k), 1.0, category=KIND) for k in range(3)]
    results.append(result("3", 0.0, category=KIND, outcome="no answer", cause="budget"))
    said = headline(record(results))
    assert (said.score, said.answered_only, said.errors) == (0.75, 1.0, 0)


# The tables


def test_what_happened_is_counted_by_cause() -> None:
    results = [
        result("0", 1.0, forced=True),
        result("1", 0.0, outcome="no answer", cause="budget", said=""),
        result("2", 0.0, outcome="no answer", cause="unparsable", parsed=False, said="some mug"),
        result("3", 0.0, parsed=False, said="perhaps"),
        result("4", 0.0, outcome="no answer", cause="cannot tell", parsed=False, said=""),
        result("5", None, message="The server is down."),
    ]
    summaries = [summarise(record(results))]
    for row, count in {
        "answered": 2, "no answer": 3, "errors": 1, "forced answers": 1, "parse failures": 2,
        "because: budget": 1, "because: cannot tell": 1, "because: provider": 1,
    }.items():  # fmt: skip
        assert cells(summaries, "How it went", row) == (str(count),), row


def test_an_unknown_price_is_unknown_however_many_are_known() -> None:
    results = [result("0"), result("1", usage=Usage(calls=1, input_tokens=5, dollars=None))]
    assert cells([summarise(record(results))], "How it went", "cost") == ("unknown",)
    assert cells([summarise(record([result("0")]))], "How it went", "cost") == ("$0.0020",)


def test_repeats_show_their_spread() -> None:
    results = [result(str(k), float(k < 5 + r), repeat=r, category=KIND) for k in range(10) for r in (1, 2, 3)]
    summary = summarise(record(results))
    assert summary.repeats == (0.6, 0.7, 0.8)
    assert table([summary], "Score").rows[0][5] == "3: 60.0 to 80.0, SD 10.0"


def test_published_parts_are_shown_where_they_are_not_the_types() -> None:
    assert [row[0] for row in table([summarise(vsi_record(100, 0.5, 1))], "Published parts").rows] == [
        "object_rel_direction"
    ]
    assert table([summarise(run([1.0]))], "Published parts").rows == ()


def test_official_and_strict_stand_side_by_side() -> None:
    results = [replace(result(str(k), 1.0, category=KIND), strict=float(k < 6)) for k in range(8)]
    summaries = [summarise(record(results))]
    row = table(summaries, "Score").rows[0]
    assert (row[1], row[3]) == ("100.0", "75.0")
    (cell, _) = cells(summaries, "By question type", KIND)
    assert cell.startswith("100.0")
    assert cell.endswith("; 75.0")


def test_runs_are_told_apart_by_what_they_differ_in() -> None:
    base = run([1.0], settings={"perception": "real", "effort": "low"})
    oracle = replace(base, settings={"perception": "oracle", "effort": "low"})
    assert labels([base, replace(base, arm="cot")]) == ["react", "cot"]
    assert labels([base, oracle]) == ["react, real", "react, oracle"]
    assert labels([base, replace(base, model="openai/gpt-6")]) == ["react, openai/gpt-5", "react, openai/gpt-6"]
    assert labels([base, base]) == ["react, 1", "react, 2"]


def test_scores_by_margin_are_thirds_of_each_type() -> None:
    degrees = [result(f"d{k}", float(k > 2), category="turn", parts={"margin": 10.0 * k}) for k in range(9)]
    ratios = [result(f"r{k}", float(k > 2), category="size", parts={"margin": 0.01 * k}) for k in range(9)]
    assert summarise(record(degrees + ratios)).margins == (("narrow", 6, 0.0), ("middle", 6, 1.0), ("wide", 6, 1.0))
    assert summarise(record([result("0")])).margins == ()


# Plots and page


def test_plots_take_the_pages_colours_and_share_no_ids() -> None:
    summaries = [summarise(vsi_record(200, 0.5, 1, arm="cot")), summarise(vsi_record(200, 0.6, 2))]
    drawn = plots(summaries)
    assert [plot.title for plot in drawn] == ["Score by question type", "Score against cost"]
    assert "route_planning, cot:" in drawn[0].words
    for plot in drawn:
        assert "var(--series-2)" in plot.svg
        assert "#0102" not in plot.svg
    page = Page(report_html([summaries, summaries[:1]]))
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)


def test_without_prices_tokens_take_the_place_of_cost() -> None:
    free = vsi_record(200, 0.5, 1)
    unknown = replace(free, results=tuple(replace(r, usage=Usage(input_tokens=9, dollars=None)) for r in free.results))
    (_, cost) = plots([summarise(free), summarise(unknown)])
    assert "tokens a question" in cost.words
    assert [plot.title for plot in plots([summarise(free)])] == ["Score by question type"], "one run has no trade-off"


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            elif name in ("aria-labelledby", "xlink:href"):
                self.references.add(str(value).removeprefix("#"))
            if name in ("src", "href", "xlink:href") and not str(value).startswith("#"):
                self.addresses.append(str(value))


def test_the_page_loads_nothing_and_runs_nothing_and_its_drawings_have_words() -> None:
    bad = run([1.0] * 50 + [None] * 50, arm="<b>odd</b>")
    html = report_html([[summarise(vsi_record(100, 0.5, 1))], [summarise(bad)]])
    page = Page(html)
    assert page.addresses == []
    assert not {"script", "img", "link", "iframe", "b"} & set(page.tags)
    assert page.tags.count("svg") == page.tags.count("figure") == 2
    assert html.count('role="img"') == html.count('<title id="words-') == 2
    assert "&lt;b&gt;odd&lt;/b&gt; has no score: 50 of 100 questions ended in an error" in html


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_the_page_without_a_complaint(scheme: str, tmp_path: Path) -> None:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("there is no chromium")
    from axe_playwright_python.sync_playwright import Axe

    summaries = [summarise(vsi_record(200, 0.5, 1, arm="cot")), summarise(vsi_record(200, 0.6, 2, errors=9))]
    path = tmp_path / "report.html"
    path.write_text(report_html([summaries]), encoding="utf-8")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(path.as_uri())
        assert heard == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, "wide tables scroll by themselves"
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        browser.close()


# The commands, on logs of real runs


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A log folder of two runs: `prior` over four mugs, of types that BLINK does not have."""
    data = write_mugs(tmp_path / "data", 4)
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("one", "two"):
        ran(None, tmp_path / name, data, strategy="prior")
        (log,) = (tmp_path / name).glob("*.eval")
        log.rename(logs / log.name)
    return logs


def invoke(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_report_prints_tables_json_and_a_page(logs: Path) -> None:
    code, out, _ = invoke("report", logs)
    assert code == 0
    assert "BLINK" in out
    assert "nearer" in out
    code, out, _ = invoke("report", logs, "--json")
    assert code == 0
    assert [each["categories"]["nearer"]["questions"] for each in json.loads(out)] == [2, 2]
    code, _, err = invoke("report", logs, "--html")
    assert code == 0
    assert f"wrote {logs / 'report.html'}" in err
    assert (logs / "report.html").read_text("utf-8").startswith("<!doctype html>")


def test_compare_pairs_two_logs(logs: Path) -> None:
    one, two = sorted(logs.glob("*.eval"))
    code, out, _ = invoke("compare", one, two, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["overall"]["ties"] == 4
    assert found["categories"]["left"]["p"] == 1
    code, out, _ = invoke("compare", one, two)
    assert code == 0
    assert "No overall difference" in out


def test_what_cannot_be_reported_or_compared_is_told_in_a_line(logs: Path, tmp_path: Path) -> None:
    code, _, err = invoke("report", tmp_path / "nowhere")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = invoke("compare", logs, logs)
    assert code == 2
    assert "holds 2 runs" in err
    cut = tmp_path / "cut.eval"
    cut.write_bytes(next(logs.glob("*.eval")).read_bytes()[:500])
    code, _, err = invoke("report", cut)
    assert (code, err.count("\n")) == (2, 1)


def test_a_server_that_is_down_leaves_no_score_and_no_comparison(tmp_path: Path) -> None:
    with ModelServer("chat_completions", lambda request, index: Fail(404)) as server:
        record = ran(server, tmp_path / "logs", write_mugs(tmp_path / "data", 3), strategy="cot")
    code, out, _ = invoke("report", tmp_path / "logs")
    assert code == 3
    assert "cot has no score: 3 of 3 questions ended in an error, more than 1 %." in out
    code, out, _ = invoke("report", tmp_path / "logs", "--json")
    assert code == 3
    (found,) = json.loads(out)
    assert (found["headline"]["score"], found["causes"]) == (None, {"provider": 3})
    code, _, err = invoke("compare", record.log, record.log)
    assert code == 3
    assert "sightline eval --resume" in err

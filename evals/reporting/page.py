"""The report as one self-contained page: no request leaves it, and nothing in it runs."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from sightline.evals.benchmarks import benchmark
from sightline.evals.reporting.plots import Plot, plots
from sightline.evals.reporting.summary import Summary, title_of
from sightline.evals.reporting.tables import Table, tables

# Matplotlib writes its drawings' colours as style attributes; styles can load nothing under this policy.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def report_html(groups: Sequence[Sequence[Summary]]) -> str:
    """Runs as a page.

    Args:
        groups: Runs, those of one benchmark and variant together.

    Returns:
        A whole HTML document with its plots inside.
    """
    titles = [title_of(group[0].record) for group in groups]
    style = files("sightline.evals.reporting").joinpath("report.css").read_text("utf-8")
    name = titles[0] if len(titles) == 1 else f"{len(titles)} benchmarks"
    body = "".join(_group(group, title, place) for place, (group, title) in enumerate(zip(groups, titles, strict=True)))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(name)} \N{MIDDLE DOT} Sightline report</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _group(group: Sequence[Summary], title: str, place: int) -> str:
    about = benchmark(group[0].record.benchmark)
    parts = [f"<section><h1>{escape(title)}</h1>", f'<p class="quiet">{escape(about.about)}</p>']
    made = [table for table in tables(group) if table.rows]
    parts += [f'<p class="warn">{escape(warning)}</p>' for table in made for warning in table.warnings]
    parts.append(_table(made[0]))
    parts += [_plot(plot, f"{place}-{k}") for k, plot in enumerate(plots(group, f"g{place}-"))]
    parts += [_table(table) for table in made[1:]]
    return "".join(parts) + "</section>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.headings)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in table.rows
    )
    # Beside the table, not its caption: on a narrow screen it is not to scroll away with it.
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    kind = "words" if table.words else "score" if table.title == "Score" else ""
    # A wide table scrolls by itself; it can be reached with the keyboard for that.
    return (
        f'<h2>{escape(table.title)}</h2><div class="wide" tabindex="0" role="region" '
        f'aria-label="{escape(table.title)}"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{note}"
    )


def _plot(plot: Plot, name: str) -> str:
    svg = plot.svg.replace("<svg ", f'<svg role="img" aria-labelledby="words-{name}" ', 1)
    svg = svg.replace(">", f'><title id="words-{name}">{escape(plot.title)}. {escape(plot.words)}</title>', 1)
    return f"<h2>{escape(plot.title)}</h2><figure>{svg}</figure>"

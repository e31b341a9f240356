"""The report's plots, as SVG whose colours are the page's own, so that they are right in light and in dark.

Matplotlib writes colours as numbers; each colour drawn with here is a stand-in for a name, put in its place afterwards.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.evals.benchmarks import benchmark
from sightline.evals.reporting.headline import points
from sightline.evals.reporting.summary import Summary
from sightline.evals.reporting.tables import labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LINE = "#010203", "#010204", "#010205"
SERIES = tuple(f"#01020{digit}" for digit in "6789abcd")
MARKERS = "osD^vPX*"
_NAMES = {INK: "ink", QUIET: "quiet", LINE: "line", **{c: f"series-{k + 1}" for k, c in enumerate(SERIES)}}


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        title: What it shows.
        svg: The drawing, an `<svg>` element.
        words: What can be read from it, for those who do not see it.
    """

    title: str
    svg: str
    words: str


def plots(summaries: Sequence[Summary], prefix: str = "") -> list[Plot]:
    """The plots of runs of one benchmark and variant; those for which there is nothing to draw are left out.

    Args:
        summaries: The runs.
        prefix: Before every id in the drawings, so that several may stand in one page.
    """
    names = labels([summary.record for summary in summaries])
    drawn = [draw(summaries, names, prefix) for draw in (_by_type, _by_cost, _by_margin)]
    return [plot for plot in drawn if plot is not None]


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, height), layout="constrained")
    axes = figure.add_subplot()
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(colors=QUIET, labelcolor=INK, length=0, labelsize=10)
    axes.grid(color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _legend(axes: Axes, count: int) -> None:
    if count > 1:
        axes.figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=10, labelcolor=INK)


def _written(figure: Figure, name: str) -> str:
    """The drawing with the page's colours, its text as text."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    # Ids are made from the salt: two plots in one page may not share any.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, var in _NAMES.items():
        svg = svg.replace(colour, f"var(--{var})")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font: (?P<size>[\d.]+px)[^;\"]*", r"font-size: \g<size>", svg)
    svg = re.sub(r'(id|href|xlink:href)="(#?)(?P<id>[^"#]+)"', rf'\1="\2{name}-\g<id>"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r'<svg [^>]*?width="[^"]*"', lambda m: re.sub(r' (width|height)="[^"]*"', "", m[0]), svg, count=1)


def _whiskers(low: float, value: float, high: float) -> list[list[float]]:
    """Distances from a value to the ends of its interval; the value may lie outside by the draws' noise."""
    return [[max(0.0, 100 * (value - low))], [max(0.0, 100 * (high - value))]]


def _by_type(summaries: Sequence[Summary], names: Sequence[str], prefix: str) -> Plot | None:
    found = list(dict.fromkeys(category for summary in summaries for category in summary.categories))
    if not found:
        return None
    count = len(summaries)
    height = max(0.42, 0.17 * count + 0.16)
    figure, axes = _figure(0.9 + height * len(found))
    said = []
    for k, (name, summary) in enumerate(zip(names, summaries, strict=True)):
        offset = (k - (count - 1) / 2) * (0.7 / max(count, 2))
        first = True
        for place, category in enumerate(found):
            one = summary.categories.get(category)
            if one is None or math.isnan(one.score):
                continue
            interval = None if one.interval.why else _whiskers(one.interval.low, one.score, one.interval.high)
            _dot(axes, 100 * one.score, place + offset, k, xerr=interval, label=name if first else None)
            first = False
            said.append(f"{category}, {name}: {points(one.score)}")
    chance = benchmark(summaries[0].record.benchmark).chance
    if chance is not None:
        axes.axvline(100 * chance, color=QUIET, linestyle=(0, (4, 3)), linewidth=1)
        axes.annotate("guessing", (100 * chance, -0.62), color=QUIET, fontsize=9, ha="center", annotation_clip=False)
    axes.set_yticks(range(len(found)), found)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("score, points of 100, with its 95 % interval", color=QUIET, fontsize=10)
    axes.grid(axis="y", visible=False)
    _legend(axes, count)
    return Plot("Score by question type", _written(figure, f"{prefix}types"), "; ".join(said) + ".")


def _dot(axes: Axes, x: float, y: float, k: int, **given: Any) -> None:
    axes.errorbar(
        x, y, fmt=MARKERS[k % len(MARKERS)], color=SERIES[k % len(SERIES)], markersize=5.5, elinewidth=1.6, **given
    )


def _by_cost(summaries: Sequence[Summary], names: Sequence[str], prefix: str) -> Plot | None:
    """Cost against score; tokens where no price is known."""
    told = [(k, n, s) for k, (n, s) in enumerate(zip(names, summaries, strict=True)) if s.headline.score is not None]
    if len(told) < 2:
        return None
    priced = all(s.usage.dollars is not None for *_, s in told) and any(s.usage.dollars for *_, s in told)
    unit = (
        "US dollars for 100 questions" if priced else "tokens a question, read and written (not every price is known)"
    )
    figure, axes = _figure(3.6)
    said = []
    for k, name, summary in told:
        used = summary.usage
        amount = (100 * (used.dollars or 0) if priced else used.tokens) / max(1, summary.headline.asked)
        score, interval = summary.headline.score, summary.headline.interval
        assert score is not None
        bars = None if interval is None or interval.why else _whiskers(interval.low, score, interval.high)
        _dot(axes, amount, 100 * score, k, yerr=bars)
        axes.annotate(name, (amount, 100 * score), xytext=(8, 4), textcoords="offset points", color=INK, fontsize=10)
        said.append(
            f"{name}: {points(score)} at {amount:,.2f}" if priced else f"{name}: {points(score)} at {amount:,.0f}"
        )
    axes.set_xlabel(unit, color=QUIET, fontsize=10)
    axes.set_ylabel("score", color=QUIET, fontsize=10)
    axes.margins(x=0.12)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    return Plot(
        "Score against cost", _written(figure, f"{prefix}cost"), f"Score against {unit}. " + "; ".join(said) + "."
    )


def _by_margin(summaries: Sequence[Summary], names: Sequence[str], prefix: str) -> Plot | None:
    told = [(k, n, s) for k, (n, s) in enumerate(zip(names, summaries, strict=True)) if len(s.margins) > 1]
    if not told:
        return None
    figure, axes = _figure(3.2)
    said = []
    for k, name, summary in told:
        thirds = [third for third, _, _ in summary.margins]
        scores = [100 * score for _, _, score in summary.margins]
        axes.plot(thirds, scores, marker=MARKERS[k % len(MARKERS)], color=SERIES[k % len(SERIES)], label=name)
        said.append(f"{name}: " + ", ".join(f"{t} {s:.1f}" for t, s in zip(thirds, scores, strict=True)))
    axes.set_ylim(-2, 102)
    axes.set_ylabel("score", color=QUIET, fontsize=10)
    axes.set_xlabel("how far the truth is from another answer: thirds of each question type", color=QUIET, fontsize=10)
    axes.margins(x=0.1)
    _legend(axes, len(told))
    return Plot("Score by margin", _written(figure, f"{prefix}margins"), "; ".join(said) + ".")

"""Graphics programs beside the trace: the target and the best picture, scores over revisions, the best program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sightline.demos.trace.markup import diff_block, escape, tag
from sightline.demos.trace.revisions import revision_rows
from sightline.memory import Workspace, changed_lines

WIDTH, HEIGHT = 320.0, 90.0


@dataclass(frozen=True)
class GraphicsView:
    """What the panel shows: files of the target and the best picture (None where there is none), and HTML."""

    target: Path | None
    best: Path | None
    html: str


def graphics_view(ws: Workspace) -> GraphicsView | None:
    """The run's programs; None while there are none."""
    revisions = ws.revisions
    if not revisions.every:
        return None
    shown = revisions.best or revisions.latest
    assert shown is not None, "there is a latest where there is any"
    target = next((handle for handle in ws.inputs if ws.artifacts[handle].is_picture), None)
    parts = [tag("h3", escape(f"{shown.handle}, {'the best so far' if revisions.best else 'the latest'}"))]
    losses = [(row.revision.handle, row.revision.loss) for row in revision_rows(ws) if row.revision.loss is not None]
    if losses:
        parts.append(tag("h3", "Photometric loss over revisions") + _chart(losses))
    text = ws.program(shown.handle)
    if shown.parent:
        diff = changed_lines(ws.program(shown.parent), text)
        parts.append(tag("h3", escape(f"Changed against {shown.parent}")) + diff_block(diff))
    parts.append(tag("h3", "Program") + tag("pre", escape(text), tabindex="0"))
    return GraphicsView(
        None if target is None else ws.path(target),
        ws.path(shown.picture) if shown.picture else None,
        "".join(parts),
    )


def _chart(losses: list[tuple[str, float]]) -> str:
    """Loss for each revision, a dot each with its value; lower is better."""
    most = max(loss for _, loss in losses) or 1.0
    step = (WIDTH - 40) / max(1, len(losses) - 1)
    spots = [(20 + step * i, 12 + (HEIGHT - 34) * (1 - loss / most)) for i, (_, loss) in enumerate(losses)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    marks = []
    for (x, y), (handle, loss) in zip(spots, losses, strict=True):
        dot = tag("circle", tag("title", escape(f"{handle}: {loss:.4g}")), cx=f"{x:.1f}", cy=f"{y:.1f}", r="3.5")
        marks.append(dot)
    ends = [spots[0], spots[-1]] if len(spots) > 1 else spots[:1]
    values = [losses[0], losses[-1]] if len(spots) > 1 else losses[:1]
    for (x, y), (handle, loss) in zip(ends, values, strict=True):
        label = escape(f"{handle} {loss:.3g}")
        anchor = "start" if x < WIDTH / 2 else "end"
        marks.append(tag("text", label, x=f"{x:.1f}", y=f"{min(HEIGHT - 4, y + 22):.1f}", text_anchor=anchor))
    said = f"Loss from {losses[0][1]:.3g} to {losses[-1][1]:.3g} over {len(losses)} revisions"
    return tag(
        "svg",
        f'<polyline points="{line}"/>',
        *marks,
        class_="chart",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        role="img",
        aria_label=said,
    )

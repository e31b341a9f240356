"""Inside the sandbox: draw an SVG with resvg, or report what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from program import failure, finish
from stage_request import Impossible, fresh, handed_in
from svg_document import Document, Invalid


def main() -> None:
    """Serve the one request. The program is a document: nothing of it is run."""
    request, text = handed_in()
    result: dict[str, Any] = {"printed": "", "problem": None}
    try:
        document = Document(text)
        result["size"] = list(document.size)
        wanted = request["wanted"]
        if wanted is None:
            result["report"] = document.report(request["most_side"])
        else:
            document.leave_out(wanted["hidden"])
            drawn = document.draw(wanted["size"] or document.fitted(request["most_side"]))
            Path(fresh(request, "picture.png")).write_bytes(drawn)
    except Invalid as error:
        result["problem"] = {"kind": "program", "message": str(error), "line": error.line}
    except Impossible as error:
        result["problem"] = {"kind": "request", "message": str(error), "line": None}
    except Exception as error:  # noqa: BLE001 - told to the host, which cannot see into this process
        result["problem"] = failure(error, "engine")
    finish(request["out"], result)


main()

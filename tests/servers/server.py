"""The scripted model server: real HTTP on loopback, one protocol, strict about what it receives."""

from __future__ import annotations

import itertools
import json
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from servers import rules
from servers.chat_completions import ChatCompletions
from servers.messages import Messages
from servers.pictures import PictureLimits
from servers.protocol import Options, Protocol, Reply, arguments_of, status_message
from servers.request import Reading, Request, Violation, prompt_text
from servers.responses import Responses
from servers.script import Action, Cursor, Drop, Fail, Hang, Script, Turn, Usage

PROTOCOLS: Mapping[str, type[Protocol]] = {
    "chat_completions": ChatCompletions,
    "responses": Responses,
    "messages": Messages,
}
_STATUS = {"unknown-path": 404, "prompt-too-large": 413, "script-exhausted": 500, "script-error": 500}
_NUMBERS = itertools.count(1)  # over all servers: a conversation resumed on a second one must not repeat an id


class ModelServer:
    """A model provider on 127.0.0.1 that follows a script and checks each request.

    A broken rule is answered 400 in the provider's form and recorded; leaving the `with` block then raises
    AssertionError with all of them, unless another exception is on its way. A bad request uses up no turn.
    """

    def __init__(
        self,
        protocol: Literal["chat_completions", "responses", "messages"],
        script: Script,
        *,
        loop: bool = False,
        limits: PictureLimits | None = None,
        forbid: Collection[str] = (),
        refuse_user_after_tool: bool = False,
        json_arguments: bool = False,
        max_prompt_bytes: int | None = None,
        picture_tokens: int = 500,
    ) -> None:
        """`loop` starts a list script over at its end. `limits`: default the provider's.

        `forbid`: canaries that must not be sent. `refuse_user_after_tool` and `json_arguments` (past calls
        must carry valid JSON) imitate stricter servers. `picture_tokens`: what a picture adds to the input.
        """
        self.protocol = PROTOCOLS[protocol]()
        self.limits = limits or self.protocol.limits
        self.max_prompt_bytes = max_prompt_bytes or self.protocol.max_bytes
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self._forbid = tuple(forbid)
        self._options = Options(refuse_user_after_tool, json_arguments)
        self._picture_tokens = picture_tokens
        self._cursor = Cursor(script, loop)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """What the SDK of this protocol takes as its base_url."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{self.protocol.base_suffix}"

    @property
    def served(self) -> int:
        """How many steps of the script were played, repeats included."""
        return self._cursor.served

    @property
    def unused(self) -> int:
        """How many steps of the script were never reached."""
        return self._cursor.unused

    def check(self) -> None:
        """Raise AssertionError with every broken rule, if there is one."""
        if self.violations:
            raise AssertionError("the client broke the protocol:\n  " + "\n  ".join(self.violations))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if kind is None:
            self.check()

    def _record(self, violation: Violation, index: int) -> None:
        self.violations.append(f"{violation} (request {index})")

    def receive(self, path: str, headers: Mapping[str, str], raw: bytes) -> tuple[Request, Action]:
        """Read, check and record one request, and choose what to do about it."""
        protocol = self.protocol
        reading = Reading()
        body: Any = None
        try:
            body = json.loads(raw)
        except ValueError as error:
            reading.flag("malformed", "", f"the body is not JSON: {error}")
        if isinstance(body, dict):
            try:
                reading = protocol.read(body, headers, self._options)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                reading.flag("unreadable", "", f"{type(error).__name__}: {error}")  # too odd to walk: never a crash
            rules.check_tools(reading, protocol.provider)
            rules.check_call_names(reading)
            rules.check_pictures(reading, self.limits)
            rules.check_ids(reading)
        elif not reading.violations:
            reading.flag("malformed", "", "the body is not a JSON object")
        rules.check_secrets(reading, self._forbid, path, headers, body)
        rules.check_size(reading, raw, self.max_prompt_bytes)
        if path.partition("?")[0] != protocol.path:
            reading.flag("unknown-path", path, f"this server knows POST {protocol.path}")
        with self._lock:
            request = Request(len(self.requests), time.monotonic(), path, dict(headers), raw, body or {}, reading)
            self.requests.append(request)
            action = self._choose(request) if not reading.violations else None
            for violation in reading.violations:
                self._record(violation, request.index)
        if action is not None:
            return request, action
        first = reading.violations[0]
        status = _STATUS.get(first.rule, 400)
        answer = protocol.error(status, first.message, first.where or None, first.rule)
        return request, Fail(status, {"x-should-retry": "false"}, answer)

    def _choose(self, request: Request) -> Action | None:
        try:
            action = self._cursor.next(request)
        except Exception as error:  # noqa: BLE001 - a test's own callable: its failure must reach the test
            request.reading.flag("script-error", "", f"{type(error).__name__}: {error}")
            return None
        if action is None:
            request.reading.flag("script-exhausted", "", f"no step left after {self._cursor.served}")
        return action

    def reply_to(self, request: Request, turn: Turn) -> Reply:
        """A turn with ids and token counts: 4 characters a token, and `picture_tokens` a picture."""
        number = next(_NUMBERS)
        calls = [
            replace(call, id=call.id or f"{self.protocol.call_prefix}{number}_{index}")
            for index, call in enumerate(turn.calls)
        ]
        said = turn.text + "".join(call.name + arguments_of(call) for call in calls)
        thought = math.ceil(len(turn.reasoning or "") / 4)
        declared = json.dumps([[t.name, t.description, t.schema] for t in request.reading.tools])
        shown = sum(part.picture is not None for part in request.parts)
        usage = turn.usage or Usage(
            input=math.ceil(len(prompt_text(request.parts) + declared) / 4) + shown * self._picture_tokens,
            output=math.ceil(len(said) / 4) + thought,
            reasoning=thought,
        )
        return Reply(turn, calls, number, request.model, usage)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the server's end."""
        self._stopping.wait(seconds)

    def _handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        server = self

        class Handler(_Handler):
            model = server

        return Handler


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # an eval opens many connections at once; the default is 5


class _Handler(BaseHTTPRequestHandler):
    model: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the record is `requests`."""

    def do_GET(self) -> None:
        """No client of a scripted model has anything to fetch: recorded like any request."""
        self._answer(b"")

    def do_POST(self) -> None:
        """One request of the protocol."""
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, raw: bytes) -> None:
        request, action = self.model.receive(self.path, dict(self.headers), raw)
        try:
            self._act(request, action)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave up first; that is its right

    def _act(self, request: Request, action: Action) -> None:
        protocol = self.model.protocol
        match action:
            case Fail():
                body = (
                    protocol.error(action.status, status_message(action.status)) if action.body is None else action.body
                )
                self._json(action.status, body, action.headers)
            case Hang():
                self.model.pause(action.seconds)
                if action.then is not None:
                    self._act(request, action.then)
                self.close_connection = True
            case Drop():
                if action.after_events:
                    self._turn(request, action.turn, action.after_events)
                self.close_connection = True
            case Turn():
                self._turn(request, action, None)

    def _turn(self, request: Request, turn: Turn, stop_after: int | None) -> None:
        protocol = self.model.protocol
        reply = self.model.reply_to(request, turn)
        full = protocol.reply(reply)
        if not request.stream:
            if stop_after is None:
                self._json(200, full, {})
            return
        self._head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        for name, data in itertools.islice(protocol.events(reply, full, request.body), stop_after):
            line = data if isinstance(data, str) else json.dumps(data)
            event = (f"event: {name}\n" if name else "") + f"data: {line}\n\n"
            encoded = event.encode()
            self.wfile.write(f"{len(encoded):x}\r\n".encode() + encoded + b"\r\n")
        if stop_after is None:
            self.wfile.write(b"0\r\n\r\n")  # without it the client sees a broken transfer, which is what Drop wants

    def _json(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        encoded = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self._head(status, {"Content-Type": "application/json", "Content-Length": str(len(encoded)), **headers})
        self.wfile.write(encoded)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Connection", "close")  # no idle connections: each test leaves nothing behind
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

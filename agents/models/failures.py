"""Provider failures in words: what the SDKs raise after their own retries, as one line with a remedy.

The OpenAI, Anthropic and Google SDKs all put the HTTP status on the exception; connection errors have none and are
known by their class. Nothing is retried here: the SDKs retry 429, 5xx, timeouts and lost connections with backoff.
"""

from __future__ import annotations

from sightline.memory import InfrastructureError

_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "gemini": "GOOGLE_API_KEY",
}


def key_variable(provider: str) -> str:
    """The environment variable that holds a provider's key."""
    return _KEYS.get(provider, f"{provider.upper()}_API_KEY")


def explain(error: Exception, model: str, provider: str, base_url: str | None) -> InfrastructureError | None:
    """A provider's exception as an `InfrastructureError`; None for one that is not the provider's doing.

    Args:
        error: What was raised.
        model: The model asked for.
        provider: `openai`, `anthropic`, ...
        base_url: The server, where it is not the provider's own.
    """
    server = base_url or provider
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    names = {cls.__name__ for cls in type(error).__mro__}
    said = first_line(error)
    if _broke_off(error):
        return InfrastructureError(
            f"The connection to {server} broke off ({said}).", "Check that the server runs; then `sightline resume`."
        )
    if "APITimeoutError" in names or "TimeoutException" in names:
        return InfrastructureError(
            f"{server} did not answer in time, also after retries.",
            "Try again later, or use a faster model; then `sightline resume`.",
        )
    if names & {"APIConnectionError", "ConnectError", "ConnectionError", "TransportError"}:
        return InfrastructureError(
            f"{server} cannot be reached ({said}).",
            "Check that the server runs and that --base-url is right." if base_url else "Check the network connection.",
        )
    if not isinstance(status, int) or status < 400:
        return _not_understood(error, names, provider, base_url)
    if status == 401:
        return InfrastructureError(
            f"{server} refuses the key (401).", f"Set a valid one: export {key_variable(provider)}=..."
        )
    if status == 403:
        return InfrastructureError(
            f"{server} does not allow this key to use {model} (403: {said}).", "Check the account's rights."
        )
    if status == 404:
        return InfrastructureError(
            f"{server} knows no model {model} (404: {said}).",
            "Check the model's name, and --base-url if one is given.",
        )
    if status == 429:
        return InfrastructureError(
            f"{server} limits the rate or the quota is used up (429, also after retries: {said}).",
            "Wait, then `sightline resume`; or check the account's quota.",
        )
    if status >= 500:
        return InfrastructureError(
            f"{server} failed ({status}, also after retries: {said}).",
            "Try again later with `sightline resume`.",
        )
    return InfrastructureError(
        f"{server} rejected the request ({status}: {said}).",
        "A server that is not the provider's own may need a ModelProfile that fits it; see docs/models.md.",
    )


def _broke_off(error: Exception) -> bool:
    """Whether a connection that stood was lost, which the SDKs wrap, or (in the middle of a stream) do not."""
    cause: BaseException | None = error
    while cause is not None:
        if {cls.__name__ for cls in type(cause).__mro__} & {"RemoteProtocolError", "ReadError", "WriteError"}:
            return True
        cause = cause.__cause__
    return False


def _not_understood(
    error: Exception, names: set[str], provider: str, base_url: str | None
) -> InfrastructureError | None:
    """A reply that came with success and cannot be read: an SDK then raises whatever its reading runs into."""
    known = base_url is not None or provider in _KEYS
    odd = isinstance(error, ValueError | TypeError | AttributeError | LookupError | RecursionError)
    if "APIError" not in names and not (known and odd):
        return None
    return InfrastructureError(
        f"{base_url or provider} gave a reply that its SDK cannot read ({type(error).__name__}: {first_line(error)}).",
        "Check --base-url: OpenAI-compatible servers mostly want /v1 at its end."
        if base_url and provider == "openai"
        else "Try again later with `sightline resume`.",
    )


def first_line(error: Exception) -> str:
    """What an error says, on one line of at most 200 characters."""
    body = getattr(error, "body", None)
    message = None
    if isinstance(body, dict):
        inner = body.get("error", body)
        message = inner.get("message") if isinstance(inner, dict) else None
    text = " ".join(str(message or str(error) or type(error).__name__).split())
    return text if len(text) <= 200 else text[:197] + "..."

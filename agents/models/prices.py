"""What models cost: published list prices, and the arithmetic of one call.

A price that nobody confirmed is unknown (`None`), never guessed: a dollar budget on a guess is worse than none. The
table holds standard (not batch, flex, fast or regional) prices of the providers' own services. It was read on
`PRICES_AS_OF` from the data of `genai-prices` 0.2.3 (Pydantic; itself transcribed from the providers' pricing pages)
and compared, for the newer generations, with Anthropic's model pages and with notes that quote OpenAI's and Google's
pricing pages (September to November 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

PRICES_AS_OF = "2026-11-21"
"""The day the table below was read from its sources."""


@dataclass(frozen=True)
class Prices:
    """Dollars per million tokens.

    Attributes:
        input: Tokens read that are neither from the provider's cache nor written to it.
        cached_input: Tokens read from the provider's cache.
        cache_write: Tokens read and written to the cache (Anthropic: for five minutes).
        output: Tokens written, hidden reasoning included.
        long_prompt: A call that reads more tokens than this is dearer as a whole; None where length does not matter.
        long_input_factor: How many times dearer its tokens read are.
        long_output_factor: How many times dearer its tokens written are.
    """

    input: float
    cached_input: float
    cache_write: float
    output: float
    long_prompt: int | None = None
    long_input_factor: float = 1.0
    long_output_factor: float = 1.0

    @property
    def free(self) -> bool:
        """Whether every call costs nothing."""
        return not (self.input or self.cached_input or self.cache_write or self.output)

    def cost(self, input_tokens: int, cached: int, cache_creation: int, output: int) -> float:
        """Dollars for one call.

        Args:
            input_tokens: All tokens read, those of the next two included (LangChain's `usage_metadata`).
            cached: Of these, read from the cache.
            cache_creation: Of these, written to the cache.
            output: Tokens written.
        """
        # Some servers count cached tokens beside the input instead of within it; that must not give a refund.
        fresh = max(0, input_tokens - cached - cache_creation)
        read = fresh * self.input + cached * self.cached_input + cache_creation * self.cache_write
        written = output * self.output
        if self.long_prompt is not None and input_tokens > self.long_prompt:
            read, written = read * self.long_input_factor, written * self.long_output_factor
        return (read + written) / 1e6


FREE = Prices(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class _Listed:
    """One line of a price list: names it holds for, and each price with the first day it holds."""

    provider: str
    pattern: re.Pattern[str]
    steps: tuple[tuple[date, Prices], ...]


def _usd(
    read: float,
    output: float,
    cached: float | None = None,
    write: float | None = None,
    long: tuple[int, float, float] | None = None,
) -> Prices:
    """A price; where nothing is listed for cached or written tokens, they cost what any token read costs."""
    above, times_read, times_output = long or (None, 1.0, 1.0)
    read_cached, written = read if cached is None else cached, read if write is None else write
    return Prices(float(read), float(read_cached), float(written), float(output), above, times_read, times_output)


def _line(provider: str, names: str, price: Prices, *later: tuple[str, Prices]) -> _Listed:
    """`names` is a regular expression; a dated snapshot of such a name costs the same. `later`: (from day, price)."""
    dated = r"(-\d{4}-\d{2}-\d{2}|-\d{8})?"
    steps = ((date.min, price), *((date.fromisoformat(day), p) for day, p in later))
    return _Listed(provider, re.compile(f"({names}){dated}"), steps)


_O, _A, _G = "openai", "anthropic", "google_genai"
_LONG_272K, _LONG_200K = (272_000, 2.0, 1.5), (200_000, 2.0, 1.5)

_LIST: tuple[_Listed, ...] = (
    # OpenAI: read, written, cached, written to the cache (billed apart from GPT-5.6 on).
    _line(_O, r"gpt-6\.1-sol", _usd(2, 10, 0.1, 2.5, _LONG_272K)),
    _line(_O, r"gpt-6\.1-terra", _usd(1, 5, 0.05, 1.25, _LONG_272K)),
    _line(_O, r"gpt-6-astra", _usd(10, 50, 1, 12.5, _LONG_272K)),
    _line(_O, r"gpt-6-sol", _usd(2, 10, 0.2, 2.5, _LONG_272K)),
    _line(_O, r"gpt-6-luna", _usd(0.1, 0.5, 0.01, 0.125, _LONG_272K)),
    _line(_O, r"gpt-5\.6(-sol)?", _usd(4, 20, 0.4, 5, _LONG_272K)),
    _line(_O, r"gpt-5\.6-terra", _usd(2, 12, 0.2, 2.5, _LONG_272K)),
    _line(_O, r"gpt-5\.6-luna", _usd(0.2, 1.2, 0.02, 0.25, _LONG_272K)),
    _line(_O, r"gpt-5\.[45]-pro", _usd(30, 180, long=_LONG_272K)),
    _line(_O, r"gpt-5\.5", _usd(5, 30, 0.5, long=_LONG_272K)),
    _line(_O, r"gpt-5\.4", _usd(2.5, 15, 0.25, long=_LONG_272K)),
    _line(_O, r"gpt-5\.4-mini", _usd(0.75, 4.5, 0.075)),
    _line(_O, r"gpt-5\.4-nano", _usd(0.2, 1.25, 0.02)),
    _line(_O, r"gpt-5\.2|gpt-5\.3-codex", _usd(1.75, 14, 0.175)),
    _line(_O, r"gpt-5\.2-pro", _usd(21, 168)),
    _line(_O, r"gpt-5|gpt-5\.1", _usd(1.25, 10, 0.125)),
    _line(_O, r"gpt-5-mini", _usd(0.25, 2, 0.025)),
    _line(_O, r"gpt-5-nano", _usd(0.05, 0.4, 0.005)),
    _line(_O, r"gpt-5-pro", _usd(15, 120)),
    _line(_O, r"gpt-4\.1", _usd(2, 8, 0.5)),
    _line(_O, r"gpt-4\.1-mini", _usd(0.4, 1.6, 0.1)),
    _line(_O, r"gpt-4\.1-nano", _usd(0.1, 0.4, 0.025)),
    _line(_O, r"gpt-4o-2024-05-13", _usd(5, 15)),
    _line(_O, r"gpt-4o", _usd(2.5, 10, 1.25)),
    _line(_O, r"gpt-4o-mini", _usd(0.15, 0.6, 0.075)),
    _line(_O, r"o4-mini", _usd(1.1, 4.4, 0.275)),
    _line(_O, r"o3", _usd(2, 8, 0.5)),
    _line(_O, r"o3-pro", _usd(20, 80)),
    _line(_O, r"o1", _usd(15, 60, 7.5)),
    # Anthropic: cache writes for five minutes.
    _line(_A, r"claude-fable-5-2", _usd(8, 40, 0.2, 10)),
    _line(_A, r"claude-fable-5-1", _usd(10, 50, 0.25, 12.5)),
    _line(_A, r"claude-fable-5", _usd(10, 50, 1, 12.5)),
    _line(_A, r"claude-mythos-5-2", _usd(8, 40, 0.2, 10)),
    _line(_A, r"claude-opus-5-5", _usd(4, 20, 0.2, 5)),
    _line(_A, r"claude-opus-(5|4-[5-8])", _usd(5, 25, 0.5, 6.25)),
    _line(_A, r"claude-opus-4-[01]", _usd(15, 75, 1.5, 18.75)),
    _line(_A, r"claude-sonnet-5-5", _usd(2, 10, 0.1, 2.5)),
    _line(_A, r"claude-sonnet-5", _usd(2, 10, 0.2, 2.5)),
    _line(_A, r"claude-sonnet-4-6", _usd(3, 15, 0.3, 3.75)),
    _line(_A, r"claude-sonnet-4-5", _usd(3, 15, 0.3, 3.75, _LONG_200K)),
    _line(_A, r"claude-haiku-5-5", _usd(0.1, 0.5, 0.01, 0.125, (100_000, 5.0, 5.0))),
    _line(_A, r"claude-haiku-4-5", _usd(1, 5, 0.1, 1.25)),
    # Google: the Gemini Developer API (Vertex AI has a list of its own). Some prices double on a published day.
    _line(_G, r"gemini-4-argon", _usd(2, 10, 0.1), ("2026-12-01", _usd(4, 20, 0.2))),
    _line(_G, r"gemini-3\.[678]-flash", _usd(0.75, 3.75, 0.075), ("2027-01-01", _usd(1.5, 7.5, 0.15))),
    _line(_G, r"gemini-3\.5-flash", _usd(1.5, 9, 0.15)),
    _line(_G, r"gemini-3\.5-flash-lite", _usd(0.3, 2.5, 0.03)),
    _line(_G, r"gemini-3\.1-pro-preview", _usd(2, 12, 0.2, long=_LONG_200K)),
    _line(_G, r"gemini-3\.1-flash-lite", _usd(0.25, 1.5, 0.025)),
    _line(_G, r"gemini-3-flash-preview", _usd(0.5, 3, 0.05)),
    _line(_G, r"gemini-2\.5-pro", _usd(1.25, 10, 0.125, long=_LONG_200K)),
    _line(_G, r"gemini-2\.5-flash", _usd(0.3, 2.5, 0.03)),
    _line(_G, r"gemini-2\.5-flash-lite", _usd(0.1, 0.4, 0.01)),
)


def listed_price(provider: str, name: str, on: date) -> Prices | None:
    """The list price of a provider's own service on a day; None where it is not known.

    Args:
        provider: `openai`, `anthropic` or `google_genai`; others have no list here.
        name: The model's name at that provider, with or without the date of a snapshot.
        on: The day of the call.
    """
    for line in _LIST:
        if line.provider == provider and line.pattern.fullmatch(name):
            return [price for first_day, price in line.steps if first_day <= on][-1]
    return None

"""Samples: seeded, of every type, spread over clusters, groups whole; and what they are called."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.evals.item import Asked, Item
from sightline.evals.statistics.sampling import draw, sample_hash


def item(name: str, category: str = "a", cluster: str = "", group: str = "") -> Item:
    return Item(name, Asked("How many?", "integer"), 1, category, cluster or name, group)


@st.composite
def benchmarks(draw_: st.DrawFn) -> list[Item]:
    rows = draw_(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5)), min_size=1, max_size=80))
    return [item(str(k), category, str(cluster)) for k, (category, cluster) in enumerate(rows)]


@given(benchmarks(), st.integers(1, 90), st.integers(0, 2**32))
def test_a_sample_has_its_size_no_question_twice_and_every_type_near_its_share(
    items: list[Item], n: int, seed: int
) -> None:
    sample = draw(items, n, seed)
    ids = [one.id for one in sample]
    assert len(ids) == len(set(ids)) == min(n, len(items))
    assert [one for one in items if one.id in set(ids)] == sample
    assert draw(items, n, seed) == sample
    sizes, drawn = Counter(one.category for one in items), Counter(one.category for one in sample)
    if n >= len(sizes):
        assert set(drawn) == set(sizes)
    lifted = sum(max(0.0, 1 - n * size / len(items)) for size in sizes.values())
    for category, size in sizes.items():
        assert abs(drawn[category] - min(n, len(items)) * size / len(items)) <= 1 + lifted


@given(benchmarks(), st.integers(1, 40), st.integers(0, 1000))
def test_no_cluster_has_more_than_its_share_of_a_type(items: list[Item], n: int, seed: int) -> None:
    sample = draw(items, n, seed)
    of = Counter((one.category, one.cluster) for one in items)
    drawn = Counter((one.category, one.cluster) for one in sample)
    sizes, quotas = Counter(one.category for one in items), Counter(one.category for one in sample)
    for (category, cluster), size in of.items():
        assert drawn[category, cluster] <= quotas[category] * size / sizes[category] + 2


def test_every_question_has_the_same_chance_in_large_and_in_small_clusters() -> None:
    items = [item(str(k), cluster="large" if k < 30 else f"small{k}") for k in range(40)]
    counts = Counter(one.id for seed in range(4000) for one in draw(items, 10, seed))
    assert min(counts.values()) > 850
    assert max(counts.values()) < 1150


def test_another_seed_draws_another_sample() -> None:
    items = [item(str(k)) for k in range(100)]
    assert draw(items, 20, 0) != draw(items, 20, 1)


def test_questions_that_count_together_are_drawn_together() -> None:
    items = [item(f"{k}-{order}", "ab"[k % 2], f"picture{k}", f"question{k}") for k in range(40) for order in range(4)]
    sample = draw(items, 40, 7)
    assert len(sample) == 40
    assert set(Counter(one.group for one in sample).values()) == {4}
    assert Counter(one.category for one in sample) == {"a": 20, "b": 20}


def test_where_there_are_fewer_than_asked_for_all_are_drawn() -> None:
    items = [item(str(k)) for k in range(5)]
    assert draw(items, 5, 3) == items
    assert draw(items, 50, 3) == items


def test_a_sample_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="a sample of 0"):
        draw([item("1")], 0, 0)


def test_a_sample_is_called_by_its_ids_in_any_order() -> None:
    assert sample_hash(["b", "a"]) == sample_hash(["a", "b"])
    assert sample_hash(["a", "b"]) != sample_hash(["a", "c"])
    assert sample_hash(["ab"]) != sample_hash(["a", "b"])
    # Written in logs: it may not change between versions.
    assert sample_hash(["vsi-1", "vsi-2"]) == "ad9b184c51bf"

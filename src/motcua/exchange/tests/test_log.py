"""The log of messages: what has not the shape of the interface stands in it too, and what is old leaves it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers.tests import traces
from motcua.dossiers.tests.test_parts import group, part
from motcua.exchange import queries, rules
from motcua.exchange.models import Message, MessageCount
from motcua.exchange.operations import tidying
from motcua.exchange.rules import Kind, MessageState
from motcua.exchange.tests.connection import admin, connected
from motcua.exchange.tests.test_incoming import MESSAGES, NOON, bearer, law_of_2026, logged, tell
from motcua.platform import clock

__all__ = ["law_of_2026"]
database = [
    pytest.mark.usefixtures("province", "law_of_2026"),
    pytest.mark.django_db(transaction=True),
]


def marked(test: Any) -> Any:
    for mark in database:
        test = mark(test)
    return test


@marked
def test_what_has_not_the_shape_stands_in_the_log_masked_and_bounded() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    headers = bearer(row)
    before = traces.everything()
    wrong = {"message_id": "X-1", "dossier": child.code, "status": "chín", "owner": {"name": "Nguyễn Văn An"}}
    said = Client().post(MESSAGES, wrong, content_type="application/json", headers=headers)
    assert said.status_code == 422
    (one,) = logged("X-1")
    assert (one.kind, one.state, one.dossier_code, one.subject) == (
        Kind.MISSHAPEN, MessageState.REFUSED, child.code, child.subject,
    )  # fmt: skip
    assert one.content["owner"] == {"name": "•••"} and "status" in one.reason
    assert "Nguyễn" not in json.dumps(one.content, ensure_ascii=False) + one.reason
    assert traces.everything() == before, "nothing but the line of the log"
    broken = Client().post(MESSAGES, "{", content_type="application/json", headers=headers)
    assert broken.status_code in (400, 422)
    huge = {"message_id": "X-2", "note": "x" * 500_000}
    Client().post(MESSAGES, huge, content_type="application/json", headers=headers)
    kinds = Message.objects.filter(kind=Kind.MISSHAPEN.value).order_by("pk")
    assert [set(one.content) for one in kinds][1] == {"size"}
    assert all(len(json.dumps(one.content)) < rules.LARGEST_KEPT for one in kinds)
    assert kinds.count() == 3
    nobody = Client().post(MESSAGES, wrong, content_type="application/json")
    assert nobody.status_code == 401 and kinds.count() == 3
    good = tell(headers, child, 2, "X-1", 20)  # the id is free: nothing was taken under it
    assert good.json()["outcome"] == "applied"


@marked
def test_old_contents_are_masked_and_old_rows_become_counts() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    headers = bearer(row)
    Message.objects.filter(partner=row).delete()
    assert tell(headers, child, 2, "L-1", 20, note="Công dân Nguyễn Văn An").status_code == 200
    assert tell(headers, child, 4, "L-2", 30).status_code == 200
    waiting = Message.objects.create(
        partner=row, direction="out", kind="opened", message_id="W-1", content={"owner": {"name": "An"}},
        digest="", state="failed", at=NOON, created_at=clock.real_now(),
    )  # fmt: skip
    now = clock.real_now()
    keep = rules.retention({"content_days": 180, "row_days": 1825})
    assert keep is not None
    assert tidying.tidy(real_at=now) == tidying.Tidied()
    later = now + keep.content + timedelta(minutes=1)
    assert tidying.tidy(real_at=later) == tidying.Tidied(masked=2)
    (one,) = logged("L-1")
    assert one.content["note"] == "•••" and one.content["dossier"] == child.code and one.cleared_at == later
    assert tidying.tidy(real_at=later) == tidying.Tidied()
    again = tell(headers, child, 2, "L-1", 20, note="Công dân Nguyễn Văn An")
    assert again.json()["again"] is True, "a message told again is known without its content"
    end = now + keep.rows + timedelta(minutes=1)
    assert tidying.tidy(real_at=end, batch=1) == tidying.Tidied(counted=1)
    assert tidying.tidy(real_at=end) == tidying.Tidied(counted=1)
    assert tidying.tidy(real_at=end) == tidying.Tidied()
    counts = MessageCount.objects.values_list("direction", "kind", "state", "count")
    assert list(counts) == [("in", "report", "applied", 2)]
    assert list(Message.objects.filter(partner=row)) == [waiting], "what is not through stays as it is"
    assert queries.health(admin(), at=NOON, real_at=end)[row.pk].cleared == 2


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_is_kept_of_any_request_is_bounded_json(said: Any) -> None:
    kept = rules.kept_of(json.dumps(said).encode())
    assert len(json.dumps(kept, ensure_ascii=False)) <= rules.LARGEST_KEPT


@given(st.binary(max_size=200))
def test_what_is_no_json_is_told_by_its_size(body: bytes) -> None:
    kept = rules.kept_of(body)
    assert isinstance(kept, dict)


@given(st.one_of(st.none(), st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9))))
def test_trouble_grows_with_the_wait(waits: timedelta | None) -> None:
    found = rules.sync({"minutes": 10, "repair_hours": 24, "window_days": 30})
    assert found is not None
    trouble = found.trouble(waits)
    assert (trouble is rules.Trouble.NONE) == (waits is None or waits <= timedelta(minutes=10))
    assert (trouble is rules.Trouble.UNREPAIRED) == (waits is not None and waits > timedelta(hours=24))

"""What import-linter cannot see: a foreign key given as a string, and a reverse accessor."""

from __future__ import annotations

import tomllib
from itertools import chain

import pytest
from django.apps import apps
from django.db import models

from motcua.platform.installation import ROOT


def ranks() -> dict[str, int]:
    """Room -> height of its layer, from the import contract; the lowest layer is 0."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    names = [[name.strip(" ()") for name in layer.split("|")] for layer in layers]
    return {name: height for height, layer in enumerate(reversed(names)) for name in layer}


def room_of(model: type[models.Model]) -> str | None:
    parts = model.__module__.split(".")
    return parts[1] if parts[0] == "motcua" else None


RELATIONS = [
    pytest.param(model, field, id=f"{model._meta.label}.{field.name}")
    for model in apps.get_models()
    if room_of(model)
    for field in chain(model._meta.local_fields, model._meta.local_many_to_many)
    if isinstance(field, models.ForeignKey | models.ManyToManyField)
]


@pytest.mark.parametrize(("model", "field"), RELATIONS)
def test_a_key_points_down_and_leaves_no_name_there(
    model: type[models.Model], field: models.ForeignKey[models.Model, models.Model]
) -> None:
    target = field.related_model
    assert isinstance(target, type)
    here, there = room_of(model), room_of(target)
    assert here is not None
    assert there is not None, f"{target} is no model of ours"
    if here != there:
        assert ranks()[there] < ranks()[here], f"{here} is not above {there}"
        assert field.remote_field.related_name == "+", "a key between rooms says related_name='+'"


def test_nothing_points_into_the_ledger_and_the_outbox() -> None:
    targets = {param.values[1].related_model._meta.label for param in RELATIONS}  # type: ignore[union-attr]
    assert not targets & {"platform.LedgerEntry", "platform.OutboxEvent", "platform.AccessNote"}

"""The description of the API is kept beside the code and says what the code says."""

from __future__ import annotations

import json

import yaml
from django.test import Client

from motcua.api.management.commands.openapi import FILE, text
from motcua.api.urls import api


def test_the_committed_description_is_the_one_of_the_code() -> None:
    assert FILE.read_text("utf-8") == text(), "run `./run manage openapi` and commit openapi.yaml"


def test_every_write_that_acts_takes_a_key_and_answers_with_what_it_did() -> None:
    paths = yaml.safe_load(FILE.read_text("utf-8"))["paths"]
    for path, methods in paths.items():
        if "/dossiers" not in path or "post" not in methods:
            continue
        names = {parameter["name"] for parameter in methods["post"]["parameters"]}
        assert "Idempotency-Key" in names, path
        assert {"401", "403", "404", "409", "422"} <= set(methods["post"]["responses"]), path


def test_where_guessing_is_stopped_the_description_says_so() -> None:
    paths = yaml.safe_load(FILE.read_text("utf-8"))["paths"]
    assert "429" in paths["/api/v1/session"]["post"]["responses"]
    assert "429" in paths["/api/v1/track"]["get"]["responses"]


def test_the_description_is_made_once_and_given_to_everybody(client: Client) -> None:
    first = api.get_openapi_schema(path_prefix="/api/v1/")
    assert client.get("/api/v1/openapi.json").json() == json.loads(json.dumps(first))
    assert api.get_openapi_schema(path_prefix="/api/v1/") is first

"""A citizen files through the pages, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.models import Dossier
from motcua.forms import rules as form_rules
from motcua.forms.models import Draft
from motcua.platform import clock
from motcua.setup.scan import sample_file


def begun(client: Client, procedure: str) -> str:
    """Begin a draft for oneself; return where its steps are."""
    client.post(f"/nop-ho-so/{procedure}/")
    where = f"/nop-ho-so/{procedure}/{Draft.objects.latest('id').pk}"
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    return where


def filed(client: Client, where: str, chosen: Mapping[str, Any]) -> tuple[Dossier, str]:
    """Go through the other steps with sample answers and papers; return the dossier and the text of the last step."""
    procedure, draft = where.split("/")[2:4]
    assert client.post(f"{where}/noi-nhan/", {**chosen, "_next": "1"}).status_code == 302
    definition = catalogue.current(procedure, clock.today())
    answers = form_rules.sample_answers(definition.body["eform"], {}, clock.today())
    Draft.objects.filter(pk=draft).update(answers=answers)
    wanted = [paper for paper in client.get(f"{where}/giay-to/").context["papers"] if paper.required]
    files = {paper.input: SimpleUploadedFile("a.pdf", sample_file(), "application/pdf") for paper in wanted}
    assert client.post(f"{where}/giay-to/", {"_next": "1", **files}).status_code == 302
    review = client.get(f"{where}/kiem-tra/")
    sent = {"_key": review.context["key"], "_submit": "1", "consent": "on"}
    answer = client.post(f"{where}/kiem-tra/", sent)
    assert answer.status_code == 302, (answer.context["general"], answer.context["errors"])
    return Dossier.objects.latest("subject"), review.content.decode()

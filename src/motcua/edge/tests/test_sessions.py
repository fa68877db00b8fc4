from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from motcua.edge.sessions import AudienceSessionMiddleware


def remember(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = request.session.get("seen", 0) + 1
    return HttpResponse(str(request.session["seen"]))


def forget(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return HttpResponse()


class Browser:
    """Keeps cookies between requests, as a browser does."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def get(self, path: str, view: object = remember, **headers: str) -> HttpResponse:
        factory = RequestFactory()
        factory.cookies.load(self.cookies)
        response = AudienceSessionMiddleware(view)(factory.get(path, headers=headers))  # type: ignore[arg-type]
        assert isinstance(response, HttpResponse)
        for name, morsel in response.cookies.items():
            self.cookies[name] = morsel.value
            if morsel["max-age"] == 0:
                del self.cookies[name]
        return response


@pytest.mark.django_db
def test_staff_and_citizen_are_different_sessions() -> None:
    browser = Browser()
    assert browser.get("/ho-so").content == b"1"
    answer = browser.get("/can-bo/viec")
    assert answer.content == b"1"
    assert answer.cookies["motcua_staff"]["httponly"]
    assert set(browser.cookies) == {"motcua_citizen", "motcua_staff"}
    assert browser.get("/ho-so").content == b"2"
    assert browser.get("/lanh-dao").content == b"2"
    assert browser.get("/can-bo-khac").content == b"3"  # a citizen page whose name begins alike


@pytest.mark.django_db
def test_signing_out_of_one_leaves_the_other() -> None:
    browser = Browser()
    browser.get("/ho-so")
    browser.get("/can-bo")
    browser.get("/can-bo/thoat", forget)
    assert set(browser.cookies) == {"motcua_citizen"}
    assert browser.get("/ho-so").content == b"2"


@pytest.mark.django_db
def test_the_api_asks_for_an_audience() -> None:
    browser = Browser()
    browser.get("/ho-so")
    assert browser.get("/api/v1/x").content == b"2"
    browser.get("/can-bo")
    assert browser.get("/api/v1/x").content == b"2"
    assert browser.get("/api/v1/x", **{"X-Motcua-Audience": "citizen"}).content == b"3"

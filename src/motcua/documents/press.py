"""
From a frozen paper to PDF bytes: print templates, their filters, QR codes, WeasyPrint.

Nothing here reads the database or the network; a template may fetch nothing but inline data. WeasyPrint is imported
with the first page that is printed: most processes print none, and it takes a third of the time they start in.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import segno
from django.template import Context, Engine, Library, Template
from django.utils.safestring import SafeString, mark_safe

from motcua.documents import rooms, wording
from motcua.documents.papers import Paper

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    from motcua.catalogue.queries import Template as CatalogueTemplate

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"

register = Library()
register.filter("day_words", wording.day_words)
register.filter("moment_words", wording.moment_words)
register.filter("short_day", wording.short_day)
register.filter("short_moment", wording.short_moment)
register.filter("hour", wording.hour)
register.filter("money", wording.money)
register.filter("dotted", wording.dotted)
register.filter("amount_words", wording.amount_words)
register.filter("two_digits", wording.two_digits)
register.filter("balanced", wording.balanced)
register.filter("under", wording.under)
register.simple_tag(rooms.room, name="room")


@register.filter
def id_number(number: str, masked: bool) -> str:
    """Return a personal number or tax code, masked where the paper passes through other hands."""
    return wording.masked_number(number) if masked else number


@register.filter
def email(address: str, masked: bool) -> str:
    """Return an e-mail address, masked where the paper passes through other hands."""
    return wording.masked_email(address) if masked else address


@register.filter
def qr(content: str) -> SafeString:
    """Return the address of a QR picture (SVG, error correction M) of the text."""
    symbol = segno.make(content, error="m", micro=False)
    return mark_safe(symbol.svg_data_uri(scale=4, border=2))  # noqa: S308 (made here, not by a person)


@dataclass(frozen=True, slots=True)
class Frame:
    """
    A print template as it stood when a paper was frozen: what `Document.frame` holds.

    `path` is the shipped file; `source` the province's own template in its place, where it keeps one.
    """

    code: str
    regime: str
    form_no: str
    title: str
    path: str
    legal_basis: str
    source: str = ""

    @classmethod
    def of(cls, template: CatalogueTemplate) -> Self:
        """Return the frame of a template as the catalogue has it."""
        return cls(
            code=template.code,
            regime=template.regime,
            form_no=template.form_no,
            title=template.title,
            path=template.path,
            legal_basis=template.legal_basis,
            source=template.source,
        )

    @property
    def reference(self) -> str:
        """Return the short name of the template version: "slip/tt01_2018"."""
        return f"{self.code}/{self.regime}"


# Symbols such as NĐ-CP or QĐ-UBND stay on one line: a word joiner after their hyphen.
_SYMBOL: Final = re.compile(r"(?<=[A-ZĐƯƠÂĂÊÔ])-(?=[A-ZĐƯƠÂĂÊÔ])(?=[^<>]*<)")


class _Undefined(str):
    """Shows up where a template names something a paper does not have: the paper must not be printed."""

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, name: object) -> str:
        raise LookupError(f"print template names {name}, which the paper does not have")


@cache
def _engine() -> Engine:
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=True, string_if_invalid=_Undefined("%s"))
    engine.template_builtins.append(register)
    return engine


@cache
def _shipped(path: str) -> Template:
    return _engine().get_template(path)


@cache
def _style(path: str) -> CSS:
    from weasyprint import CSS

    return CSS(string=(TEMPLATES / path).read_text("utf-8"), font_config=_fonts(), url_fetcher=_no_fetching())


@cache
def _fonts() -> FontConfiguration:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _no_fetching() -> URLFetcher:
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",), fail_on_errors=True)


_PRESS: Final = threading.Lock()


def html(frame: Frame, paper: Paper, *, number: str = "", copy_no: int = 1, check_url: str = "") -> str:
    """
    Return the page of a paper; `check_url` is where an issued one is checked, empty where nothing was issued.

    :raises LookupError: the template names something the paper does not have.
    """
    template = _engine().from_string(frame.source) if frame.source else _shipped(frame.path)
    values: Mapping[str, Any] = {
        "p": paper, "frame": frame, "number": number, "copy_no": copy_no, "check_url": check_url,
    }  # fmt: skip
    return _SYMBOL.sub("-\N{WORD JOINER}", template.render(Context(values)))


def pdf(frame: Frame, paper: Paper, *, number: str = "", copy_no: int = 1, check_url: str = "") -> bytes:
    """
    Return the paper as tagged PDF (PDF/UA-1) with its empty signature fields; about 0.1 to 0.5 s of CPU.

    :raises LookupError: the template names something the paper does not have, or fetches something.
    """
    page = html(frame, paper, number=number, copy_no=copy_no, check_url=check_url)
    return pressed(
        page, stylesheets=[_style("print/paper.css")], pdf_variant="pdf/ua-1", finisher=rooms.fields
    )


def pressed(page: str, **how: Any) -> bytes:
    """
    Return a page of ours as PDF; `how` goes to WeasyPrint.

    :raises LookupError: the page fetches something.
    """
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    # WeasyPrint shares Pango and fontconfig state between threads: one page at a time in a process.
    try:
        with _PRESS:
            made: bytes = HTML(string=page, url_fetcher=_no_fetching()).write_pdf(font_config=_fonts(), **how)
    except FatalURLFetchingError as refused:  # a BaseException: it would end the worker
        raise LookupError(str(refused)) from refused
    return made

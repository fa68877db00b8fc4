"""Text that no database can hold is refused before a view sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from motcua.edge.errors import refused
from motcua.kernel.errors import Invalid


class BadText(Invalid):
    """NUL or a lone surrogate in path, query, form or JSON."""

    code = "bad_text"
    message = "Nội dung gửi lên có ký tự không hợp lệ. Xóa ký tự lạ rồi gửi lại."


class BadBody(Invalid):
    """A body that cannot be read: too many fields, too large, broken parts."""

    code = "bad_body"
    message = "Nội dung gửi lên quá lớn hoặc bị hỏng. Thử lại với nội dung nhỏ hơn."


def is_clean(text: str) -> bool:
    """Tell whether PostgreSQL and UTF-8 can hold the text."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


class CleanInput:
    """Middleware: refuses NUL and lone surrogates in path, query and form with words (422)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if all(map(is_clean, self._texts(request))):
                return self.get_response(request)
        except (RequestDataTooBig, TooManyFieldsSent, MultiPartParserError):
            return refused(request, BadBody())
        except UnicodeError:
            pass
        return refused(request, BadText())

    @staticmethod
    def _texts(request: HttpRequest) -> Iterable[str]:
        yield request.path
        forms = [request.GET]
        if request.method == "POST" and request.content_type in (
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            forms.append(request.POST)
            for name, files in request.FILES.lists():
                yield name
                yield from (file.name or "" for file in files)
        for form in forms:
            for name, values in form.lists():
                yield name
                yield from values

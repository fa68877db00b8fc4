"""How requests come in and answers go out: JSON that a database can hold, and refusals in Vietnamese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import structlog
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja.errors import HttpError, ValidationError
from ninja.params.functions import Header
from ninja.parser import Parser
from pydantic_core import to_json

from motcua.edge.cleaning import BadBody, BadText, is_clean
from motcua.edge.errors import body_of, status_of
from motcua.kernel.errors import DomainError, Invalid

log = structlog.get_logger(__name__)
DEEPEST = 40
KEY = Header(..., alias="Idempotency-Key", min_length=1, max_length=200)


class NotJson(Invalid):
    """The body is no JSON object, or has numbers no JSON knows."""

    code = "bad_json"
    message = "Nội dung gửi lên phải là một đối tượng JSON hợp lệ."


class WrongFields(Invalid):
    """Fields are missing, unknown, or of the wrong kind; `errors` names each."""

    code = "wrong_fields"


def answer(body: Any, status: int = 200) -> HttpResponse:
    """Return a JSON answer; models, dataclasses and moments are written by one pass of native code."""
    return HttpResponse(to_json(body), content_type="application/json; charset=utf-8", status=status)


class CleanJson(Parser):
    """Reads bodies; refuses what no column can hold, also where it hides behind an escape."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """
        Return the body as a dict.

        :raises NotJson, BadText: it is no object; it has NUL or lone surrogates in any text or key.
        """
        raw = request.body
        try:
            body = json.loads(raw, parse_constant=_no_number) if raw else {}
        except (ValueError, RecursionError) as fault:
            raise NotJson from fault
        if not isinstance(body, dict):
            raise NotJson
        if b"\\u0000" in raw or b"\\ud" in raw or b"\\uD" in raw:
            _check_texts(body)
        return body


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _check_texts(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise NotJson
    if isinstance(value, str):
        if not is_clean(value):
            raise BadText
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_texts(key, depth)
            _check_texts(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item, depth + 1)


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the answer to an anticipated refusal."""
    status = status_of(error)
    log.info("request_refused", code=error.code, status=status, path=request.path)
    return answer(body_of(error), status)


def wrong_fields(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Return the answer to a request whose fields do not fit, in words, by field."""
    return refused(
        request,
        WrongFields(
            "Yêu cầu có thông tin thiếu, thừa hoặc sai kiểu.",
            errors={_place(item["loc"]): _words(item) for item in error.errors},
        ),
    )


def unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer to a body that is too large or broken; ninja wraps what its parser raised."""
    cause = error.__context__ if isinstance(error, HttpError) else error
    if isinstance(cause, DomainError):
        return refused(request, cause)
    a_form = isinstance(cause, RawPostDataException)  # read as one on the way in; JSON was wanted
    return refused(request, NotJson() if cause is None or a_form else BadBody())


UNREADABLE = (
    RequestDataTooBig,
    TooManyFieldsSent,
    MultiPartParserError,
    UnreadablePostError,
    RawPostDataException,
    HttpError,
)


def _place(location: tuple[Any, ...]) -> str:
    """Return the name of a field as the caller knows it: without where in the request it stands."""
    path = [str(part) for part in location[1:]] or [str(part) for part in location]
    if location and location[0] == "body" and len(path) > 1:
        path = path[1:]  # the name of our own parameter
    return ".".join(path)[:100]


def _words(item: Mapping[str, Any]) -> str:
    context = item.get("ctx") or {}
    match item["type"]:
        case "missing":
            return "Thiếu thông tin này."
        case "extra_forbidden":
            return "Thông tin này không có trong yêu cầu."
        case "string_too_long":
            return f"Dài quá {context.get('max_length')} ký tự."
        case "string_too_short":
            return "Không được để trống."
        case "too_long":
            return f"Có quá {context.get('max_length')} mục."
        case "greater_than_equal" | "greater_than":
            return f"Phải từ {context.get('ge', context.get('gt'))} trở lên."
        case "less_than_equal" | "less_than":
            return "Số quá lớn."
        case "literal_error" | "enum":
            return f"Chỉ nhận: {context.get('expected')}."
    kind = item["type"].split("_")[0]
    kinds = {
        "string": "một chuỗi ký tự", "int": "một số nguyên", "bool": "đúng hoặc sai", "list": "một danh sách",
        "dict": "một đối tượng", "model": "một đối tượng", "datetime": "ngày giờ dạng ISO 8601",
    }  # fmt: skip
    return f"Cần là {kinds[kind]}." if kind in kinds else "Thông tin này không đúng kiểu."

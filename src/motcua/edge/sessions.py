"""
Two sessions in one browser: an officer who is also a citizen holds both and neither sees the other.

Pages of staff (`settings.STAFF_PATHS`) read the staff cookie, every other page the citizen cookie. The API
takes the audience from the header `X-Motcua-Audience` (`staff` or `citizen`); without it the staff cookie
goes first.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

API_PREFIX = "/api/"


def is_under(path: str, prefixes: tuple[str, ...]) -> bool:
    """Tell whether the path is one of the prefixes or below it."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)


def cookie_name(request: HttpRequest) -> str:
    """Return the name of the session cookie that counts for this request."""
    staff, citizen = settings.STAFF_SESSION_COOKIE_NAME, settings.SESSION_COOKIE_NAME
    if is_under(request.path, settings.STAFF_PATHS):
        return staff
    if request.path.startswith(API_PREFIX):
        asked = request.headers.get("X-Motcua-Audience")
        if asked == "staff" or (asked is None and staff in request.COOKIES):
            return staff
    return citizen


class AudienceSessionMiddleware(SessionMiddleware):
    """
    Django's session middleware with a cookie per audience.

    Django knows one cookie name; the request's cookie is shown to it under that name, and what it sets or
    deletes is given the real name afterwards.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Open the session of the audience."""
        name = cookie_name(request)
        if name != settings.SESSION_COOKIE_NAME:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            if name in request.COOKIES:
                request.COOKIES[settings.SESSION_COOKIE_NAME] = request.COOKIES[name]
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session and set the cookie of the audience."""
        answered = super().process_response(request, response)
        name = cookie_name(request)
        if name != settings.SESSION_COOKIE_NAME and settings.SESSION_COOKIE_NAME in answered.cookies:
            morsel = answered.cookies.pop(settings.SESSION_COOKIE_NAME)
            answered.cookies[name] = morsel.value
            answered.cookies[name].update({key: value for key, value in morsel.items() if value != ""})
        return answered

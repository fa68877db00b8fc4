"""
The token endpoint by RFC 6749 section 4.4 (client credentials), as Authlib has it: clients are partners.

Only its grant, client authentication and error forms are used; a token is an opaque random text of ours, of which a
digest is kept, so that it dies with its partner. Real time.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from django.http import HttpRequest, HttpResponse

from motcua.exchange import queries
from motcua.exchange.models import Partner
from motcua.exchange.operations import signing_in
from motcua.exchange.rules import TOKEN_LASTS, Scope
from motcua.platform import clock

METHODS = ("client_secret_basic", "client_secret_post")


class _Client(ClientMixin):  # type: ignore[misc]  # the library has no types
    """A partner as the library asks about it."""

    def __init__(self, row: Partner) -> None:
        self.row = row
        self.client_id = row.account.username

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return those of the asked scopes the partner has, None for none; all of its own where none was asked for."""
        asked = scope.split() if scope else self.row.scopes
        return " ".join(one for one in self.row.scopes if one in asked) or None

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.row.account.check_password(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class _Request(OAuth2Request):  # type: ignore[misc]
    """
    A request as the library reads it. Whether the line is encrypted is for the proxy and MOTCUA_BASE_URL to say;
    the library would go by the scheme behind the proxy.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__("POST", f"https://{request.get_host()}{request.path}", headers=request.headers)
        self.payload = DjangoOAuth2Payload(request)

    @property
    def form(self) -> Any:
        return self.payload._request.POST


class _Server(AuthorizationServer):  # type: ignore[misc]
    def query_client(self, client_id: str) -> _Client | None:
        row = queries.client(client_id, clock.now())
        return _Client(row) if row is not None else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        signing_in.issue(
            partner=request.client.row,
            token=token["access_token"],
            scopes=token["scope"].split(),
            real_at=clock.real_now(),
        )

    def create_oauth2_request(self, request: HttpRequest) -> _Request:
        return _Request(request)

    def create_bearer_token_generator(self) -> BearerTokenGenerator:
        made = super().create_bearer_token_generator()
        made.expires_generator = int(TOKEN_LASTS.total_seconds())
        return made


_SERVER = _Server(None, None)
_SERVER.scopes_supported = [scope.value for scope in Scope]
_SERVER.register_grant(_Grant)


def client_id(request: HttpRequest) -> str:
    """Return whose id a request for a token names; empty where it names none."""
    named, _ = extract_basic_authorization(request.headers)
    return str(named or request.POST.get("client_id", ""))


def token(request: HttpRequest) -> HttpResponse:
    """Answer a request for a token."""
    answer: HttpResponse = _SERVER.create_token_response(request)
    return answer

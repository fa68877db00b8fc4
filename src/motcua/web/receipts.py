"""Where the SMS gateway reports what became of a message; no person comes here."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from motcua.notifications import operations
from motcua.notifications.gateways import signed
from motcua.platform import clock

LARGEST_BODY = 10_000
OUTCOMES = {"delivered": True, "failed": False}


@csrf_exempt  # a machine without session; the signature over the body stands in for the token
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """Take one delivery report; a repeated or unknown one is answered alike, so that the gateway stops."""
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return JsonResponse({"code": "too_large"}, status=413)
    if not signed(settings.SMS_TOKEN, body, request.headers.get("X-Signature", "")):
        return JsonResponse({"code": "bad_signature"}, status=403)
    try:
        report = json.loads(body)
        provider_id, outcome = report["message_id"], OUTCOMES[report["status"]]
        error = report.get("error") or ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"code": "invalid"}, status=422)
    if not isinstance(provider_id, str) or not isinstance(error, str) or "\0" in provider_id + error:
        return JsonResponse({"code": "invalid"}, status=422)
    known = operations.record_receipt(provider_id, delivered=outcome, error=error[:300], at=clock.real_now())
    return JsonResponse({"known": known})

"""The password hasher of demo and tests: quick, so that many sign-ins cost little. Never for production."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """PBKDF2 with few rounds; enabled by PASSWORD_HASHERS of demo and test only."""

    algorithm = "pbkdf2_sha256_quick"
    iterations = 1_000

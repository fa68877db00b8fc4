"""A signature in two halves: prepared here, signed by a key elsewhere, put together to a valid file."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from motcua.documents import fiction, interrupted, press, signing
from motcua.documents.fiction import Identity
from motcua.documents.interrupted import Halfway
from motcua.documents.rules import SignatureField
from motcua.documents.signing import SignatureRefused
from motcua.documents.tests import factories, samples
from motcua.platform.clock import real_now

PERSON, AGENCY = SignatureField.SIGNATORY, SignatureField.AGENCY
CA = fiction.authority()
HEAD = fiction.identity(CA, "Vũ Đức Thắng", "UBND phường Tân Dân")
WARD = fiction.identity(CA, "UBND phường Tân Dân", "UBND phường Tân Dân")
BY_RSA = fiction.identity(
    CA, "Trần Thị Hoa", "Sở Tư pháp", key=rsa.generate_private_key(public_exponent=65537, key_size=2048)
)
BASE = press.pdf(factories.frames("result")[0], samples.RESULT, number="07/GXN")


def half(pdf: bytes, who: Identity, field: SignatureField) -> Halfway:
    return interrupted.prepare(pdf, field, signing.certificate(who.der), real_now(), "thử")


def whole(pdf: bytes, who: Identity, field: SignatureField) -> bytes:
    halfway = half(pdf, who, field)
    signature = who.signature(halfway.to_sign)
    assert interrupted.verifies(who.der, halfway, signature)
    return interrupted.finish(pdf, halfway, who.der, [CA.der], signature)


def test_an_rsa_key_signs_as_well() -> None:
    assert (
        signing.check(BASE, whole(BASE, BY_RSA, PERSON), [CA.der], real_now()).algorithm
        == "sha256, sha256_rsa"
    )


def test_both_fields_are_signed_by_keys_that_lie_elsewhere() -> None:
    first = whole(BASE, HEAD, PERSON)
    told = signing.check(BASE, first, [CA.der], real_now())
    assert (told.field, told.certificate.name, told.algorithm) == (
        PERSON,
        "Vũ Đức Thắng",
        "sha256, sha256_ecdsa",
    )
    second = whole(first, WARD, AGENCY)
    assert signing.check(first, second, [CA.der], real_now()).certificate.name == "UBND phường Tân Dân"
    assert signing.open_fields(second) == ([], [PERSON, AGENCY])


def test_a_signature_of_something_else_is_seen_before_it_is_put_in() -> None:
    halfway = half(BASE, HEAD, PERSON)
    assert not interrupted.verifies(
        HEAD.der, halfway, HEAD.signature(hashlib.sha256(b"something else").digest())
    )
    assert not interrupted.verifies(HEAD.der, halfway, WARD.signature(halfway.to_sign))
    assert not interrupted.verifies(HEAD.der, halfway, b"")
    wrong = interrupted.finish(BASE, halfway, HEAD.der, [CA.der], WARD.signature(halfway.to_sign))
    with pytest.raises(SignatureRefused) as refused:
        signing.check(BASE, wrong, [CA.der], real_now())
    assert refused.value.rule == "broken"


def test_a_chain_that_is_none_or_too_long_is_refused() -> None:
    halfway = half(BASE, HEAD, PERSON)
    signature = HEAD.signature(halfway.to_sign)
    many = [fiction.identity(CA, f"Người thứ {number}", "x").der for number in range(60)]
    for chain in ([b"no certificate"], many):
        with pytest.raises(ValueError):
            interrupted.finish(BASE, halfway, HEAD.der, chain, signature)


def test_the_mechanism_is_that_of_the_key() -> None:
    assert interrupted.mechanism(HEAD.der).signature == "1.2.840.10045.4.3.2"  # ecdsa-with-SHA256, RFC 5758
    assert (
        interrupted.mechanism(BY_RSA.der).signature == "1.2.840.113549.1.1.11"
    )  # sha256WithRSAEncryption, RFC 8017

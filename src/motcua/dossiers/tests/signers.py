"""A fictional authority with certificates for the people and units of the province, for tests that sign papers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from motcua.documents import fiction
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.fiction import Identity
from motcua.documents.models import Document
from motcua.documents.rules import DocumentKind, SignatureField
from motcua.dossiers import operations
from motcua.dossiers.operations import Done
from motcua.dossiers.tests.factories import Case
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Staff
from motcua.platform import access, clock


@dataclass
class Signers:
    """The authority, trusted, and whoever was given a certificate."""

    authority: Identity = field(default_factory=fiction.authority)
    issued: dict[tuple[str, int], Identity] = field(default_factory=dict)

    @classmethod
    def trusted(cls) -> Signers:
        """Return a new authority that is trusted since 2020."""
        made = cls()
        documents.enter_anchor(
            data=made.authority.der,
            source="Kiểm thử",
            valid_from=date(2020, 1, 1),
            valid_to=None,
            at=clock.real_now(),
        )
        return made

    def person(self, actor: Actor) -> Identity:
        """Return the key of a member of staff, with its certificate registered."""
        assert actor.staff_id is not None
        if ("staff", actor.staff_id) not in self.issued:
            made = fiction.identity(self.authority, actor.name, "Cơ quan")
            documents.enter_certificate(
                data=made.der, staff_id=actor.staff_id, unit_id=None, at=clock.real_now()
            )
            self.issued["staff", actor.staff_id] = made
        return self.issued["staff", actor.staff_id]

    def agency(self, unit_id: int) -> Identity:
        """Return the key of the agency a unit belongs to, with its certificate registered."""
        root = organisation.root_of(unit_id)
        if ("unit", root.id) not in self.issued:
            made = fiction.identity(self.authority, root.name, root.name)
            documents.enter_certificate(data=made.der, staff_id=None, unit_id=root.id, at=clock.real_now())
            self.issued["unit", root.id] = made
        return self.issued["unit", root.id]

    def signed(self, document_id: int, who: Identity, where: SignatureField, at: datetime) -> bytes:
        """Return the newest version of a paper with one signature more."""
        base = documents.printed(actor=SYSTEM, document_id=document_id, at=at).pdf
        return fiction.sign(base, who, where, chain=self.authority)

    def by_person(self, case: Case, document: Document, **more: object) -> Done:
        """Sign a paper as its signatory."""
        actor = signatory(case, document)
        data = self.signed(document.pk, self.person(actor), SignatureField.SIGNATORY, case.at)
        return sign(case, document, actor, data, **more)

    def by_agency(self, case: Case, document: Document, **more: object) -> Done:
        """Put the agency's seal on a paper, as its clerk."""
        data = self.signed(document.pk, self.agency(document.unit_id), SignatureField.AGENCY, case.at)
        return sign(case, document, clerk(case, document), data, **more)


def sign(case: Case, document: Document, actor: Actor, data: bytes, **more: object) -> Done:
    """Hand a signed version in."""
    return case.act(
        operations.sign_paper,
        actor=actor,
        document_id=document.pk,
        data=data,
        real_at=clock.real_now(),
        **more,
    )


def newest(case: Case, kind: DocumentKind = DocumentKind.RESULT) -> Document:
    """Return the newest paper of a kind."""
    row = papers.latest(SYSTEM, case.subject, kind)
    assert row is not None
    return Document.objects.get(pk=row.id)


def signatory(case: Case, document: Document) -> Actor:
    """Return the person who signs a paper."""
    assert document.signatory_id is not None
    staff = Staff.objects.get(pk=document.signatory_id)
    return organisation.actor_of(staff.account_id, case.at)


def clerk(case: Case, document: Document) -> Actor:
    """Return who keeps the seal of the agency that issued a paper, and sees the dossier."""
    agency_id = organisation.root_of(document.unit_id).agency_id
    duties = Duty.objects.filter(role=Role.CLERK, unit__agency_id=agency_id, valid_from__lte=case.at.date())
    found = duties.exclude(valid_to__lt=case.at.date()).select_related("staff").order_by("id")
    actors = (organisation.actor_of(held.staff.account_id, case.at) for held in found)
    return next(actor for actor in actors if access.sees(actor, case.subject))

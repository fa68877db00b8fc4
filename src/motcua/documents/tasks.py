"""Jobs of the documents room: making a PDF ahead of its first opening."""

from __future__ import annotations

from motcua.documents import operations
from motcua.kernel.actor import SYSTEM
from motcua.platform import clock, jobs


@jobs.app.task(queue="documents", name="documents.make_pdf", retry=jobs.RETRY)
def make_pdf(document_id: int) -> None:
    """Make and keep the PDF of a document; nothing to do when it is there."""
    operations.printed(actor=SYSTEM, document_id=document_id, at=clock.now())

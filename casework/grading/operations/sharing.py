"""Verbs of sharing inside government: other departments' systems read grades by token, and every reading is noted."""

import hashlib
import secrets
from datetime import date

from sqlalchemy import insert

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import apart, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.grading.models import SharingClient, SharingRead


def admit_client(*, department: str, purpose: str, expires_on: date, actor: Actor) -> tuple[SharingClient, str]:
    """Lets another department's system read; its token is told once and only its sha256 kept."""
    if expires_on <= clock.today():
        raise Refusal(_("有效期应晚于今天。"), field="expires_on")
    token = secrets.token_urlsafe(32)
    client = SharingClient(
        department=department,
        purpose=purpose,
        token_sha256=hashlib.sha256(token.encode()).hexdigest(),
        expires_on=expires_on,
        created_by=actor.name,
        created_at=clock.now(),
    )
    session.add(client)
    record("grading.admit_client", client, actor=actor, after={"department": department, "purpose": purpose})
    return client, token


def dismiss_client(client_id: int, *, actor: Actor) -> None:
    """Ends a token at once. Twice changes nothing."""
    client = session.get(SharingClient, client_id)
    if client is None:
        raise NotFound(_("没有这个共享对象。"))
    if client.revoked_at is None:
        client.revoked_at = clock.now()
        record("grading.dismiss_client", client, actor=actor)


def note_reading(client_id: int, *, asked: str, given: int, address: str | None) -> None:
    """Notes what another department read, kept whatever becomes of the answer."""
    with apart() as connection:
        connection.execute(
            insert(SharingRead),
            {"client_id": client_id, "at": clock.now(), "address": address, "asked": asked, "given": given},
        )

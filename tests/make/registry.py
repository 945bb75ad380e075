"""Enterprises, credit records and imported files for tests."""

import io
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import select

from casework.accounts.models import OrgUnit
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.registry import operations as registry
from casework.registry.models import CreditRecord, Enterprise, ImportBatch
from casework.registry.sources._values import (
    address_key,
    bigrams,
    name_key,
    organisation_check_character,
    uscc_check_character,
)

_numbers = count(1)


def uscc(number: int, *, prefix: str = "91411602") -> str:
    """A valid unified social credit code of its own for each number."""
    body = f"MA{number:06d}"
    code = f"{prefix}{body}{organisation_check_character(body)}"
    return code + uscc_check_character(code)


def enterprise(*, name: str | None = None, unit: str | None = "川汇区局", **columns: Any) -> Enterprise:
    """An enterprise in the register, in force, in 川汇区 unless said otherwise."""
    number = next(_numbers)
    name = name or f"周口市测试{number}商贸有限公司"
    org = session.scalars(select(OrgUnit).where(OrgUnit.short_name == (unit or "市局"))).one()
    address = columns.get("address", f"周口市川汇区测试路{number}号")
    known = Enterprise(
        **{
            "uscc": uscc(500_000 + number),
            "subject_class": "company",
            "name": name,
            "name_key": name_key(name),
            "bigrams": bigrams(name_key(name)),
            "former_names": [],
            "established_on": date(2018, 3, 5),
            "status": "active",
            "address": address,
            "address_key": address_key(address) if address else None,
            "division_code": org.division_code[:6],
            "org_id": org.id,
            "industry_section": "F",
            "industry_code": "5211",
            "tags": [],
            "source": "enterprises",
            "recorded_at": clock.now(),
            "updated_at": clock.now(),
            **columns,
        }
    )
    session.add(known)
    session.flush()
    return known


def credit_record(subject: Enterprise, *, kind: str = "penalty", klass: int = 2, **more: Any) -> CreditRecord:
    """A record of an enterprise: an ordinary penalty unless said otherwise."""
    facts = {
        "happened_on": date(2026, 3, 5),
        "title": "测试记录",
        "source": "test",
        "source_key": f"test-{next(_numbers)}",
        "actor": SYSTEM,
        **more,
    }
    return registry.record_credit_record(enterprise_id=subject.id, kind=kind, klass=klass, **facts)


def import_file(
    source: str, content: str | bytes, *, name: str = "测试.csv", dry_run: bool = False, actor: Actor = SYSTEM
) -> ImportBatch:
    """A file imported in the foreground; text is UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    return registry.import_now(
        source, io.BytesIO(data), name=name, dry_run=dry_run, actor=actor, tell=lambda _done, _total, _note: None
    )

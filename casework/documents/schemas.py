"""What may come in: the form that voids a paper, and the facts that many kinds of paper share."""

from typing import Any

from casework.core.i18n import N_
from casework.core.schemas import Schema, fields, text, validate


class Voiding(Schema):
    reason = text(longest=500, shortest=4)


class Party(Schema):
    """The enterprise that a paper speaks to or of."""

    name = text()
    code = text(longest=18)
    address = text(longest=300, required=False, load_default=None)
    representative = text(required=False, load_default=None)
    telephone = text(required=False, load_default=None)


class OfficerOnPaper(Schema):
    """An officer with the certificate number. For papers handed to the enterprise; never for published ones."""

    name = text(longest=60)
    certificate_no = text(longest=40)


class Contact(Schema):
    name = text(longest=60)
    telephone = text(longest=60)


class Item(Schema):
    """An inspection item with its legal basis."""

    name = text()
    basis = text(longest=1000, required=False, load_default=None)


def lines(*, required: bool = True) -> fields.List[Any]:
    """Several texts, each an item or a paragraph of its own on the paper."""
    line = text(longest=2000)
    if required:
        return fields.List(line, required=True, validate=validate.Length(min=1, error=N_("请填写此项。")))
    return fields.List(line, load_default=list)


__all__ = ["Contact", "Item", "OfficerOnPaper", "Party", "Voiding", "lines"]

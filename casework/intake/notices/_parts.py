"""What all answers to an informant state, and its sample."""

from datetime import date

from casework.core.schemas import Schema, fields, text
from casework.documents.schemas import Contact


class Answer(Schema):
    """`informant` speaks of a number; whoever sends the paper looks the name up, with a reason, and writes it on."""

    number = text(longest=30)
    informant = text(longest=60)
    subject = text()
    matter = text(longest=60)
    received_on = fields.Date(required=True)
    contact = fields.Nested(Contact, required=True)


SAMPLE = {
    "number": "TS2026-000012",
    "informant": "投诉人（编号12）",
    "subject": "示例市堃喆昇食品有限公司",
    "matter": "食品安全",
    "received_on": date(2026, 4, 20),
    "contact": {"name": "王联络", "telephone": "0000-0000001"},
}

"""Every source reads its own examples, is recognised by its own labels, and its template comes back as it was."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from casework.registry.rules import KINDS
from casework.registry.sources import SOURCES, spot_checks
from casework.registry.sources._source import RecordSource
from casework.registry.sources.enterprises import EnterpriseSource, status
from tests import make

TODAY = date(2026, 11, 22)
EXAMPLES = [(source, example) for source in SOURCES.values() for example in source.examples]


def plain(value):
    return value if isinstance(value, int | None) else str(value)


def became(source, row):
    if isinstance(source, EnterpriseSource):
        told, problems = source.master(row)
        return told, problems
    draft, problems = source.draft(row, TODAY)
    return (draft._asdict() if draft else {}), problems


@pytest.mark.parametrize(("source", "example"), EXAMPLES, ids=lambda given: getattr(given, "key", ""))
def test_examples(source, example):
    headings = [field.label for field in source.fields]
    columns = source.recognise(headings)
    assert list(columns.values()) == [field.key for field in source.fields]
    row, problems = source.reader(columns, headings)([example.cells.get(field.key, "") for field in source.fields])
    told, more = became(source, row)
    assert [*problems, *more] == []
    assert {key: plain(told[key]) for key in example.becomes} == example.becomes


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.key)
def test_examples_cover_what_is_required_and_what_the_kind_knows(source):
    for example in source.examples:
        assert {field.key for field in source.required} <= example.cells.keys()
    if isinstance(source, RecordSource):
        assert source.kind in KINDS
        known = {"uscc", "reg_no", "name", "source_key"} | {field.key for field in source.fields}
        assert all(example.cells.keys() <= known for example in source.examples)


def test_classes_of_every_example_exist():
    for source, example in EXAMPLES:
        if isinstance(source, RecordSource):
            row, _problems = source.reader(dict(enumerate(example.cells)))(list(example.cells.values()))
            draft, _problems = source.draft(row, TODAY)
            assert draft.klass == 0 or draft.klass in source.record_kind.classes


def test_the_columns_of_the_public_register_are_recognised():
    header = [
        *("name", "uscc", "uscc_valid", "org_code_valid", "division_code", "reg_date", "type_raw", "org_form_guess"),
        *("industry_guess", "industry_guess_from", "capital_raw", "capital_wan", "capital_currency", "scope"),
        *("province", "city", "address"),
    ]
    found = {header[column]: key for column, key in SOURCES["enterprises"].recognise(header).items()}
    assert found == {
        "name": "name",
        "uscc": "uscc",
        "division_code": "division_code",
        "reg_date": "established_on",
        "type_raw": "type",
        "org_form_guess": "form",
        "industry_guess": "section",
        "capital_raw": "capital",
        "scope": "scope",
        "province": "province",
        "city": "city",
        "address": "address",
    }


def test_a_bare_number_takes_the_unit_of_its_heading():
    source = SOURCES["penalties"]
    headings = ["决定书文号", "决定日期", "统一社会信用代码", "罚款金额（万元）"]
    columns = source.recognise(headings)
    row, problems = source.reader(columns, headings)(["周市监处罚〔2026〕1号", "2026-03-05", make.uscc(1), "1.5"])
    assert problems == []
    assert row["amount"] == Decimal(15_000)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("存续（在营、开业、在册）", "active"),
        ("吊销，未注销", "revoked"),
        ("吊销企业", "revoked"),
        ("吊销，已注销", "revoked_deregistered"),
        ("正常注销", "deregistered"),
        ("suspended", "suspended"),
    ],
)
def test_registration_status_by_the_words_of_different_offices(words, key):
    assert status(words) == key


@pytest.mark.parametrize(
    ("words", "klass"),
    [("未发现问题", 1), ("不符合规定", 3), ("未发现问题；发现问题已责令改正", 2), ("通过登记的住所无法联系", 7)],
)
def test_the_weightiest_of_several_results_decides(words, klass):
    assert spot_checks.result(words) == klass


def test_a_long_key_is_bounded_and_still_its_own():
    source = SOURCES["opinions"]
    drafts = []
    for ending in "甲乙":
        cells = {
            "uscc": make.uscc(1),
            "headline": "很长的标题" * 300 + ending,
            "weight": "一般",
            "happened_on": "2026-03-05",
        }
        row, _problems = source.reader(dict(enumerate(cells)))(list(cells.values()))
        drafts.append(source.draft(row, TODAY)[0].source_key)
    assert len(set(drafts)) == 2
    assert max(map(len, drafts)) <= 200


def test_a_filled_in_template_is_imported(world):
    for source in SOURCES.values():
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow([field.label for field in source.fields])
        for example in source.examples:
            writer.writerow([example.cells.get(field.key, "") for field in source.fields])
        batch = make.import_file(source.key, buffer.getvalue())
        assert (batch.state, batch.read, batch.rejected) == ("kept", len(source.examples), 0), source.key

"""The demo city's past year: files arrive, grades are given, campaigns drawn, cases handled, complaints settled.

Everything is done by the rooms' own operations, at the moment at which it would have been done.
"""

import io
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event, select

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import db, session, transaction
from casework.core.ledger import AuditEntry, record
from casework.core.ledger import history as ledger_of
from casework.core.messages import Message
from casework.demo import alerts, complaints, coverage, draws
from casework.demo.city import City, build
from casework.demo.deliveries import Delivery
from casework.demo.diary import Diary, Errand, in_days, working
from casework.demo.staff import found, thin_out
from casework.demo.world import World, photo
from casework.documents import queries as documents
from casework.documents.messages import DocumentIssued, PdfWanted
from casework.grading import operations as grading
from casework.grading import queries as models
from casework.grading.messages import RunFinished
from casework.grading.model_files import ModelFile, write
from casework.registry import operations as registry
from casework.registry import queries as enterprises
from casework.registry.messages import BatchReceived
from casework.sampling import operations as sampling

MARK = ("demo", "city")
"""What the ledger calls the demo city: `demo.begin` and `demo.finish` are written about it."""

ALERTED = {
    "warning.signal.grade_worse": {"red": 3},
    "warning.signal.frequent_changes": {"orange": 2},
    "warning.signal.licence_expiring": {"orange": 30, "red": 0},
    "warning.signal.listed_long": {"orange": 35},
}
"""What the bureau wants to be alerted of, less than what is shipped: nobody could go through that."""

LOOK_DAYS = (1, 15)
"""Days of the month on which the scheduler's operations are asked; each day would take a year too long."""
FILES = 0.07
"""The share of the time that goes into the files; the rest goes into the year."""
PRINTED = timedelta(days=20)
"""Papers of the last days, which people are at work with, are printed at the first start."""
RESULT = "check_result"
"""The paper that the public reads."""
MESSAGES = 0.009
"""Messages that come in a year, for each subject."""


@dataclass(frozen=True)
class Wanted:
    """Which city."""

    seed: int
    subjects: int
    months: int


@dataclass(frozen=True)
class Means:
    """What a command lends: how messages are carried out, what the scheduler asks, whom to tell how far it is."""

    deliver: Callable[..., object]
    schedule: Sequence[Callable[..., object]]
    tell: Callable[[float, str], None]
    put_off: Callable[[type[Message], Collection[int]], object]
    """Takes messages about some rows, named by their ids, as handled."""


def state() -> str | None:
    """How far a demo city has come in this database: None, `begun`, or `finished`."""
    actions = {entry.action for entry in ledger_of(*MARK)}
    return "finished" if "demo.finish" in actions else "begun" if "demo.begin" in actions else None


def has_been_used() -> bool:
    """Whether anybody ever signed in."""
    return session.scalar(select(AuditEntry.id).where(AuditEntry.action == "accounts.sign_in").limit(1)) is not None


def seed(wanted: Wanted, means: Means) -> World:
    """Fills an empty database with a city and its year. Several transactions: `state` tells whether it was finished."""
    _hurry()
    as_of = clock.today()
    with transaction():
        record("demo.begin", MARK, actor=SYSTEM, after=vars(wanted))
    with tempfile.TemporaryDirectory() as folder:
        city = build(
            Path(folder),
            seed=wanted.seed,
            subjects=wanted.subjects,
            as_of=as_of,
            months=wanted.months,
            tell=lambda share: means.tell(FILES * share, "正在生成城市"),
        )
        world = _founded(city, as_of, means)
        _write_diary(world, wanted, means)
        world.diary.live(clock.now() - timedelta(minutes=1))
        _spare_the_press(world, means)
    with transaction():
        record("demo.finish", MARK, actor=SYSTEM, after={"refused": dict(world.diary.refused)})
    means.tell(1.0, "演示城市已就绪")
    return world


def _spare_the_press(world: World, means: Means) -> None:
    """Old papers that only staff read are printed when somebody asks for them, or little by little: else the first
    start would print for many minutes.
    """
    before = clock.local_moment(world.city.span.as_of - PRINTED, 0)
    with transaction():
        missing = documents.unprinted(limit=10**9, asked_before=clock.now())
        put_off = [one.id for one in missing if one.kind != RESULT and one.issued_at and one.issued_at < before]
        means.put_off(PdfWanted, [one.id for one in missing])
        means.put_off(DocumentIssued, put_off)


STATEMENTS = 2_000
"""So many statements are planned once: a year goes through all of them again and again."""


def _hurry() -> None:
    """No waiting for the disk at each of many thousand commits: what is lost by a crash is made again."""
    session.remove()
    for engine in db.engines.values():
        engine.dispose()
        event.listen(engine, "connect", _hurry_connection)


def _hurry_connection(connection: psycopg.Connection[Any], _record: object) -> None:
    with connection.transaction():
        connection.execute("SET synchronous_commit = off")
    connection.prepared_max = STATEMENTS


def _founded(city: City, as_of: date, means: Means) -> World:
    """The bureau on the first day, with the shipped items and models."""
    first = city.span.start - timedelta(days=3)
    days = max((as_of - first).days, 1)
    with clock.at(clock.local_moment(first, 8)), transaction():
        staff = found(seed=city.seed, as_of=as_of)
        sampling.ensure_default_items(actor=SYSTEM)
        grading.ensure_default_models(actor=SYSTEM)
        for key, levels in ALERTED.items():
            value = {**parameters.value(key), "levels": levels}
            document = f"周市监信〔{first.year}〕1号"
            parameters.set_value(key, value, effective_from=first, document_no=document, actor=SYSTEM)
        coverage.begin(first)
    diary = Diary(means.deliver, lambda day: means.tell(FILES + (1 - FILES) * (day - first).days / days, day.isoformat()))
    return World(city, staff, diary)


# ---- What is written into the diary ----------------------------------------------------------------------------------


def _write_diary(world: World, wanted: Wanted, means: Means) -> None:
    span, diary = world.city.span, world.diary
    for day, files in groupby(world.city.deliveries, key=lambda delivery: delivery.day):
        diary.write(clock.local_moment(day, 18), arrive(world, list(files)))
    diary.write(clock.local_moment(span.start, 23), ask(world, means.schedule))
    diary.write(clock.local_moment(span.start + timedelta(days=1), 8, 30), hand_out(world))
    first_year = span.start.year
    for year in range(first_year, span.as_of.year + 1):
        begins = max(date(year, 1, 5), span.start + timedelta(days=2))
        diary.write(working(begins, 9), draws.annual_plan(world, year))
        diary.write(working(begins, 14), coverage.plans(world, year, wanted.subjects))
    diary.write(working(span.as_of - timedelta(days=20), 10), draws.next_plan(world, span.as_of.year + 1))
    _write_campaigns(world)
    _write_messages(world, wanted)
    for number, days in enumerate((19, 13, 9, 7, 6, 5)):
        diary.write(working(span.as_of - timedelta(days=days), 10, 20), complaints.at_the_office(world, number))
    diary.write(working(span.start + timedelta(days=2), 10), alerts.sittings(world))
    diary.write(working(span.as_of - timedelta(days=25), 15), registrars(world))
    diary.write(working(span.as_of - timedelta(days=9), 15), next_model(world))
    for number, days in enumerate((20, 3)):
        diary.write(working(span.as_of - timedelta(days=days), 11), adjusted(world, number, decided=days > 10))
    diary.write(clock.local_moment(span.as_of - timedelta(days=6), 9), away(world))


def _write_campaigns(world: World) -> None:
    """Campaigns with witnesses through the year, and at its end one waiting at each step."""
    as_of, county = world.city.span.as_of, world.staff.counties
    city = world.staff.city

    def wanted(title: str, unit: int, codes: Sequence[str], pool: dict[str, Any], **more: Any) -> Callable[[], Any]:
        return lambda: draws.scheme(title, unit, codes, pool, **more)

    past = (
        (330, wanted("岁末年初旅馆业登记信息抽查", city, ["A08"], {"industries": ["H61"]})),
        (250, wanted("化妆品经营单位抽查", county[0], ["D04"], {"industries": ["F523", "O80"]})),
        (190, wanted("广告经营主体抽查", city, ["G01"], {"industries": ["L72"]})),
        (120, wanted("医疗器械经营抽查", city, ["D03"], {"industries": ["F515", "F525"]})),
        (95, wanted("建筑建材企业登记事项抽查", county[1], ["A08", "A01"], {"industries": ["E", "F516"]})),
        (45, wanted("高风险企业登记事项抽查", county[7], ["A08"], {**draws.COMPANIES}, rates_bp={"D": 5000})),
        (24, wanted("食用农产品销售者抽查", county[2], ["B05"], draws.SHOPS)),
    )
    waiting = (
        (60, "cancelled", wanted("加油站计量抽查", city, ["F01"], {"industries": ["F526"]})),
        (6, "committed", wanted("校园周边食品销售者抽查", county[0], ["B03"], draws.SHOPS)),
        (8, "frozen", wanted("农机生产企业产品质量抽查", city, ["E01"], {"industries": ["C35", "C34"]})),
        (5, "approved", wanted("商标代理机构检查", city, ["K01"], {"industries": ["L72", "M75"]})),
        (4, "submitted", wanted("冬季取暖价格检查", county[3], ["H01"], {"industries": ["F", "H"]})),
        (5, "draft", wanted("保健食品经营专项抽查", city, ["B06"], {"industries": ["F522"]})),
        (10, "drawn", wanted("药品使用单位抽查", county[4], ["D02"], {"industries": ["Q84"]})),
    )
    first = world.city.span.start + timedelta(days=5)
    for number, (days, scheme) in enumerate(past):
        begins = as_of - timedelta(days=days)
        if begins > first:
            world.diary.write(working(begins, 9), draws.attended(world, number, scheme))
    for number, (days, until, scheme) in enumerate(waiting, len(past)):
        world.diary.write(working(as_of - timedelta(days=days), 9), draws.attended(world, number, scheme, until=until))


def _write_messages(world: World, wanted: Wanted) -> None:
    """What comes in at the intake office, more of it lately."""
    span, dice = world.city.span, world.dice(63)
    count = max(40, round(MESSAGES * wanted.subjects * wanted.months / 12))
    days = (span.as_of - span.start).days - 2
    for number in range(count):
        day = span.as_of - timedelta(days=round(days * dice.number() ** 1.4))
        moment = working(day, dice.whole(8, 17), dice.whole(0, 59))
        world.diary.write(moment, complaints.incoming(world, number))


# ---- Errands ---------------------------------------------------------------------------------------------------------


def arrive(world: World, files: Sequence[Delivery]) -> Errand:
    """The files of a day come to the credit section and are imported.

    The run over everybody soon after it grades them all at once. Only the last ones are graded file by file, before it.
    """
    credit, is_last = world.staff.person("credit"), files[0].day == world.city.deliveries[-1].day
    world.diary.dropped = (RunFinished.name,) if is_last else (BatchReceived.name,)
    for delivery in files:
        with delivery.path.open("rb") as file:
            registry.request_import(delivery.source, file, name=delivery.path.name, dry_run=False, actor=credit)
    if is_last:
        yield clock.now() + timedelta(hours=1)
        world.diary.dropped = ()
        grading.request_run("full", actor=credit)


def ask(world: World, schedule: Sequence[Callable[..., object]]) -> Errand:
    """What the scheduler asks, on some days of each month and on the last one."""
    while True:
        for operation in schedule:
            operation(actor=SYSTEM)
        yield _next_look(clock.today(), world.city.span.as_of)


def hand_out(world: World) -> Errand:
    """Each morning the cases of what has been drawn find their officers."""
    known: set[int] = set()
    covered: set[int] = set()
    while True:
        draws.decide(world, timedelta(days=3))
        draws.hand_out(world, known)
        coverage.hand_out(world, covered)
        yield clock.local_moment(clock.today() + timedelta(days=1), 8, 30)


def _next_look(today: date, as_of: date) -> datetime:
    """The coming morning on which the scheduler is asked."""
    following = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    coming = [day for day in (today.replace(day=each) for each in LOOK_DAYS) if day > today] or [following]
    last = as_of - timedelta(days=1)
    return clock.local_moment(min(coming[0], last if today < last else coming[0]), 8, 20)


def registrars(world: World) -> Errand:
    """What the credit section does with single records: objections, repairs, waiting rows, a file that must be looked at."""
    credit, dice = world.staff.person("credit"), world.dice(64)
    for kind, verb in (("penalty", "object"), ("abnormal", "object"), ("penalty", "repair")):
        found = _some_record(world, kind)
        if found is not None:
            note = "当事人提出异议，认为处罚依据有误。" if verb == "object" else "已履行义务并作出信用承诺，准予修复。"
            registry.MARKING[verb](found, on=clock.today(), note=note, actor=credit)
    yield clock.now() + timedelta(minutes=50)
    for row in enterprises.waiting().rows[:2]:
        registry.discard_waiting(row.id, reason="非本市登记主体，退回来源单位。", actor=credit)
    yield working(clock.today() + timedelta(days=20), 10)
    strange = "编号,单位,处罚日子,事由\n1,川汇区示例商行,2026年10月8日,未明码标价\n".encode()
    registry.request_import(
        "penalties", io.BytesIO(strange), name="县局台账（列名待对应）.csv", dry_run=True, actor=credit
    )
    yield clock.now() + timedelta(minutes=dice.whole(5, 20))
    sample = world.city.deliveries[-1]
    with sample.path.open("rb") as file:
        registry.request_import(sample.source, file, name=sample.path.name, dry_run=True, actor=credit)


def next_model(world: World) -> Errand:
    """A new version of the model for companies: drafted, tried on the whole register, waiting for approval."""
    people, day = world.staff, clock.today()
    present = models.load(models.active_models("company")[0].id)
    following = replace(present, caps={**present.caps, "social": 140, "dynamic": 200})
    document = f"周市监〔{day.year}〕{world.dice(66).whole(60, 99)}号（征求意见稿）"
    file = write(ModelFile(following, date(day.year + 1, 1, 1), document))
    draft = grading.draft_model(file.encode(), actor=people.person("credit")).id
    yield in_days(world.dice(67), 1, 2)
    grading.request_simulation(draft, actor=people.person("credit2"))


def adjusted(world: World, number: int, *, decided: bool) -> Errand:
    """A grade that people propose to hold instead of the computed one; approved, or waiting for it."""
    people, dice, today = world.staff, world.dice(68, number), clock.today()
    subject = world.somebody(dice)
    if models.computed_grade(subject.enterprise_id) not in ("A", "B"):
        return
    proposed = grading.propose_adjustment(
        subject.enterprise_id,
        grade="C",
        reason="专项整治中发现同类问题多发，整治期间从严监管。",
        document_no=f"周市监专班〔{today.year}〕{dice.whole(2, 30)}号",
        starts_on=today,
        ends_on=today + timedelta(days=120),
        evidence=io.BytesIO(photo(dice)),
        evidence_name="专班会议纪要.png",
        actor=people.person("credit"),
    ).id
    yield in_days(dice, 1, 2)
    if decided:
        grading.approve_adjustment(proposed, actor=people.person("deputy"))


def _some_record(world: World, kind: str) -> int | None:
    """A record of this kind that stands, of somebody."""
    dice = world.dice(65, len(kind))
    for _attempt in range(200):
        row = world.somebody(dice, of=12)
        for known in enterprises.records(row.enterprise_id, kind):
            if (
                known.revoked_on is None
                and known.repaired_on is None
                and known.objected_on is None
                and known.klass != 0
            ):
                return known.id
    return None


def away(world: World) -> Errand:
    """Some officers leave or are away for a while."""
    thin_out(world.staff, seed=world.city.seed)
    yield from ()

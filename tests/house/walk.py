"""Walks the pages: fills the address of every route with things of an area, made by `tests.make` when a route asks."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from io import BytesIO
from itertools import product
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule

from casework.accounts import operations as staff
from casework.cases import operations as cases
from casework.core import parameters
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.ledger import announce
from casework.core.web import audience_of
from casework.documents.catalogue import NOTICES
from casework.documents.messages import DocumentIssued
from casework.grading import operations as grading
from casework.grading import queries as grading_queries
from casework.intake import views as intake_pages
from casework.registry.models import WaitingRow
from casework.registry.sources import SOURCES
from casework.sampling import operations as sampling
from casework.warning import views as warning_pages
from tests import make
from tests.make import cases as make_cases
from tests.make import disclosure as make_disclosure
from tests.make import grading as make_grading
from tests.make import intake as make_intake
from tests.make import keydomains as make_key
from tests.make import sampling as make_sampling
from tests.make import warning as make_warning


class Unfillable(AssertionError):
    """A route has a parameter that this module cannot fill."""


class Things:
    """One of each thing in an area, made when a route asks for it; what belongs to no area is the neighbour's."""

    def __init__(self, unit: str, neighbour: "Things | None" = None) -> None:
        self.unit, self.neighbour = unit, neighbour

    @cached_property
    def account(self) -> Any:
        return make.account("inspector", unit=self.unit)

    @cached_property
    def org_unit(self) -> Any:
        return make.unit(self.unit)

    @cached_property
    def officer(self) -> Any:
        return make.officer(unit=self.unit)

    @cached_property
    def document(self) -> Any:
        return make.document(unit=self.unit, rendered=True)

    @cached_property
    def message_id(self) -> UUID:
        return announce(DocumentIssued(document_id=self.document.id), actor=SYSTEM)

    @cached_property
    def enterprise(self) -> Any:
        return make.enterprise(unit=self.unit)

    @cached_property
    def credit_record(self) -> Any:
        return make.credit_record(self.enterprise)

    @cached_property
    def batch(self) -> Any:
        """A file with a record of an enterprise that nobody knows: it waits for a match."""
        if self.neighbour:
            return self.neighbour.batch
        cells = SOURCES["penalties"].examples[0].cells
        return make.import_file(
            "penalties", f"{','.join(cells)}\n{','.join(cells.values())}\n", name=f"{self.unit}.csv"
        )

    @cached_property
    def waiting_row(self) -> Any:
        assert self.batch.id
        return session.scalars(select(WaitingRow)).one()

    @cached_property
    def case(self) -> Any:
        return make_cases.case(org=self.unit, of=self.enterprise)

    @cached_property
    def visited(self) -> Any:
        """A case under inspection, with a photo."""
        case = make_cases.case(org=self.unit)
        crew = make_cases.crew(case)
        make_cases.walk(case, to="inspecting", crew=crew)
        cases.add_evidence(case.id, file=BytesIO(PHOTO), name="门头.png", actor=crew["member"])
        return case

    @cached_property
    def publication(self) -> Any:
        team = make_cases.team(org=self.unit)
        return make_disclosure.publish(make_disclosure.check(make_cases.case("trigger", by=team, org=self.unit)))

    @cached_property
    def campaign(self) -> Any:
        """A drawn campaign of the area, over a pool and a roster of its own."""
        make_sampling.graded_pool({"A": 6, "B": 3}, unit_name=self.unit)
        make_sampling.roster(4, unit_name=self.unit)
        return make_sampling.campaign(until="drawn", org_id=self.org_unit.id)

    @cached_property
    def witness_token(self) -> str:
        office = make_sampling.Office()
        campaign = make_sampling.campaign(office, until="committed", unattended=False, org_id=self.org_unit.id)
        return sampling.invite(campaign.id, name=f"{self.unit}见证人", actor=office.operator)

    @cached_property
    def plan(self) -> Any:
        planner = make_sampling.person("credit")
        return sampling.create_plan(year=2027, title=f"{self.unit}计划", org_id=self.org_unit.id, actor=planner)

    @cached_property
    def plan_line(self) -> Any:
        return sampling.keep_line(
            self.plan.id,
            actor=make_sampling.person("credit"),
            title=f"{self.unit}食品销售抽查",
            org_id=self.org_unit.id,
            item_codes=[self.item.code],
            pool={},
            rates_bp=make_sampling.FLOORS,
            officers_per_case=2,
            workdays=30,
            public_list=True,
            cadence="monthly",
            first_on=date(2027, 3, 1),
            last_on=date(2027, 12, 31),
        )

    @cached_property
    def item(self) -> Any:
        return make_sampling.item()

    @cached_property
    def intake_item(self) -> Any:
        return make_intake.item(by=make_cases.person("intake", org=self.unit), of=self.enterprise)

    @cached_property
    def grading_run(self) -> Any:
        """A run that grades an enterprise of the area for the first time."""
        assert self.enterprise.id
        return grading.run_now(actor=SYSTEM)

    @cached_property
    def client(self) -> Any:
        return grading.admit_client(
            department=f"{self.unit}税务局", purpose="联合监管", expires_on=date(2099, 1, 1), actor=SYSTEM
        )[0]

    @cached_property
    def adjustment(self) -> Any:
        assert self.grading_run.id
        return make_grading.adjustment(self.enterprise)

    @cached_property
    def simulation(self) -> Any:
        """A draft tried where an enterprise of the area would move."""
        assert self.grading_run.id
        return make_grading.simulation()

    @cached_property
    def calibration(self) -> Any:
        return make_grading.calibration()

    @cached_property
    def grade_file(self) -> Any:
        return make_grading.grade_file()

    @cached_property
    def key_subject(self) -> Any:
        return make_key.subject(unit=self.unit)

    @cached_property
    def professional_batch(self) -> Any:
        """A delivery of nobody's grade: it belongs to no area."""
        return self.neighbour.professional_batch if self.neighbour else make_key.delivery("91411602MA5000000X,B,,")

    @cached_property
    def coverage_plan(self) -> Any:
        return make_key.plan(make_cases.person("county", org=self.unit), org=self.unit)

    @cached_property
    def alert(self) -> Any:
        return make_warning.alert(of=self.enterprise)

    @cached_property
    def expert(self) -> Any:
        return staff.keep_expert(
            number=f"E{self.org_unit.id}",
            name=f"{self.unit}专家",
            org_id=self.org_unit.id,
            kind="expert",
            field="锅炉",
            actor=SYSTEM,
        )

    @cached_property
    def directory(self) -> Any:
        """A special directory with a permit of an enterprise of the area."""
        return make_sampling.directory([self.enterprise.id], org_id=self.org_unit.id)

    @cached_property
    def tie(self) -> Any:
        return sampling.declare_tie(
            officer_id=self.officer.id,
            kind="former_employer",
            employer_no=self.enterprise.uscc,
            employer_name=self.enterprise.name,
            actor=make_sampling.person("credit"),
        )

    @cached_property
    def recusal(self) -> Any:
        return sampling.declare_recusal(
            officer_id=self.officer.id,
            enterprise_id=self.enterprise.id,
            kind="interest",
            declared_by="officer",
            reason="近亲属任职",
            actor=make_sampling.person("credit"),
        )


PHOTO = bytes.fromhex("89504e470d0a1a0a") + bytes(64)

VALUES: dict[str, Callable[[Things], Any]] = {
    "locale": lambda things: "en",
    "account_id": lambda things: things.account.id,
    "unit_id": lambda things: things.org_unit.id,
    "officer_id": lambda things: things.officer.id,
    "message_id": lambda things: things.message_id,
    "console.key": lambda things: next(iter(parameters.definitions())),
    "console.day": lambda things: "2027-02-05",
    "document_id": lambda things: things.document.id,
    "documents.code": lambda things: things.document.check_code,
    "documents.key": lambda things: next(iter(NOTICES)),
    "subject_kind": lambda things: things.document.subject_kind,
    "subject_id": lambda things: things.document.subject_id,
    "enterprise_id": lambda things: things.enterprise.id,
    "record_id": lambda things: things.credit_record.id,
    "batch_id": lambda things: things.batch.id,
    "waiting_id": lambda things: things.waiting_row.id,
    "registry.key": lambda things: next(iter(SOURCES)),
    "case_id": lambda things: things.visited.id,
    "evidence_id": lambda things: things.visited.evidence[0].id,
    "cases.number": lambda things: 1,
    "cases.code": lambda things: things.visited.code,
    "publication_id": lambda things: things.publication.id,
    "campaign_id": lambda things: things.campaign.id,
    "plan_id": lambda things: things.plan.id,
    "line_id": lambda things: things.plan_line.id,
    "item_id": lambda things: things.item.id,
    "expert_id": lambda things: things.expert.id,
    "directory_id": lambda things: things.directory.id,
    "directory_code": lambda things: things.directory.code,
    "tie_id": lambda things: things.tie.id,
    "recusal_id": lambda things: things.recusal.id,
    "sampling.code": lambda things: things.item.code,
    "sampling.token": lambda things: things.witness_token,
    "disclosure.number": lambda things: things.publication.number,
    "disclosure.enterprise.code": lambda things: things.publication.enterprise_code,
    "disclosure.item.code": lambda things: things.publication.item_codes[0],
    "disclosure.name": lambda things: "results",
    "disclosure.form": lambda things: "csv",
    "disclosure.anything": lambda things: "no-such-page",
    "intake.item_id": lambda things: things.intake_item.id,
    "intake.verb": lambda things: sorted(intake_pages.VERBS),
    "grading.run_id": lambda things: things.grading_run.id,
    "grading.model_id": lambda things: grading_queries.models()[0].id,
    "client_id": lambda things: things.client.id,
    "grading.code": lambda things: things.enterprise.uscc,
    "adjustment_id": lambda things: things.adjustment.id,
    "grading.simulation_id": lambda things: things.simulation.id,
    "grading.calibration_id": lambda things: things.calibration.id,
    "grading.grade_file_id": lambda things: things.grade_file.id,
    "keydomains.enterprise_id": lambda things: things.key_subject.enterprise_id,
    "keydomains.batch_id": lambda things: things.professional_batch.id,
    "keydomains.plan_id": lambda things: things.coverage_plan.id,
    "warning.alert_id": lambda things: things.alert.id,
    "warning.verb": lambda things: sorted(warning_pages.VERBS),
    "insight.name": lambda things: ["checks-area", "hits"],
    "insight.form": lambda things: ["csv", "xlsx"],
}
"""What stands for a parameter: by `<room>.<view>.<name>`, else `<room>.<name>`, else its name alone. A list: each."""


def routes(app: Flask, method: str) -> list[Rule]:
    """Every route that answers a method, static files left out."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint != "static"]


def is_public(app: Flask, rule: Rule) -> bool:
    return audience_of(app, rule.endpoint) == "public"


def addresses(app: Flask, rule: Rule, things: Things) -> list[str]:
    """The route with its parameters filled in; several when a parameter is one of a few words."""
    with transaction():
        filled = list(_filled(rule, things))
    adapter = app.url_map.bind("localhost")
    method = "GET" if "GET" in (rule.methods or ()) else "POST"
    return [adapter.build(rule.endpoint, values, method=method) for values in filled]


def _filled(rule: Rule, things: Things) -> Iterator[dict[str, Any]]:
    names = sorted(rule.arguments)
    for values in product(*(_values(rule, name, things) for name in names)):
        yield dict(zip(names, values, strict=True))


def _values(rule: Rule, name: str, things: Things) -> list[Any]:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    room = rule.endpoint.partition(".")[0]
    value = VALUES.get(f"{rule.endpoint}.{name}") or VALUES.get(f"{room}.{name}") or VALUES.get(name)
    if value is None:
        raise Unfillable(f"{rule.rule} ({rule.endpoint}): tests/house/walk.py does not know what {room}.{name} may be")
    made = value(things)
    return made if isinstance(made, list) else [made]

"""A small city that shows the portal everything it can show: draws in every state, results in every state, a plan."""

from dataclasses import dataclass

from sqlalchemy import update

from casework.cases.models import Case
from casework.core.db import session
from casework.disclosure import operations as disclosure
from casework.disclosure.models import Publication
from casework.registry.models import Enterprise
from casework.sampling import operations as sampling
from casework.sampling.models import Campaign, Plan
from tests import make
from tests.make import cases as make_cases
from tests.make import disclosure as make_disclosure
from tests.make import sampling as make_sampling

DRAFT = "草稿里的发现不得外传"
"""What an inspector wrote about a check that is not released."""
PERSON = "赵法人"
"""The legal representative of every enterprise of the world."""


@dataclass
class World:
    """What lies in the small city."""

    item: str
    campaign: Campaign
    committed: Campaign
    one_grade: Campaign
    cancelled: Campaign
    plan: Plan
    fine: Publication
    problem: Publication
    corrected: Publication
    withdrawn: Publication
    triggered: Publication
    draft: Case

    @property
    def publications(self) -> list[Publication]:
        return [self.fine, self.problem, self.corrected, self.withdrawn, self.triggered]


def small_city() -> World:
    """Draws, checks and publications of 川汇区."""
    office = make_sampling.Office()
    item = make_sampling.item("Z01", name="食品经营单位证后监管")
    scheme = {"item_codes": [item.code], "title": "食品经营单位抽查", "rates_bp": {"A": 3000, "B": 3000}}
    campaign, cases = make_disclosure.drawn({"A": 20, "B": 20, "D": 6}, office=office, **scheme)
    fine, problem, wrong, bad, draft = cases[:5]
    first = make_disclosure.publish(make_disclosure.check(wrong, codes=("D",), finding="台账不实"))
    withdrawn = make_disclosure.publish(make_disclosure.check(bad))
    disclosure.ask_withdrawal(withdrawn.id, reason="检查对象认定有误", actor=make_cases.person("deputy"))
    disclosure.withdraw(withdrawn.id, actor=make_cases.person("deputy"))
    crew = make_cases.crew(draft)
    make_cases.walk(draft, to="inspecting", crew=crew)
    make_cases.record_all(draft, by=crew["member"], codes=("D",), finding=DRAFT)
    world = World(
        item=item.code,
        campaign=campaign,
        committed=make_sampling.campaign(office, until="committed", title="尚未抽取的抽查", public_list=False),
        one_grade=_one_grade(office),
        cancelled=_cancelled(office),
        plan=make_sampling.published_plan(item.code),
        fine=make_disclosure.publish(make_disclosure.check(fine)),
        problem=make_disclosure.publish(make_disclosure.check(problem, codes=("D",), finding="标签虚假")),
        corrected=make_disclosure.correct(first, codes=("1",), reason="查错货架"),
        withdrawn=withdrawn,
        triggered=make_disclosure.published("trigger", of=make.enterprise(name="周口市川汇区独一味餐饮店")),
        draft=draft,
    )
    make.enterprise(name="周口市川汇区未抽中商行")
    session.execute(update(Enterprise).values(legal_representative=PERSON))
    return world


def _one_grade(office: make_sampling.Office) -> Campaign:
    """A draw from one grade alone: its stratum is called `all` in public."""
    return make_sampling.campaign(
        office, until="drawn", title="重点对象抽查", rates_bp={"D": 2000}, item_codes=[_other()]
    )


def _other() -> str:
    return make_sampling.item().code


def _cancelled(office: make_sampling.Office) -> Campaign:
    campaign = make_sampling.campaign(office, until="committed", title="作废的抽查", item_codes=[_other()])
    sampling.propose_cancel(campaign.id, reason="抽查事项清单调整", actor=make.actor("deputy"))
    return sampling.cancel(campaign.id, actor=make.actor("deputy"))

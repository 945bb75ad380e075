"""What befalls the subjects: each function tells the records of one or a few sources."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from casework.demo import words
from casework.demo.dice import Dice
from casework.demo.population import Population, Span, Subject, address, person_name, towns_by_size
from casework.demo.story import Cells, News, Story, Told
from casework.demo.truth import finding
from casework.registry.reference import entity_types

KEY_TIMES = 3.0
"""So many times more often food, drug and equipment businesses are penalised."""
KEY_CHECKED = 0.10
"""How often a year a company of a key domain is checked beside the ordinary draws."""
LOST, IDLE_LOST = 0.96, 0.9
"""How many of those who have gone quiet, and of those who hardly trade, the tax office calls abnormal."""
REVOKED, AMENDED, REPAIRED = 0.02, 0.015, 0.25
"""Shares of penalties that are withdrawn, corrected in their amount, repaired."""

DOMAINS = {"food": "食品安全", "drug": "药品", "equipment": "特种设备"}


# ---- The register ----------------------------------------------------------------------------------------------------

ITEMS = {"法定代表人": 22.0, "住所": 20.0, "名称": 8.0, "经营范围": 28.0, "注册资本": 10.0, "股权": 12.0}
SINGLE_ITEMS = {"经营者": 20.0, "经营场所": 45.0, "字号": 10.0, "经营范围": 25.0}
"""What companies change, and what individual businesses and cooperatives do."""


def register(story: Story) -> Iterator[Told]:
    """The entry in the register and all that changes in it, told a second time by the records of changes."""
    subject, dice, span = story.subject, story.dice, story.span
    entry, news = dict(_entry(subject)), list(_leaving(story))
    for day in story.days("change", weight=0.6):
        item = dice.among(ITEMS if subject.kind == "company" else SINGLE_ITEMS)
        field, before, after = _change(item, entry, story)
        yield story.tell("changes", day, (1, 6), item=item, before=before, after=after, authority=story.bureau)
        if field is not None:
            entry |= {field: after}
            news.append((story.after(day, 0, 3), {field: after, "approved_on": day.isoformat()}))
    if subject.late_uscc is not None and dice.chance(0.3):
        news.append((dice.day(span.start, span.as_of), {"uscc": subject.late_uscc}))
    told_on = span.start
    if subject.established_on > span.start:
        told_on = story.after(subject.established_on, 0, 3)
        if dice.chance(0.02):
            told_on = story.after(told_on, 25, 50)  # what is known of it comes before it does
    yield Told("enterprises", told_on, subject, _entry(subject), sorted(news, key=lambda told: told[0]))


def _entry(subject: Subject) -> Cells:
    """The cells of a subject's first entry."""
    cells = {
        "name": subject.name,
        "type": entity_types()[subject.type_code],
        "legal_representative": subject.person,
        "person_id": subject.person_id,
        "phone": f"1380000{subject.index % 10_000:04d}",
        "capital": None if subject.capital_wan is None else f"{subject.capital_wan:g}",
        "paid_capital": None if subject.paid_wan is None else f"{subject.paid_wan:g}",
        "established_on": subject.established_on.isoformat(),
        "approved_on": subject.established_on.isoformat(),
        "registrar": words.BUREAUS[subject.county],
        "status": "存续",
        "address": subject.address,
        "industry": subject.trade.code,
        "scope": subject.trade.scope,
        "employees": None if subject.employees is None else str(subject.employees),
        "parent": subject.parent,
        "cluster": "是" if subject.cluster else None,
        "tags": DOMAINS.get(subject.trade.domain),
    }
    return {key: text for key, text in cells.items() if text}


def _change(item: str, entry: Cells, story: Story) -> tuple[str | None, str, str]:
    """The field of the register that an item changes (None: it holds no such thing), before and after."""
    subject, dice = story.subject, story.dice
    match item:
        case "法定代表人" | "经营者":
            return "legal_representative", entry["legal_representative"], person_name(dice)
        case "住所" | "经营场所":
            county = dice.pick(list(words.COUNTIES)) if dice.chance(0.1) else subject.county
            town = dice.pick(towns_by_size(county)[:6])
            return "address", entry["address"], address(county, town, subject.trade, dice)
        case "名称" | "字号":
            return "name", entry["name"], story.population.another_name(subject, dice)
        case "经营范围":
            return "scope", entry["scope"], f"{subject.trade.scope}；{dice.pick(words.TRADES).scope}"
        case "注册资本":
            before = entry.get("capital", "100")
            times = dice.pick((0.2, 0.3, 0.4)) if dice.chance(0.25) else dice.pick((1.5, 2, 3, 5))
            return "capital", before, f"{round(float(before) * times, 2):g}"
        case _:
            return (
                None,
                f"{person_name(dice)}持股{dice.whole(10, 90)}%",
                f"{person_name(dice)}持股{dice.whole(10, 90)}%",
            )


def _leaving(story: Story) -> Iterator[News]:
    """The end of a subject, the announcement before it, or a pause."""
    subject, dice, span = story.subject, story.dice, story.span
    if subject.left_on is not None:
        yield (
            subject.left_on,
            {"status": subject.left_as or "注销", "status_on": subject.left_on.isoformat(), "tags": "已退出"},
        )
        if subject.left_as == "注销" and dice.chance(0.3):
            yield subject.left_on - timedelta(days=25), {"tags": "简易注销公告期"}
    elif dice.chance(0.003):
        yield span.as_of - timedelta(days=dice.whole(3, 15)), {"tags": "简易注销公告期"}
    elif dice.chance(0.004):
        yield span.as_of - timedelta(days=dice.whole(40, 300)), {"status": "歇业"}


def filings(story: Story) -> Iterator[Told]:
    """设立登记 and 备案."""
    subject = story.subject
    if subject.established_on >= story.span.first:
        yield story.tell("registrations", subject.established_on, (1, 5), authority=story.bureau)
    for day in story.days("filing", weight=0.2):
        item = story.dice.pick(words.FILINGS)
        yield story.tell("filings", day, (1, 6), item=item, content=f"{item}备案", authority=story.bureau)


# ---- Annual reports and the abnormal list ----------------------------------------------------------------------------

NO_REPORT = "未依照规定的期限公示年度报告的"
NOBODY_THERE = "通过登记的住所或者经营场所无法联系的"
NOT_DISCLOSED = "未在责令的期限内公示有关企业信息的"
FALSE_REPORT = "公示企业信息隐瞒真实情况、弄虚作假的"


def reports(story: Story) -> Iterator[Told]:
    """年度报告, and what follows where none comes: 列入经营异常名录 (for individual businesses a mark)."""
    subject, free_on = story.subject, story.span.first
    for year in range(story.span.first.year, story.span.as_of.year):
        if subject.established_on.year > year or date(year + 1, 1, 5) > story.last:
            continue
        filed_on = _filed_on(story, year)
        if filed_on is not None and filed_on <= story.last:
            yield _report(story, year, filed_on)
        listed_on = date(year + 1, 6, 30) + timedelta(days=story.dice.whole(5, 14))
        missed = (filed_on is None or filed_on > listed_on) and listed_on <= story.last
        if missed and free_on <= listed_on and story.happens("is listed", 0.0, most=1.0):
            free_on = story.after(filed_on, 3, 7) if filed_on else date.max
            yield _listing(story, NO_REPORT, listed_on, free_on, "已补报年度报告")


def _filed_on(story: Story, year: int) -> date | None:
    """When the report of a year is published: before July (mostly in the last weeks), late, or never."""
    due = date(year + 1, 6, 30)
    if story.subject.is_dormant(due - timedelta(days=60)):
        return None
    if not story.happens("reports late, idle" if story.subject.idle else "reports late", 0.3):
        return due - timedelta(days=int(175 * story.dice.number() ** 1.8))
    return story.after(due, 3, 110) if story.dice.chance(0.95) else None


def _report(story: Story, year: int, filed_on: date) -> Told:
    figures = {"revenue": "企业选择不公示", "assets": "企业选择不公示"}
    if story.happens("reports zeros, idle" if story.subject.idle else "reports zeros", 0.3):
        figures = {"revenue": "0", "profit": "0", "assets": "0", "tax": "0"}
    elif story.dice.chance(0.4):
        single = story.subject.kind == "individual"
        revenue = story.dice.lognormal(12, 60) if single else story.dice.lognormal(120, 1500)
        shares = {"revenue": 1, "profit": 0.06, "assets": 0.8, "tax": 0.02}
        figures = {key: f"{revenue * share:.2f}" for key, share in shares.items()}
    return story.tell("annual_reports", filed_on, (0, 2), year=str(year), **figures)


def listings(story: Story) -> Iterator[Told]:
    """列入经营异常名录 for other reasons than a missing report."""
    subject, dice = story.subject, story.dice
    if subject.dormant_on is not None and dice.chance(0.85):
        found_on = story.after(subject.dormant_on, 20, 240)
        if story.first < found_on <= story.last:
            yield _listing(story, NOBODY_THERE, found_on, date.max, "")
    elif days := story.days("unreachable"):
        found_again = story.after(days[0], 20, 300) if dice.chance(0.6) else date.max
        yield _listing(story, NOBODY_THERE, days[0], found_again, "依法变更登记，重新取得联系")
    ordered = [] if subject.dormant_on is None else [story.after(subject.dormant_on, 90, 400)]
    for day in [*story.days("other listing", weight=1.2)[:1], *ordered]:
        if story.first < day <= story.last:
            reason = FALSE_REPORT if dice.chance(0.05) else NOT_DISCLOSED
            free_on = story.after(day, 30, 400) if dice.chance(0.5) and not subject.is_dormant(day) else date.max
            yield _listing(story, reason, day, free_on, "已履行公示义务")


def _listing(story: Story, reason: str, day: date, removed_on: date, because: str) -> Told:
    """A listing until a day, if that day has come; a few turn out to have been wrong."""
    later: list[News] = []
    if removed_on <= story.span.as_of:
        on = removed_on.isoformat()
        wrong = story.dice.chance(0.03)
        removal = {"ends_on": on, "removal_reason": because, "removal_authority": story.bureau}
        later.append((removed_on, {"revoked_on": on} if wrong else removal))
    number = story.document("列异", day)
    return story.tell(
        "abnormal_list", day, (1, 5), later=later, reason=reason, document_no=number, authority=story.bureau
    )


# ---- Penalties and lists of the discredited --------------------------------------------------------------------------

FINES = {1: (800, 3_000), 2: (5_000, 30_000), 3: (30_000, 300_000)}
"""Median and ninetieth percentile in yuan by degree."""


def penalties(story: Story) -> Iterator[Told]:
    """行政处罚 with what becomes of them; fines that are not paid."""
    domain = story.subject.trade.domain
    times = KEY_TIMES if domain else 1.0
    fitting = [offence for offence in words.OFFENCES if offence.domain in ("", domain)]
    own = [offence for offence in fitting if offence.domain] or fitting
    for day in story.days("penalty", weight=1.1, times=times):
        offence = story.dice.pick(own if story.dice.chance(0.65) else fitting)
        penalty = _penalty(story, offence, day)
        yield penalty
        if story.dice.chance(0.15):
            yield _unpaid(story, penalty, day)
    for day in story.days("simple penalty", weight=0.6, times=times**0.5):
        offence = story.dice.pick([offence for offence in fitting if offence.degree == 1])
        warned = {"procedure": "简易程序", "sort": "警告", "content": "警告"}
        yield story.tell("penalties", day, (5, 20), **_offence(story, offence, day), **warned)


def _penalty(story: Story, offence: words.Offence, day: date) -> Told:
    amount = round(story.dice.lognormal(*FINES[offence.degree]), -2)
    years = 3 if offence.degree == 3 else 1
    return story.tell(
        "penalties",
        day,
        (5, 25),
        later=list(_fates(story, day, amount)),
        **_offence(story, offence, day),
        procedure="普通程序",
        sort="罚款、吊销许可证" if offence.degree == 3 and story.dice.chance(0.1) else "罚款",
        content=f"罚款{amount:,.2f}元",
        amount=f"{amount:.2f}",
        degree=("轻微", "一般", "严重")[offence.degree - 1],
        published_on=story.after(day, 5, 20).isoformat(),
        publicity_until=(day + timedelta(days=365 * years)).isoformat(),
    )


def _offence(story: Story, offence: words.Offence, day: date) -> Cells:
    return {
        "document_no": story.document("处罚", day),
        "violation": offence.words,
        "domain": DOMAINS.get(offence.domain, "市场监管"),
        "basis": offence.basis,
        "authority": story.bureau,
    }


def _fates(story: Story, day: date, amount: float) -> Iterator[News]:
    """What may befall a penalty later: withdrawn, corrected, repaired."""
    throw, on = story.dice.number(), story.after(day, 40, 300)
    if throw < REVOKED:
        yield on, {"revoked_on": on.isoformat()}
    elif throw < REVOKED + AMENDED:
        yield on, {"amount": f"{amount / 2:.2f}", "content": f"罚款{amount / 2:,.2f}元（更正）"}
    elif throw < REVOKED + AMENDED + REPAIRED:
        yield on + timedelta(days=60), {"repaired_on": (on + timedelta(days=60)).isoformat(), "settled": "已履行"}


def _unpaid(story: Story, penalty: Told, day: date) -> Told:
    due = story.after(day, 20, 40)
    known = {key: penalty.cells[key] for key in ("document_no", "authority")}
    later = story.ends(due, 60, 500, 0.5)
    return story.tell("unpaid_penalties", due, (5, 20), later=later, matter="逾期未缴纳罚款", **known)


def discredited(story: Story) -> Iterator[Told]:
    """严重违法失信名单, 失信被执行人, barred representatives."""
    dice, county = story.dice, story.subject.county
    for day in story.days("serious list", weight=1.2)[:1]:
        category, reason = dice.pick(words.SERIOUS)
        number, later = story.document("严违", day), story.ends(day, 400, 1095, 0.3)
        named = {"category": category, "reason": reason, "document_no": number, "authority": story.bureau}
        yield story.tell("serious_list", day, (1, 10), later=later, **named)
    for day in story.days("defaulter")[:1]:
        yield story.tell(
            "defaulters",
            day,
            (2, 15),
            later=story.ends(day, 60, 730, 0.45),
            document_no=f"（{day.year}）豫16执{dice.whole(1, 4000)}号",
            basis_no=f"（{day.year - 1}）豫16民初{dice.whole(1, 4000)}号",
            authority=words.COURTS[county],
            conduct=dice.pick(words.DEFAULTS),
            performance="全部未履行" if dice.chance(0.8) else "部分未履行",
            amount=f"{dice.lognormal(12, 150):.2f}万元",
        )
    for day in story.days("disqualified")[:1]:
        matter, later = dice.pick(words.DISQUALIFICATIONS), story.ends(day, 300, 1095, 0.3)
        yield story.tell("disqualifications", day, (5, 30), later=later, matter=matter, authority=story.bureau)


def neglect(story: Story) -> Iterator[Told]:
    """What the tax office and other departments note, and the orders to correct something that are not obeyed."""
    dice, county = story.dice, words.COUNTIES[story.subject.county][0]
    for day in _states(story):
        matter, department = dice.pick(words.OTHER_STATES)
        later = story.ends(day, 90, 700, 0.1)
        yield story.tell("other_abnormal", day, (5, 30), later=later, matter=matter, authority=f"{county}{department}")
    for day in story.days("order ignored", weight=1.2)[:1]:
        named = {
            "matter": dice.pick(words.ORDERS),
            "document_no": story.document("责改", day),
            "authority": story.bureau,
        }
        later = story.ends(day, 60, 500, 0.4)
        yield story.tell("overdue_rectifications", day, (5, 30), later=later, **named)


def _states(story: Story) -> list[date]:
    """The day on which another department loses the subject: soon after it has gone quiet, some time if it is idle."""
    subject, dice = story.subject, story.dice
    if subject.dormant_on is not None and dice.chance(LOST):
        day = story.after(subject.dormant_on, 60, 300)
    elif subject.idle and dice.chance(IDLE_LOST):
        day = story.first + (story.last - story.first) * dice.number() ** 3
    else:
        return story.days("other state", weight=1.2)[:1]
    return [day] if story.first < day <= story.last else []


# ---- Equity, licences, honours ---------------------------------------------------------------------------------------


def equity(story: Story) -> Iterator[Told]:
    """股权出质, 股权冻结."""
    subject, dice = story.subject, story.dice
    capital = subject.capital_wan or 100.0
    for day in story.days("equity pledge", weight=0.4):
        free_on = day + timedelta(days=dice.wait(730))
        yield story.tell(
            "equity_pledges",
            day,
            (1, 8),
            later=((free_on, {"ends_on": free_on.isoformat()}),) if free_on <= story.span.as_of else (),
            document_no=f"{subject.county}{day.year}{dice.whole(1, 9999):04d}",
            pledgor=person_name(dice),
            pledgee=dice.pick(words.BANKS),
            amount=f"{round(capital * dice.pick((0.2, 0.3, 0.5, 0.6, 0.85, 1.0)), 2):g}万元",
            authority=story.bureau,
        )
    for day in story.days("equity freeze"):
        yield story.tell(
            "equity_freezes",
            day,
            (2, 12),
            later=story.ends(day, 90, 1095, 0.4),
            document_no=f"（{day.year}）豫16执保{dice.whole(1, 900)}号",
            debtor=person_name(dice),
            amount=f"{round(capital * dice.pick((0.1, 0.3, 0.5)), 2):g}万元",
            authority=words.COURTS[subject.county],
        )


def inventions(story: Story) -> Iterator[Told]:
    """知识产权质押: of one company in 5,000 a year, four fifths of them in manufacturing and research."""
    subject, dice = story.subject, story.dice
    if subject.kind == "company" and dice.chance(0.0036 if subject.trade.section in "CM" else 0.0002):
        day = dice.day(story.first, story.last)
        yield story.tell(
            "ip_pledges",
            day,
            (5, 20),
            document_no=f"Y{day.year}41{dice.whole(1, 99_999):06d}",
            right="专利" if dice.chance(0.7) else "商标",
            subject=dice.pick(words.PATENTS),
            pledgor=subject.name,
            pledgee=dice.pick(words.BANKS),
        )


LICENCES = {
    "food": ("食品经营许可证", "JY1411600", "食品销售"),
    "meals": ("食品经营许可证", "JY2411600", "热食类食品制售"),
    "food production": ("食品生产许可证", "SC1011600", "食品生产"),
    "drug": ("药品经营许可证", "豫DA", "处方药、非处方药零售"),
    "equipment": ("特种设备使用登记证", "梯11豫P", "电梯、压力容器使用登记"),
    "transport": ("道路运输经营许可证", "豫交运管许可周字", "道路普通货物运输"),
    "labour": ("人力资源服务许可证", "411600", "职业中介活动"),
}


def licences(story: Story) -> Iterator[Told]:
    """行政许可, for five years each: renewed in time, late, or not at all."""
    subject, dice = story.subject, story.dice
    for kind in _licences_of(subject, dice):
        name, prefix, content = LICENCES[kind]
        number = f"{prefix}{dice.whole(1, 999_999):06d}"
        day = story.after(subject.established_on, 5, 90)
        while day <= story.last:
            until = day + timedelta(days=5 * 365)
            if until >= story.span.first - timedelta(days=730):
                term = {"document_no": number, "ends_on": until.isoformat()}
                told = story.tell(
                    "licences", day, (0, 5), licence=name, content=content, authority=story.bureau, **term
                )
                yield told._replace(day=max(told.day, story.span.first))
            if subject.is_dormant(until) or dice.chance(min(0.7, 0.1 * subject.lift(0.7))):
                break
            in_time = dice.chance(0.92)
            day = until - timedelta(days=dice.whole(100, 170)) if in_time else story.after(until, 20, 120)


def _licences_of(subject: Subject, dice: Dice) -> Iterator[str]:
    code, domain = subject.trade.code, subject.trade.domain
    if domain == "food" and code[0] in "FH" and dice.chance(0.6):
        yield "meals" if code[0] == "H" else "food"
    if code[:3] in ("C13", "C14", "C15") and dice.chance(0.6):
        yield "food production"
    if code in ("F5251", "C2740", "Q8425") and dice.chance(0.9):
        yield "drug"
    if dice.chance(0.6 if domain == "equipment" else 0.008 if subject.kind == "company" else 0.0005):
        yield "equipment"
    if code == "G5431" and dice.chance(0.7):
        yield "transport"
    if code == "L7263":
        yield "labour"


def honours(story: Story) -> Iterator[Told]:
    """守信激励: rarer the higher the risk."""
    old_enough = story.subject.established_on < story.span.first
    if old_enough and story.happens("is praised", -0.8, most=0.6):
        day = story.dice.day(story.span.first, story.span.as_of)
        authority = f"{words.COUNTIES[story.subject.county][0]}税务局"
        later, matter = story.ends(day, 360, 370, 0.5), story.dice.pick(words.HONOURS)
        yield story.tell("honours", day, (5, 30), later=later, matter=matter, authority=authority)


# ---- What others say and find ----------------------------------------------------------------------------------------


def voices(story: Story) -> Iterator[Told]:
    """投诉, 举报, 舆情: half of the complaints go to one subject in twenty."""
    subject, dice = story.subject, story.dice
    crowd = 7.1 if dice.chance(0.05) else 0.37
    retail = 1.35 if subject.trade.section in "FHO" else 0.5
    outcomes = {"调解成功": 46.0, "终止调解": 22.0, "不予受理": 20.0, "撤回": 8.0, "拒不履行": 4.0}
    for day in story.days("complaint", weight=0.5, times=crowd * retail):
        number = f"1{subject.county}{day:%Y%m%d}{dice.whole(1, 9999):04d}"
        said = {"matter": dice.pick(words.COMPLAINTS), "outcome": dice.among(outcomes), "authority": story.bureau}
        yield story.tell("complaints", day, (7, 40), document_no=number, **said)
    for day in story.days("report", weight=0.9, times=crowd**0.5):
        number = f"2{subject.county}{day:%Y%m%d}{dice.whole(1, 9999):04d}"
        outcome = "查实" if dice.chance(min(0.8, 0.18 * subject.lift(0.4))) else "未查实"
        said = {"matter": dice.pick(words.REPORTS), "outcome": outcome, "authority": story.bureau}
        yield story.tell("reports", day, (15, 45), document_no=number, **said)
    for day in story.days("opinion"):
        headline = dice.pick(words.HEADLINES).format(subject.name)
        weight = dice.among({"一般": 70.0, "较大": 25.0, "重大": 5.0})
        yield story.tell("opinions", day, (0, 3), headline=headline, weight=weight, medium="网络短视频平台")


def tests(story: Story) -> Iterator[Told]:
    """抽检结果 of food and products: one in twenty fails."""
    subject, dice = story.subject, story.dice
    if subject.trade.section not in "CFH":
        return
    field = "food" if subject.trade.domain == "food" else ""
    for day in story.days("product test", weight=0.1, times=3.0 if field else 1.0):
        failed = dice.chance(min(0.6, 0.05 * subject.lift(0.8)))
        yield story.tell(
            "product_tests",
            day,
            (5, 30),
            document_no=f"{'SC' if field else 'CP'}{day:%y%m%d}{subject.county}{dice.whole(1, 9999):04d}",
            product=dice.pick(words.PRODUCTS[field]),
            lot=story.after(day, -60, -5).isoformat(),
            outcome="不合格" if failed else "合格",
            failure=dice.pick(words.FAILURES[field]) if failed else "",
            authority="周口市市场监督管理局",
        )


RESULTS = {
    "fine": "未发现问题",
    "undisclosed": "未按规定公示应当公示的信息",
    "unreachable": "通过登记的住所（经营场所）无法联系",
    "corrected": "发现问题已责令改正",
    "minor": "轻微违法及时改正不予处罚",
    "pending": "发现问题待后续处理",
    "uncooperative": "不配合检查情节严重",
    "inactive": "未发现开展本次抽查涉及的经营活动",
    "shut_down": "已关闭停业或正在组织清算",
}
KEY_ITEMS = {"food": "食品经营单位证后监管", "drug": "药品零售企业监督检查", "equipment": "特种设备使用单位监督检查"}
ITEMS_FOR_ALL = ("登记事项检查", "年度报告公示信息检查", "即时公示信息检查")


def checks(story: Story) -> Iterator[Told]:
    """抽查检查结果 from the years before this system: what the same hidden risk decided then."""
    subject, dice = story.subject, story.dice
    domain, last = subject.trade.domain, min(story.last, story.span.start - timedelta(days=1))
    often = story.rate("check") + (0.0 if not domain else KEY_CHECKED if subject.kind == "company" else KEY_CHECKED / 5)
    years = max(0.0, (last - story.first).days / 365)
    for _each in range(dice.times(often * years * subject.lift(0.4))):
        day, key = dice.day(story.first, last), bool(domain) and dice.chance(0.6)
        found = finding(subject, day, dice, key=key)
        unsettled = found in ("corrected", "pending")
        yield story.tell(
            "spot_checks",
            day,
            (10, 30),
            later=story.ends(day, 15, 60, 0.9) if unsettled else (),
            document_no=f"{subject.county}{day:%Y%m}{dice.whole(1, 60):04d}",
            plan=f"{day.year}年度双随机抽查",
            item=KEY_ITEMS[domain] if key else dice.pick(ITEMS_FOR_ALL),
            sort="抽查",
            result=RESULTS[found],
            authority=story.bureau,
        )


MACHINES = {
    "K7020": ("曳引驱动电梯",), "L7223": ("自动扶梯", "曳引驱动电梯"), "R9030": ("大型游乐设施",), "D4511": ("压力管道", "气瓶"),
    "C3434": ("桥式起重机", "叉车"), "E4920": ("压力容器",), "L7113": ("起重机械", "叉车"), "F5211": ("自动扶梯",), "H6110": ("曳引驱动电梯", "锅炉"),
}  # fmt: skip
PUBLIC_PLACES = frozenset({"L7223", "R9030", "F5211", "H6110"})
"""Trades to whose places the public comes (特种设备安全法第五十七条)."""


def machines(story: Story) -> Iterator[Told]:
    """特种设备使用登记: some pieces each, most of them inspected in time."""
    subject, dice = story.subject, story.dice
    code = subject.trade.code
    small = code[0] in "FH" and subject.kind != "company"
    if code not in MACHINES or small or not dice.chance(0.3 if code[0] in "FH" else 0.8):
        return
    for _each in range(dice.whole(1, 4)):
        registered = dice.day(max(story.span.first, subject.established_on), story.last)
        overdue = dice.chance(min(0.5, 0.06 * subject.lift(0.8)))
        inspect_by = story.after(story.span.as_of, -150, -3) if overdue else story.after(story.span.as_of, 5, 360)
        yield story.tell(
            "equipment",
            registered,
            (3, 10),
            document_no="梯起锅容管叉"[dice.whole(0, 5)] + f"11豫P{dice.whole(1, 999_999):06d}",
            sort=dice.pick(MACHINES[code]),
            gathering="是" if code in PUBLIC_PLACES else "否",
            place=words.COUNTIES[subject.county][0],
            inspect_by=inspect_by.isoformat(),
            maintained_by="周口示范电梯维保服务部" if dice.chance(0.6) else "",
            authority=story.bureau,
        )


TELLERS: tuple[Callable[[Story], Iterator[Told]], ...] = (
    register, filings, reports, listings, penalties, discredited, neglect, equity, inventions, licences, honours, voices, tests, checks, machines,
)  # fmt: skip


def life(subject: Subject, span: Span, seed: int, population: Population) -> Iterator[Told]:
    """Everything that the files tell of a subject, each kind of it from dice of its own."""
    for purpose, tell in enumerate(TELLERS, 10):
        yield from tell(Story(subject, span, Dice(seed, purpose, subject.index), population))

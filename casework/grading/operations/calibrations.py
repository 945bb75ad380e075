"""New points proposed from closed cases, and kept as a draft when somebody wants them."""

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, record
from casework.grading import calibration, model_files, queries
from casework.grading.calibration import ENOUGH, ENOUGH_PROBLEMS, Scorecard
from casework.grading.messages import CalibrationRequested
from casework.grading.model_files import ModelFile
from casework.grading.models import Calibration, GradingModel
from casework.grading.operations.modelling import draft_model


def request_calibration(subject_class: str, *, actor: Actor) -> Calibration:
    """Asks a worker for new points for the model in force; refused where too few cases are closed, or it is at work."""
    model_id, _model = queries.basis(clock.today()).models[subject_class]
    if any(known.model_id == model_id and queries.is_open(known) for known in queries.calibrations()):
        raise Refusal(_("这个模型正在校准，请等它完成。"))
    _refuse_too_few(queries.closed_cases(model_id))
    asked = Calibration(model_id=model_id, requested_by=actor.name, requested_at=clock.now())
    session.add(asked)
    session.flush()
    asked.message_id = announce(CalibrationRequested(calibration_id=asked.id), actor=actor)
    record("grading.request_calibration", asked, actor=actor, after={"model": model_id})
    return asked


def carry_out_calibration(calibration_id: int, *, actor: Actor) -> None:
    """Fits points to the closed cases and keeps what it proposes. Idempotence key: the unfinished calibration."""
    known = session.get(Calibration, calibration_id, with_for_update=True)
    if known is None:
        raise NotFound(_("没有这次校准。"))
    if known.finished_at is not None:
        return
    cases = queries.closed_cases(known.model_id)
    _refuse_too_few(cases)
    proposal = calibration.propose(queries.load(known.model_id), cases.points, cases.problem)
    known.first, known.last = cases.days[0], cases.days[-1]
    known.proposal, known.finished_at = proposal.to_data(), clock.now()
    record("grading.carry_out_calibration", known, actor=actor, after={"checked": proposal.checked})


def draft_calibration(calibration_id: int, *, actor: Actor) -> GradingModel:
    """Keeps the proposed points as a draft; refused where they are no better. Idempotence key: the calibration."""
    known = queries.calibration(calibration_id)
    if known.proposal is None:
        raise Refusal(_("校准还没有完成。"))
    if known.drafted_id is not None:
        return queries.model(known.drafted_id)
    proposal = Scorecard.from_data(known.proposal)
    if not proposal.better:
        raise Refusal(_("这次校准没有得出比现行分值更好的建议，不必起草。"))
    document = _(
        "第 %(number)s 次校准建议（依据 %(checked)s 户次抽查结果），批准文号待填",
        number=known.id,
        checked=proposal.checked,
    )
    proposed = calibration.applied(queries.load(known.model_id), proposal.factors)
    file = model_files.write(ModelFile(proposed, clock.today(), document))
    drafted = draft_model(file.encode(), actor=actor)
    session.flush()
    known.drafted_id = drafted.id
    return drafted


def _refuse_too_few(cases: queries.ClosedCases) -> None:
    checked, problems = len(cases.problem), int(cases.problem.sum())
    if checked < ENOUGH or min(problems, checked - problems) < ENOUGH_PROBLEMS:
        raise Refusal(
            _(
                "已公示的双随机抽查结果太少，不能校准：现行模型下有 %(checked)s 户次，其中发现问题 %(problems)s 户次；"
                "至少要 %(enough)s 户次，发现问题和未发现问题的各不少于 %(least)s 户次。",
                checked=checked,
                problems=problems,
                enough=ENOUGH,
                least=ENOUGH_PROBLEMS,
            )
        )

"""Verbs of models: kept as drafts, given up, brought into force."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from casework.core.i18n import _
from casework.core.ledger import move, record
from casework.grading import model_files, queries
from casework.grading.indicators import INDICATORS
from casework.grading.model_files import ModelFile
from casework.grading.models import GradingModel
from casework.grading.rules import MODEL, Attention, default_model
from casework.registry.rules import SUBJECT_CLASSES

DEFAULT_FROM = date(2022, 7, 25)
DEFAULT_DOCUMENT = "系统默认模型，依据豫市监办〔2022〕100号、国市监信发〔2022〕6号（指标与分值周口待核）"


def ensure_default_models(*, actor: Actor) -> None:
    """Keeps the shipped model of each subject class: active if the first, else a draft. Idempotence key: its sha256."""
    for subject_class in SUBJECT_CLASSES:
        shipped = default_model(subject_class, INDICATORS.values())
        known = queries.versions_of(shipped.key)
        if queries.fingerprint_of(shipped.to_data()) in {each.sha256 for each in known}:
            continue
        first = DEFAULT_FROM if not known else clock.today()
        model = _draft(ModelFile(shipped, first, DEFAULT_DOCUMENT), known, actor=actor)
        if not known:
            move(model, MODEL, "activate", actor=actor, facts={"tried": True})


def draft_model(file: bytes, *, actor: Actor) -> GradingModel:
    """Keeps the model of a YAML file as a draft, the next version of its key. Idempotence key: its sha256 (refused)."""
    content = model_files.read(file, thresholds=parameters.value("grading.thresholds"))
    known = queries.versions_of(content.model.key)
    sha256 = queries.fingerprint_of(content.model.to_data())
    for each in known:
        if each.subject_class != content.model.subject_class:
            raise Refusal(_("名为 %(key)s 的模型属于另一类主体，请换一个名称。", key=content.model.key), field="file")
        if each.sha256 == sha256:
            raise Refusal(_("内容与第 %(version)s 版完全相同，不必再存。", version=each.version), field="file")
    return _draft(content, known, actor=actor)


def draft_attention(subject_class: str, decision: Attention, *, actor: Actor) -> GradingModel:
    """The model in force with a decision on an industry, in place of an earlier one on it, as a draft like any other.

    Idempotence key: the sha256 of the model (refused).
    """
    if decision.until is not None and decision.until <= decision.starts_on:
        raise Refusal(_("截止日期应晚于开始日期 %(day)s。", day=decision.starts_on), field="until")
    _model_id, model = queries.basis(clock.today()).models[subject_class]
    others = [each for each in model.attention if each.industry != decision.industry]
    proposed = replace(model, attention=(*others, decision))
    file = model_files.write(ModelFile(proposed, clock.today(), decision.document_no))
    return draft_model(file.encode(), actor=actor)


def discard_model(model_id: int, *, actor: Actor) -> GradingModel:
    """Gives a draft up; it stays readable."""
    model = queries.model(model_id)
    move(model, MODEL, "discard", actor=actor)
    return model


def activate_model(model_id: int, *, actor: Actor) -> GradingModel:
    """Brings a draft into force from its day on; what it replaces stays readable. Not by the one who drafted it."""
    model = queries.model(model_id)
    if model.drafted_by_id is not None and model.drafted_by_id == actor.id:
        raise NotAllowed(_("起草人不能启用自己起草的模型，请由另一人办理。"))
    facts = {"tried": queries.finished_simulation(model_id) is not None}
    MODEL.decide("activate", model.state, facts)
    begun = model.effective_from <= clock.today()
    for old in queries.active_models(model.subject_class):
        if old.effective_from == model.effective_from or (begun and old.effective_from < model.effective_from):
            move(old, MODEL, "supersede", actor=actor)
    session.flush()
    move(model, MODEL, "activate", actor=actor, facts=facts)
    return model


def _draft(content: ModelFile, known: Sequence[GradingModel], *, actor: Actor) -> GradingModel:
    definition = content.model.to_data()
    model = GradingModel(
        key=content.model.key,
        version=1 + max((each.version for each in known), default=0),
        subject_class=content.model.subject_class,
        effective_from=content.effective_from,
        document_no=content.document_no,
        definition=definition,
        sha256=queries.fingerprint_of(definition),
        drafted_by=actor.name,
        drafted_by_id=actor.id,
        drafted_at=clock.now(),
    )
    session.add(model)
    record(
        "grading.draft_model",
        model,
        actor=actor,
        after={"key": model.key, "version": model.version, "sha256": model.sha256},
    )
    return model

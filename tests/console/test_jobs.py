"""The operators' pages of jobs, the progress that other rooms show, and the health of the machine."""

from dataclasses import replace
from uuid import uuid4

import pytest

from casework.accounts.queries import actor_of
from casework.core import jobs
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.core.ledger import OutboxMessage, announce, history
from tests.workers.probes import Touched


def job(state, *, actor=SYSTEM, error=None):
    """A message with a job in this state."""
    message_id = announce(Touched(key="k"), actor=actor)
    session.flush()
    assert jobs.begin(message_id, "registry.read_batch", "registry.ImportRequested", {"batch_id": 7}, actor)
    jobs.progress(5, 10, "第 5 行")
    if state != "running":
        jobs.end(state, error)
    return message_id


def broken(sentence="连接中断"):
    """An error as it comes out of a handler, with its traceback."""
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError(sentence)
    return caught.value


def me(visitor):
    """The actor that a signed-in visitor is."""
    with visitor.session_transaction() as cookie:
        return actor_of(cookie["account"])


def test_an_operator_sees_what_failed_and_runs_it_again(as_role):
    operator = as_role("sysadmin")
    message_id = job("failed", error=broken())
    listed = operator.get("/console/jobs").text
    assert "读取导入批次" in listed
    assert "RuntimeError: 连接中断" in listed
    page = operator.get(f"/console/jobs/{message_id}").text
    assert "test_jobs.py" in page
    assert "重新运行" in page

    assert operator.post(f"/console/jobs/{message_id}/run-again").status_code == 303
    assert jobs.find(message_id).state == "queued"
    assert session.get(OutboxMessage, message_id).sent_at is None
    assert history("job", message_id)[0].action == "console.run_again"
    assert "重新运行任务" in operator.get(f"/console/jobs/{message_id}").text
    assert operator.post(f"/console/jobs/{message_id}/run-again").status_code == 409


def test_an_operator_stops_what_runs(as_role):
    operator = as_role("sysadmin")
    message_id = job("running")
    assert "5 / 10" in operator.get("/console/jobs?state=running").text
    operator.post(f"/console/jobs/{message_id}/cancel")
    with pytest.raises(jobs.Cancelled):
        jobs.progress(6, 10)
    jobs.end("cancelled")
    assert operator.post(f"/console/jobs/{message_id}/cancel").status_code == 409
    assert operator.get(f"/console/jobs/{uuid4()}").status_code == 404


def test_a_message_that_waits_has_a_page_too(as_role):
    message_id = announce(Touched(key="k"), actor=SYSTEM)
    assert "还没有进程开始办理" in as_role("sysadmin").get(f"/console/jobs/{message_id}").text


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        ("running", None, "5 / 10"),
        ("done", None, "刷新本页"),
        ("refused", Refusal("文件缺少“统一社会信用代码”一列。"), "缺少“统一社会信用代码”"),
        ("failed", broken("secret detail"), "系统出错"),
    ],
)
def test_who_began_the_work_sees_how_far_it_is(as_role, state, error, says):
    clerk = as_role("credit")
    message_id = job(state, actor=me(clerk), error=error)
    fragment = clerk.get(f"/console/progress/{message_id}").text
    assert says in fragment
    assert "secret detail" not in fragment
    assert ("hx-get" in fragment) == (state == "running")
    assert as_role("sysadmin").get(f"/console/progress/{message_id}").status_code == 200
    stranger = as_role("credit").get(f"/console/progress/{message_id}")
    assert (stranger.status_code, stranger.text) == (404, "")


def test_work_that_nobody_began_yet_is_shown_as_waiting(as_role):
    clerk = as_role("credit")
    message_id = announce(Touched(key="k"), actor=me(clerk))
    assert "排队中" in clerk.get(f"/console/progress/{message_id}").text


def test_the_signs_say_what_is_wrong_and_what_to_do(as_role, world, monkeypatch):
    nowhere = replace(world.config["CASEWORK"], redis_url="redis://127.0.0.1:1/0")
    monkeypatch.setitem(world.config, "CASEWORK", nowhere)
    operator = as_role("sysadmin")
    page = operator.get("/console/jobs").text
    assert "连接不上" in page
    assert "workers.schedule" in page
    assert "连接不上" in operator.get("/desk").text
    assert (operator.get("/healthz").status_code, operator.get("/healthz").text) == (200, "ok")
    unready = operator.get("/readyz")
    assert (unready.status_code, unready.text) == (503, "unavailable")


def test_a_sound_instance_is_ready(client):
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready")


def test_operators_pages_are_for_operators(as_role):
    clerk = as_role("director")
    for path in (
        "/console/jobs",
        f"/console/jobs/{uuid4()}",
        "/console/parameters",
        "/console/calendar",
        "/console/audit",
    ):
        assert clerk.get(path).status_code == 403, path
    assert "系统运行" not in clerk.get("/desk").text
    assert clerk.get("/style-guide").status_code == 200

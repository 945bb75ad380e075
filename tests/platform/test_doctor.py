"""The doctor finds what is wrong, and says what to do."""

import os
from pathlib import Path

import pytest
from launch import ports
from launch.machine import has_pango

from casework.core import doctor


def test_well_servers_are_well():
    checks = doctor.check_database(os.environ["DATABASE_URL"]) + doctor.check_queue(os.environ["REDIS_URL"])
    names = {check.name: check for check in checks}
    assert names["数据库编码"].ok
    assert names["数据库版本"].ok
    assert names["时钟"].ok
    assert names["任务队列"].ok
    assert names["队列内存策略"].ok
    assert all(check.remedy for check in checks if not check.ok)


def test_a_server_that_is_away_is_named_with_its_remedy():
    nowhere = ports.any_free()
    (database,) = doctor.check_database(f"postgresql+psycopg://127.0.0.1:{nowhere}/casework")
    (queue,) = doctor.check_queue(f"redis://127.0.0.1:{nowhere}/0")
    assert not database.ok
    assert "DATABASE_URL" in database.remedy
    assert not queue.ok
    assert "REDIS_URL" in queue.remedy


@pytest.mark.skipif(not has_pango(), reason="Pango is not installed")
def test_faces_are_found_and_missing_fonts_do_not_kill_the_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert doctor.check_printing() == doctor.Check("PDF 与字体", True, "5 种公文字体齐全")
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(empty))
    without = doctor.check_printing()
    assert not without.ok
    assert str(empty) in without.remedy


def test_little_room_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert doctor.check_space(tmp_path).ok
    monkeypatch.setattr(doctor, "LITTLE_SPACE", 2**60)
    assert not doctor.check_space(tmp_path).ok

"""Examines what the application stands on, and says in plain words what is wrong and what to do: `casework doctor`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psycopg
import redis
from sqlalchemy.engine import make_url

from casework.core import clock
from casework.core.i18n import _
from casework.settings import Settings

FACES = ("Casework FangSong", "Casework Kai", "Casework Hei", "Casework Title", "Casework Song")
POSTGRESQL = range(15, 19)
SKEW = timedelta(seconds=2)
LITTLE_SPACE = 2 * 1024**3
CONNECT_SECONDS = 5
RENDER_SECONDS = 60


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, whether it is well, what was seen, and what to do, if anything."""

    name: str
    ok: bool
    seen: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order in which one would mend things. Changes nothing."""
    return [
        *check_database(settings.database_url),
        *check_queue(settings.redis_url),
        check_printing(),
        check_time_zone(),
        check_space(settings.var),
    ]


def check_database(url: str) -> list[Check]:
    """Reachable, version, encoding, locale, clock against ours, and the holidays of next year."""
    address = make_url(url).set(drivername="postgresql")
    try:
        connection = psycopg.connect(
            address.render_as_string(hide_password=False), autocommit=True, connect_timeout=CONNECT_SECONDS
        )
    except psycopg.OperationalError as error:
        remedy = _("请启动 PostgreSQL，并核对 DATABASE_URL 的地址、用户名和口令。")
        return [Check(_("数据库"), False, _("连接不上：%(reason)s", reason=_first_line(error)), remedy)]
    with connection:
        return [
            _version(connection),
            _encoding(connection),
            _clocks(connection),
            _holidays(connection, clock.today().year + 1),
        ]


def _version(connection: psycopg.Connection) -> Check:
    version = connection.info.server_version // 10000
    return _check(
        _("数据库版本"),
        version in POSTGRESQL,
        f"PostgreSQL {version}",
        _("本系统支持 PostgreSQL 15 至 18。"),
    )


def _encoding(connection: psycopg.Connection) -> Check:
    """In a database of another encoding, or whose locale is plain C, Chinese text is searched in vain."""
    encoding = str(_one(connection, "SELECT current_setting('server_encoding')"))
    knows_chinese = encoding == "UTF8" and _one(connection, "SELECT '周' ~ '^[[:alpha:]]$'")
    found = _("能识别汉字") if knows_chinese else _("不能识别汉字")
    remedy = _("请新建数据库并迁移数据：ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0。")
    return _check(_("数据库编码"), bool(knows_chinese), encoding + _("，") + found, remedy)


def _clocks(connection: psycopg.Connection) -> Check:
    """Deadlines are counted here and moments are stored there: the two clocks must agree."""
    asked = time.monotonic()
    theirs = _one(connection, "SELECT clock_timestamp()")
    travel = timedelta(seconds=time.monotonic() - asked)
    assert isinstance(theirs, datetime)
    skew = abs(datetime.now(UTC) - theirs)
    return _check(
        _("时钟"),
        skew <= SKEW + travel,
        _("应用与数据库相差 %(seconds)s 秒", seconds=f"{skew.total_seconds():.1f}"),
        _("请在应用服务器和数据库服务器上启用时间同步（如 chrony）。"),
    )


def _holidays(connection: psycopg.Connection, year: int) -> Check:
    """Terms run across the turn of the year: next year's holidays must be there, and confirmed once published."""
    name = _("%(year)s 年工作日历", year=year)
    if not _one(connection, "SELECT to_regclass('calendar_day') IS NOT NULL"):
        return Check(name, False, _("数据库尚未初始化"), _("请运行 casework migrate。"))
    question = (
        "SELECT count(*), count(*) FILTER (WHERE provisional) FROM calendar_day WHERE date_part('year', day) = %s"
    )
    row = connection.execute(question, [year]).fetchone()
    assert row is not None
    days, provisional = row
    if days == 0:
        remedy = _("请在“系统 → 工作日历”中录入国务院办公厅公布的放假安排。")
        return Check(name, False, _("没有任何节假日"), remedy)
    if provisional:
        remedy = _("国务院办公厅公布放假安排后，请在“系统 → 工作日历”中确认。")
        return Check(name, True, _("%(days)s 天为暂定，待确认", days=provisional), remedy)
    return Check(name, True, _("已确认 %(days)s 天", days=days))


def check_queue(url: str) -> list[Check]:
    """Reachable, and set never to drop work for want of memory."""
    queue = redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS)
    try:
        known = cast(dict[str, Any], queue.info())
    except redis.RedisError as error:
        remedy = _("请启动 Valkey 或 Redis，并核对 REDIS_URL。任务已记在数据库中，队列恢复后会继续处理。")
        return [Check(_("任务队列"), False, _("连接不上：%(reason)s", reason=_first_line(error)), remedy)]
    finally:
        queue.close()
    server = f"Valkey {known['valkey_version']}" if "valkey_version" in known else f"Redis {known['redis_version']}"
    policy = known.get("maxmemory_policy")
    remedy = _("请设置 maxmemory-policy noeviction，否则内存不足时任务会被丢弃。")
    return [
        Check(_("任务队列"), True, server),
        _check(_("队列内存策略"), policy == "noeviction", str(policy), remedy),
    ]


def check_printing() -> Check:
    """Pango there, and each face of official documents found; in a process of its own, for a missing font kills it."""
    name = _("PDF 与字体")
    try:
        done = subprocess.run(
            [sys.executable, "-c", PRINT_FACES, *FACES],
            capture_output=True,
            text=True,
            timeout=RENDER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check(name, False, _("生成测试文件超时"), _("请检查服务器负载后重试。"))
    if done.returncode == -signal.SIGSEGV:
        return Check(name, False, _("没有找到任何字体"), _fonts_remedy())
    if done.returncode == NO_PANGO:
        remedy = _("请安装：apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0，然后重新启动。")
        return Check(name, False, _("缺少 Pango，PDF 组件未安装"), remedy)
    if done.returncode:
        return Check(name, False, _("生成测试文件失败：%(reason)s", reason=done.stderr.strip()[-200:]), _fonts_remedy())
    missing = [face for face in FACES if re.sub(r"\W", "", face) not in json.loads(done.stdout)]
    if missing:
        return Check(name, False, _("缺少字体：%(names)s", names=_("、").join(missing)), _fonts_remedy())
    return Check(name, True, _("%(count)s 种公文字体齐全", count=len(FACES)))


def _fonts_remedy() -> str:
    chosen = os.environ.get("FONTCONFIG_FILE", _("未设置"))
    return _(
        "请让环境变量 FONTCONFIG_FILE（现为 %(file)s）指向包含项目 fonts 目录的配置文件；启动脚本会自动生成。",
        file=chosen,
    )


NO_PANGO = 3
PRINT_FACES = f"""
import json, re, sys
try:
    from weasyprint import HTML
except OSError:
    sys.exit({NO_PANGO})
page = "".join(f"<p style=\\"font-family: '{{face}}'\\">\\u5468\\u53e3</p>" for face in sys.argv[1:])
pdf = HTML(string=page).write_pdf(uncompressed_pdf=True)
names = re.findall(rb"/BaseFont /[A-Z]+\\+([\\w-]+)", pdf)
print(json.dumps([re.sub(r"\\W", "", name.decode()) for name in names]))
"""
"""Prints two characters in each face and tells the names of the fonts that came into the file."""


def check_time_zone() -> Check:
    """Legal days are those of China, whatever zone the server keeps: the zone's table must be at hand."""
    noon = datetime(2026, 1, 1, 12, tzinfo=clock.LOCAL_ZONE)
    return _check(
        _("时区"),
        noon.utcoffset() == timedelta(hours=8),
        _("Asia/Shanghai，当前 %(now)s", now=f"{clock.now().astimezone(clock.LOCAL_ZONE):%Y-%m-%d %H:%M}"),
        _("请重新安装依赖包 tzdata。"),
    )


def check_space(folder: Path) -> Check:
    """Room for files, logs and a growing database."""
    free = shutil.disk_usage(folder).free
    return _check(
        _("磁盘空间"),
        free >= LITTLE_SPACE,
        _("剩余 %(size)s GB", size=f"{free / 1024**3:.1f}"),
        _("请清理或扩充 %(folder)s 所在的磁盘，至少留出 2 GB。", folder=folder),
    )


def _check(name: str, ok: bool, seen: str, remedy: str) -> Check:
    return Check(name, ok, seen, "" if ok else remedy)


def _one(connection: psycopg.Connection, question: str) -> object:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]

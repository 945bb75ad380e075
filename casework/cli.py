"""The `casework` command: what an operator does from a shell."""

import getpass
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click
from alembic import command
from alembic.config import Config
from flask import Flask

from casework.accounts import queries as staff
from casework.accounts.queries import first_of_each_role
from casework.accounts.rules import DEMO_PASSWORD, ROLES
from casework.app import create_app
from casework.core import files, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import db, transaction
from casework.core.doctor import examine
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.demo import history as demo
from casework.demo.measures import measure
from casework.grading import backtest as backtesting
from casework.grading import operations as grading
from casework.grading import queries as grading_queries
from casework.grading.backtest import picture as pictures
from casework.registry import operations as registry
from casework.registry.sources import SOURCES
from casework.sampling import operations as sampling
from casework.sampling import queries as sampling_queries
from casework.sampling import verify as verifier
from casework.settings import ROOT, Settings
from workers.inline import deliver, put_off
from workers.schedule import TABLE as SCHEDULE


class Commands(click.Group):
    """Shows a Refusal as one clear line instead of a traceback; Ctrl-C ends with the exit code that shells know."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Casework: records, grades, draws, cases and disclosure for a city's market regulator."""
    context.obj = None


def application() -> Flask:
    """The application of this process."""
    return create_app()


def alembic_config() -> Config:
    """Alembic as this project sets it."""
    return Config(toml_file=ROOT / "pyproject.toml")


@main.command()
def migrate() -> None:
    """Bring the database to the present structure and fill in shipped reference data."""
    with application().app_context():
        _migrate()


def _migrate() -> None:
    command.upgrade(alembic_config(), "head")
    with transaction():
        parameters.seed_calendar()
        grading.ensure_default_models(actor=SYSTEM)
        sampling.ensure_default_items(actor=SYSTEM)


@main.command()
@click.option("--full", "kind", flag_value="full", default="full", help="Grade everybody (the default).")
@click.option("--due", "kind", flag_value="due", help="Grade only those whose grade may have changed by itself.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one line of JSON.")
def grade(kind: str, as_json: bool) -> None:
    """Run the classification in the foreground: whole or nothing."""
    with application().app_context(), transaction():
        run = grading.run_now(kind, actor=Actor(id=None, name=getpass.getuser(), roles=("operator",)))
        counts = {"looked_at": run.looked_at, "changed": run.changed, **grading_queries.present_distribution()}
    if as_json:
        click.echo(json.dumps(counts))
    else:
        click.echo(
            _("分类 %(looked_at)s 户，结果有变化 %(changed)s 户；A %(A)s，B %(B)s，C %(C)s，D %(D)s。", **counts)
        )


@main.command()
def doctor() -> None:
    """Examine what the application stands on; exit code 1 when something is wrong."""
    checks = examine(Settings.from_environment())
    for check in checks:
        click.echo(f"{'✓' if check.ok else '✗'} {check.name}：{check.seen}")
        if check.remedy:
            click.echo(f"  {check.remedy}")
    sys.exit(any(not check.ok for check in checks))


@main.command()
@click.option(
    "--enterprises",
    default=20_000,
    envvar="DEMO_SUBJECTS",
    type=click.IntRange(100, 1_000_000),
    show_default=True,
    show_envvar=True,
    help="How many subjects.",
)
@click.option(
    "--seed",
    "number",
    default=4116,
    type=click.IntRange(0),
    show_default=True,
    help="The same seed gives the same city.",
)
@click.option(
    "--months",
    default=12,
    type=click.IntRange(1, 18),
    show_default=True,
    help="How long the city has worked with Casework.",
)
@click.option(
    "--if-empty", is_flag=True, help="Leave a database alone that holds anything; begin a half-made city anew."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures of the city as one line of JSON.")
def seed(enterprises: int, number: int, months: int, if_empty: bool, as_json: bool) -> None:
    """Fill an empty database with the demo city: synthetic records and a past made by the rooms' own operations."""
    with application().app_context():
        made, used = demo.state(), bool(staff.units())
        if made == "finished" or (made is None and used):
            if if_empty:
                return
            raise Refusal(_("数据库中已有数据。演示城市只能建在空库中，以免与真实数据混在一起。"))
        if made == "begun":
            _begin_anew()
        wanted = demo.Wanted(seed=number, subjects=enterprises, months=months)
        means = demo.Means(deliver, [line.operation for line in SCHEDULE], _Bar(), put_off)
        try:
            world = demo.seed(wanted, means)
        except KeyboardInterrupt:
            click.echo("\n" + _("演示城市没有建完，下次启动时从头重建。"), err=True)
            raise
        figures = measure(world)
    if as_json:
        click.echo(json.dumps({**vars(wanted), **figures, "refused": dict(world.diary.refused)}, ensure_ascii=False))


def _begin_anew() -> None:
    """Takes a city away that was not finished, if nobody has used it."""
    if demo.has_been_used():
        raise Refusal(
            _(
                "演示城市上次没有建完，但已有人登录使用过这个数据库，不会自动清除。请换一个空库，或自行删除后重试（scripts/dev.py clean）。"
            )
        )
    click.echo(_("演示城市上次没有建完，现在从头重建。"), err=True)
    db.session.remove()  # a reading transaction would wait for ourselves
    command.downgrade(alembic_config(), "base")
    _migrate()


class _Bar:
    """How far the demo city is and how long it will take: a bar for who watches, a line for each tenth in a log."""

    WIDTH, SURE = 30, 0.08

    def __init__(self) -> None:
        self._told, self._began = -1, time.monotonic()

    def __call__(self, share: float, note: str) -> None:
        if self.SURE <= share < 1:
            note = f"{note} {self._rest(share)}"
        if sys.stdout.isatty():
            full = round(share * self.WIDTH)
            end = "\n" if share >= 1 else ""
            click.echo(f"\r\033[K{'█' * full}{'░' * (self.WIDTH - full)} {share:4.0%} {note}{end}", nl=False)
        elif int(share * 10) > self._told:
            self._told = int(share * 10)
            click.echo(f"{share:4.0%} {note}", err=True)

    def _rest(self, share: float) -> str:
        seconds = (time.monotonic() - self._began) * (1 - share) / share
        if seconds < 50:
            return _("还需约 %(seconds)s 秒", seconds=max(10, round(seconds / 10) * 10))
        return _("还需约 %(minutes)s 分钟", minutes=round(seconds / 60) or 1)


@main.command()
def demo_accounts() -> None:
    """Print one account of the demo city for each role, and their password."""
    with application().app_context():
        if demo.state() != "finished":
            raise Refusal(_("这个数据库里没有演示城市，也就没有演示账号。"))
        for login, role, unit in first_of_each_role():
            click.echo(f"{login:<16}{_(ROLES[role].label)}，{unit}")
        click.echo(_("密码均为 %(password)s", password=DEMO_PASSWORD))


@main.command("import")
@click.argument("source", required=False)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "listed", is_flag=True, help="List the sources that can be imported.")
@click.option("--dry-run", is_flag=True, help="Read and compare, keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one line of JSON.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the fate of every row here (CSV, gzip)."
)
def import_file(
    source: str | None, file: Path | None, listed: bool, dry_run: bool, as_json: bool, report: Path | None
) -> None:
    """Read FILE (CSV, TSV or XLSX, may be gzipped) as SOURCE into the register: whole or nothing."""
    if listed:
        for known in SOURCES.values():
            click.echo(f"{known.key:<24}{_(known.label)}  {known.english}")
        return
    if source is None or file is None:
        raise click.UsageError("SOURCE and FILE are needed; --list names the sources")
    operator = Actor(id=None, name=getpass.getuser(), roles=("operator",))
    with application().app_context(), transaction(), file.open("rb") as stream:
        batch = registry.import_now(source, stream, name=file.name, dry_run=dry_run, actor=operator, tell=_tell)
        counts = {name: getattr(batch, name) for name in ("read", "new", "changed", "unchanged", "waiting", "rejected")}
        if report is not None:
            report.write_bytes(files.read(batch.report_sha256 or ""))
    if sys.stderr.isatty():
        click.echo(err=True)
    if as_json:
        click.echo(json.dumps(counts))
    else:
        click.echo(
            _(
                "读取 %(read)s 行：新增 %(new)s，变更 %(changed)s，无变化 %(unchanged)s，"
                "待匹配 %(waiting)s，未导入 %(rejected)s。",
                **counts,
            )
            + (_("试运行，没有改动数据。") if dry_run else "")
        )


@main.command()
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--openings", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The auditors' openings.csv."
)
@click.option(
    "--ledger", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The public draw-ledger.tsv."
)
@click.option("--commitment", metavar="HEX", help="The commitment noted before the draw.")
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", help="Language of the report.")
def verify(bundle: Path, openings: Path | None, ledger: Path | None, commitment: str | None, lang: str) -> None:
    """Recompute the draw in BUNDLE (directory or zip archive); exit code 1 when something is wrong."""
    checks = verifier.verify(bundle, openings, commitment, ledger)
    click.echo("\n".join(verifier.report(checks, lang)))
    sys.exit(not verifier.is_verified(checks))


def _shares(_context: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    """`50,30,15,5` as shares of one."""
    if text is None:
        return None
    try:
        percents = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter(_("应为四个百分数，如 50,30,15,5。")) from error
    if len(percents) != 4 or not all(0 <= each <= 100 for each in percents) or abs(sum(percents) - 100) > 1e-6:
        raise click.BadParameter(_("应为 A、B、C、D 四个百分数，合计 100；现有 %(text)s。", text=text))
    return tuple(each / 100 for each in percents)


def _picture(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """A file in a folder that is there, of a kind that can be drawn."""
    if path is not None and path.suffix.lower() not in pictures.CANVASES:
        raise click.BadParameter(_("文件名应以 .svg 或 .png 结尾。"))
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(_("%(folder)s 不是目录。", folder=path.parent))
    return path


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Grade as of this day; nothing later is known."
)
@click.option(
    "--window", required=True, type=click.IntRange(1, 3660), metavar="DAYS", help="Outcomes: so many days after it."
)
@click.option("--kind", metavar="REGEX", help="Only inspections whose kind matches (default: all).")
@click.option("--shares", callback=_shares, metavar="A,B,C,D", help="Cut by rank of score, in percent: 50,30,15,5.")
@click.option(
    "--model",
    default=backtesting.SHIPPED_MODEL,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another model than the shipped one (YAML).",
)
@click.option("--unseen", is_flag=True, help="Count those too who were never inspected before.")
@click.option("--seeds", default=1000, type=click.IntRange(1, 1_000_000), show_default=True, help="So many draws.")
@click.option("--picture", callback=_picture, type=click.Path(dir_okay=False, path_type=Path), help="FILE.svg or .png.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as one line of JSON.")
@click.option("--details", is_flag=True, help="In the JSON: intervals, sizes and what was left out, too.")
def backtest(
    folder: Path,
    as_of: datetime,
    window: int,
    kind: str | None,
    shares: tuple[float, ...] | None,
    model: Path,
    unseen: bool,
    seeds: int,
    picture: Path | None,
    as_json: bool,
    details: bool,
) -> None:
    """Grade the inspections in DIR as of a day, in a throw-away database, and see whether the grades foretold."""
    question = backtesting.Question(as_of.date(), window, kind, shares, unseen, seeds)
    with _ending_in_order():
        answer = backtesting.run(folder, question, database=Settings.from_environment().database_url, model=model)
    if picture is not None:
        pictures.save(answer, picture)
    told = answer.to_data() | (answer.details() if details else {})
    click.echo(json.dumps(told) if as_json else answer.in_words())


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """A request to end (SIGTERM) unwinds like Ctrl-C, so that what was made for a while is taken away."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@main.group(cls=Commands)
def campaign() -> None:
    """Draw inspections."""


@campaign.command("run")
@click.option("--item", "items", multiple=True, required=True, metavar="CODE", help="Inspection item; may be repeated.")
@click.option("--area", metavar="CODE", help="Division code of the unit to draw from (default: the whole city).")
@click.option("--bundle", type=click.Path(dir_okay=False, path_type=Path), help="Write the public bundle here (zip).")
@click.option(
    "--openings", type=click.Path(dir_okay=False, path_type=Path), help="Write the auditors' openings here (csv)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one line of JSON.")
def run_campaign(
    items: tuple[str, ...], area: str | None, bundle: Path | None, openings: Path | None, as_json: bool
) -> None:
    """Make, freeze, commit and draw an unattended campaign at the floors of the day, and open its cases."""
    for target in filter(None, (bundle, openings)):  # a draw is final: what hinders the writing is said before
        _check_target(target)
    operator = Actor(id=None, name=getpass.getuser(), roles=("operator",))
    with application().app_context():
        with transaction():
            org_id = _unit_of(area)
            drawn_id = sampling.begin_unattended(item_codes=items, org_id=org_id, actor=operator).id
        with transaction():  # a worker may be quicker; whoever comes second does nothing
            sampling.draw_unattended(drawn_id, actor=operator)
        with transaction():
            sampling.chunk_cases(drawn_id, actor=operator)
            sampling.open_all_cases(drawn_id, actor=operator)
            drawn = sampling_queries.campaign(drawn_id, operator)
            _copy(sampling_queries.bundle(drawn_id), bundle)
            _copy(sampling.write_openings(drawn) if openings else None, openings)
            outcome = sampling_queries.outcome(drawn)
    if as_json:
        click.echo(json.dumps(outcome, ensure_ascii=False))
    else:
        click.echo(
            _("%(campaign)s：抽中 %(drawn)s 户，派出 %(cases)s 件，承诺 %(commitment)s，种子 %(seed)s。", **outcome)
        )


def _unit_of(area: str | None) -> int:
    """The uppermost unit of a division; the city bureau when none is named."""
    units = [unit for unit in staff.units() if area is None or unit.division_code == area]
    if not units:
        raise Refusal(_("没有区划代码为 %(code)s 的机构。", code=area or ""))
    return min(units, key=lambda unit: unit.path.count("/")).id


def _check_target(target: Path) -> None:
    """Refuses a file that could not be written, or that holds something already."""
    if target.exists() and target.stat().st_size:
        raise Refusal(_("文件 %(file)s 已有内容，没有抽取。请换一个文件名，或先移走原文件。", file=target))
    if not target.absolute().parent.is_dir():
        raise Refusal(_("没有文件夹 %(folder)s，没有抽取。请先建立文件夹。", folder=target.absolute().parent))
    if not os.access(target if target.exists() else target.absolute().parent, os.W_OK):
        raise Refusal(_("不能写入 %(file)s，没有抽取。请检查权限。", file=target))


def _copy(source: BinaryIO | None, target: Path | None) -> None:
    if source is not None:
        with source:
            if target is not None:
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file)


def _tell(done: int, total: int | None, note: str) -> None:
    """Progress for somebody who watches."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{note} {done:,}" + (f" / {total:,}" if total else ""), err=True, nl=False)


if __name__ == "__main__":
    main()

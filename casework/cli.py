"""The `casework` command: what an operator does from a shell."""

import sys

import click
from alembic import command
from alembic.config import Config
from flask import Flask

from casework.accounts.queries import first_of_each_role
from casework.accounts.rules import DEMO_PASSWORD, ROLES
from casework.app import create_app
from casework.core import parameters
from casework.core.db import transaction
from casework.core.doctor import examine
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.settings import ROOT, Settings


class Commands(click.Group):
    """Shows a Refusal as one clear line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(1)


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
    command.upgrade(alembic_config(), "head")
    with application().app_context(), transaction():
        parameters.seed_calendar()


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
def demo_accounts() -> None:
    """Print one account of the demo city for each role, and their password."""
    app = application()
    if not app.config["CASEWORK"].demo:
        raise Refusal(_("这不是演示环境（CASEWORK_DEMO 不是 1），没有演示账号。"))
    with app.app_context():
        for login, role, unit in first_of_each_role():
            click.echo(f"{login:<16}{_(ROLES[role].label)}，{unit}")
        click.echo(_("密码均为 %(password)s", password=DEMO_PASSWORD))


if __name__ == "__main__":
    main()

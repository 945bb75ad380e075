"""The `casework` command: what an operator does from a shell."""

import sys

import click
from alembic import command
from alembic.config import Config
from flask import Flask

from casework.app import create_app
from casework.core import parameters
from casework.core.db import transaction
from casework.core.errors import Refusal
from casework.settings import ROOT


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


if __name__ == "__main__":
    main()

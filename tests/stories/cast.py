"""Who plays in a story: one person for each post, four officers with certificates, and the public."""

from flask import Flask

from casework.core.db import transaction
from tests import make
from tests.people import Page, Person

COUNTY = "川汇区局"


class Cast:
    """People at their browsers. `seen` is every page that somebody read, by who read it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.seen: dict[str, list[Page]] = {"public": []}
        self.names_of_officers: set[str] = set()
        self.planner = self.staff("credit")
        self.deputy = self.staff("deputy")
        self.operator = self.staff("credit")
        self.publisher = self.staff("credit")
        self.auditor = self.staff("auditor")
        self.county = self.staff("county", unit=COUNTY)
        self.leader = self.staff("leader", unit=COUNTY)
        self.releaser = self.staff("credit")
        self.officers = dict(self._officer() for _number in range(4))

    def staff(self, role: str, *, unit: str | None = None) -> Person:
        """Somebody with this post at the city bureau, or at another unit."""
        with transaction():
            login = make.account(role, unit=unit).login
        return self._signed_in(login)

    def visitor(self) -> Person:
        """Somebody of the public."""
        return Person(self._app, reads=self.seen["public"].append)

    def _officer(self) -> tuple[str, Person]:
        """An inspector of the county with an entry of the officers' directory, by the name there."""
        with transaction():
            account = make.account("inspector", unit=COUNTY)
            officer = make.officer(unit=COUNTY, account_id=account.id)
            name, certificate, login = officer.name, officer.certificate_no, account.login
        self.names_of_officers |= {name, certificate}
        return name, self._signed_in(login)

    def _signed_in(self, login: str) -> Person:
        return Person(self._app, reads=self.seen.setdefault(login, []).append).sign_in(login)

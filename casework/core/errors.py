"""The one expected error: something the rules do not allow, said in words a user can act on."""

from collections.abc import Mapping


class Refusal(Exception):
    """An operation that is not allowed, with the sentence that the user will read.

    `message` is already translated. `field` names the form field, `rule` the document or code of the rule that refuses.
    Views show it as a page with status 409 (or beside the field with 422); workers record it and do not retry.
    """

    status = 409

    def __init__(self, message: str, *, field: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.message} ({self.rule})" if self.rule else self.message


class Invalid(Refusal):
    """Several fields at once are wrong: `errors` maps a field (or row) to its sentences."""

    status = 422

    def __init__(self, message: str, errors: Mapping[str, list[str]]) -> None:
        super().__init__(message)
        self.errors = dict(errors)


class NotFound(Refusal):
    """The thing does not exist, or not for this reader: the two must look the same."""

    status = 404


class NotAllowed(Refusal):
    """The reader is known and lacks the permission."""

    status = 403

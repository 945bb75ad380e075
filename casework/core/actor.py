"""Who acts: the signed-in officer, or the system itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """One acting person with what they may do and see.

    `org_path` is the path of their unit in the organisation tree (`/1/4/17/`); they see its subtree.
    `lines` are the business lines they serve; empty means all.
    """

    id: int | None
    name: str
    org_id: int | None = None
    org_name: str = ""
    org_path: str = "/"
    roles: tuple[str, ...] = ()
    role_labels: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    officer_id: int | None = None
    address: str | None = None
    request_id: str | None = field(default=None, compare=False)

    def may(self, permission: str) -> bool:
        """Whether one of the roles grants the permission."""
        return permission in self.permissions

    @property
    def is_system(self) -> bool:
        return self.id is None


SYSTEM = Actor(id=None, name="system", roles=("system",))
"""The scheduler and the workers, when nobody asked them."""

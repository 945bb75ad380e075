"""What every errand of the demo year knows: the city with its hidden truth, the people, the diary, dice."""

import struct
import zlib
from dataclasses import dataclass, field

from casework.accounts import queries as accounts
from casework.demo.city import City, Hidden
from casework.demo.diary import Diary
from casework.demo.dice import Dice
from casework.demo.staff import Staff
from casework.registry import queries as registry

AVERAGE = Hidden(index=-1, risk=0.0, dormant_on=None, left_on=None, key=False)
"""The truth about a subject that the files named by another number than the city gave it."""


@dataclass
class World:
    """The demo city while it lives."""

    city: City
    staff: Staff
    diary: Diary
    _areas: dict[int, int] = field(default_factory=dict)
    _subjects: list[registry.PoolRow] = field(default_factory=list)

    def dice(self, purpose: int, index: int = 0) -> Dice:
        """Dice of their own for an errand."""
        return Dice(self.city.seed, purpose, index)

    def hidden(self, enterprise_id: int) -> Hidden:
        """The truth about an enterprise of the register."""
        return self.city.hidden.get(registry.brief([enterprise_id])[enterprise_id].number, AVERAGE)

    def somebody(self, dice: Dice, *, of: int = 3, at: int | None = None) -> registry.PoolRow:
        """An enterprise (of the unit `at`) about which something is said: the riskiest of a few taken at random."""
        if not self._subjects:
            self._subjects = list(registry.stream_pool(registry.PoolFilter()))
        among = [row for row in self._subjects if row.org_id == at] or self._subjects
        taken = [dice.pick(among) for _each in range(of)]
        return max(taken, key=lambda row: self.city.hidden.get(row.code, AVERAGE).risk)

    def area(self, unit_id: int) -> int:
        """The county bureau of a unit, or the city bureau itself."""
        if not self._areas:
            self._areas = dict(accounts.county_of())
        return self._areas[unit_id]


def photo(dice: Dice) -> bytes:
    """A small picture of nothing: bands of grey and brown, as PNG."""
    width, height = 320, 240
    bands = [bytes(dice.whole(90, 220) for _channel in range(3)) * width for _band in range(8)]
    rows = b"".join(b"\0" + bands[row * 8 // height] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

"""The sealed draw (`sealed-draw/1`): who is inspected and by whom, recomputable by anyone, with no grade given away.

The functions stand in the order of the protocol's steps. Nothing here reads a clock, a database or the system's
randomness: nonce and salts are arguments. Seals, tickets, nonce, commitment and seed are 32 raw bytes; they become
lower-case hex in the bundle's files only. An officer appears as the seal of the roster id.
"""

import csv
import json
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BufferedWriter, StringIO
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

from casework.core.errors import Refusal
from casework.core.i18n import _

T = TypeVar("T")

PROTOCOL = "sealed-draw/1"
NONCE_BYTES = 32
SALT_BYTES = 16
LONGEST_CONTRIBUTION = 200  # characters
IN = "in"
OUT = "out:"  # followed by the reason code
WHOLE = 10_000  # basis points

# Characters that end a line, end a column or cannot be written as UTF-8: control, surrogate, line, paragraph separator.
_UNWRITABLE = {"Cc", "Cs", "Zl", "Zp"}


def _hash(purpose: str, *parts: bytes) -> bytes:
    """H over the parts, with the purpose in front so that no hash can pass for one of another kind."""
    return sha256(b"".join((f"{PROTOCOL} {purpose}\n".encode(), *parts))).digest()


def _is_plain(text: str) -> bool:
    return not any(unicodedata.category(character) in _UNWRITABLE for character in text)


# ---- Parameters of a campaign ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stratum:
    """One part of the pool: its floor in whole basis points and, where the plan asks for more, a number of members."""

    label: str
    floor_bp: int
    size: int | None = None

    def __post_init__(self) -> None:
        if not self.label or not _is_plain(self.label):
            raise Refusal(_("分层名称不能为空，也不能含换行、制表符等控制字符。"), field="label", rule=PROTOCOL)
        if not 0 <= self.floor_bp <= WHOLE:
            raise Refusal(_("抽查比例须在 0 至 100% 之间。"), field="floor_bp", rule=PROTOCOL)
        if self.size is not None and self.size < 0:
            raise Refusal(_("抽取户数不能为负数。"), field="size", rule=PROTOCOL)


@dataclass(frozen=True)
class Parameters:
    """What is fixed and published before the draw; `strata` stand in drawing order, `frozen_at` is an aware moment."""

    campaign: str
    frozen_at: datetime
    nonce_commitment: bytes
    officers_per_case: int
    strata: tuple[Stratum, ...]

    def __post_init__(self) -> None:
        if self.officers_per_case < 1:
            raise Refusal(_("每户检查人员至少 1 名。"), field="officers_per_case", rule=PROTOCOL)
        if len({stratum.label for stratum in self.strata}) != len(self.strata):
            raise Refusal(_("分层名称不能重复。"), field="strata", rule=PROTOCOL)


def canonical_json(value: object) -> bytes:
    """RFC 8785, restricted to strings, whole numbers, lists and objects: one value has exactly one form.

    Raises TypeError for any other type, ValueError for a whole number that a double cannot hold or a lone surrogate.
    """
    return json.dumps(_canonical(value), ensure_ascii=False, separators=(",", ":")).encode()


def _canonical(value: object) -> object:
    match value:
        case str():
            return value
        case int() if not isinstance(value, bool):
            if abs(value) >= 2**53:
                raise ValueError(f"{value} is beyond the whole numbers of RFC 8785")
            return value
        case list() | tuple():
            return [_canonical(item) for item in value]
        case dict():  # RFC 8785 3.2.3: keys are sorted by their UTF-16 code units
            return {key: _canonical(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    raise TypeError(f"{type(value).__name__} has no place in canonical JSON here")


# ---- Steps 1 to 3: nonce, freeze, commit -----------------------------------------------------------------------------


class Member(NamedTuple):
    """A pool line: `status` is `in`, or `out:<reason code>` for one that counts in the floor but may not be drawn."""

    stratum: str
    seal: bytes
    status: str


def nonce_commitment_of(nonce: bytes) -> bytes:
    """Step 1, published with the parameters; `nonce` is 32 bytes of the system's generator, secret until the reveal."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    return _hash("nonce", nonce)


def seal_of(code: str, salt: bytes) -> bytes:
    """Step 2: what stands for a member in public.

    `code` is the unified social credit code (an officer: the roster id), `salt` 16 secret random bytes of its own.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return _hash("seal", salt, code.encode())


def commitment_of(parameters: Parameters, pool: Iterable[Member], officers: Iterable[bytes]) -> bytes:
    """Step 3: one hash that fixes parameters, pool and roster; the latter two come sorted by seal and are read once."""
    files = ([parameters_json(parameters)], pool_tsv(pool), officers_tsv(officers))
    return _hash("commitment", *(f"{_file_hash(lines).hex()}\n".encode() for lines in files))


def _file_hash(lines: Iterable[bytes]) -> bytes:
    digest = sha256()
    for line in lines:
        digest.update(line)
    return digest.digest()


# ---- Steps 4 to 6: contributions, seed, tickets ----------------------------------------------------------------------


class Contribution(NamedTuple):
    """A witness's line of text; `by` tells who gave it and is not part of the seed."""

    by: str
    text: str


def check_contribution(text: str) -> None:
    """Step 4: refuse a text that is not one line of at most 200 characters in Unicode's composed form (NFC)."""
    if len(text) > LONGEST_CONTRIBUTION:
        message = _("见证文本最多 %(limit)s 个字符，现有 %(length)s 个。", limit=LONGEST_CONTRIBUTION, length=len(text))
    elif not _is_plain(text):
        message = _("见证文本须为一行，不能含换行、制表符等控制字符。")
    elif not unicodedata.is_normalized("NFC", text):
        message = _("见证文本含有未组合的字符（不是 Unicode NFC 形式），请重新录入。")
    else:
        return
    raise Refusal(message, field="text", rule=PROTOCOL)


def seed_of(commitment: bytes, nonce: bytes, contributions: Iterable[str]) -> bytes:
    """Step 5: the number that decides the draw; the office did not know the contributions, nor a witness the nonce."""
    texts = list(contributions)
    for text in texts:
        check_contribution(text)
    return _hash("seed", *(f"{line}\n".encode() for line in (commitment.hex(), nonce.hex(), *texts)))


def ticket_of(seed: bytes, seal: bytes) -> bytes:
    """Step 6: the lot of a member; the smallest are drawn."""
    return sha256(seed + seal).digest()


# ---- Step 7: the draw ------------------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    """A drawn member."""

    stratum: str
    seal: bytes
    ticket: bytes


class Tally(NamedTuple):
    """The figures of one stratum: all members, those that may be drawn, how many must be and how many were."""

    label: str
    members: int
    eligible: int
    required: int
    drawn: int

    @property
    def shortfall(self) -> int:
        """How many are missing for want of eligible members: more than 0 needs a recorded decision."""
        return self.required - self.drawn


@dataclass(frozen=True)
class Draw:
    """The outcome of step 7: the drawn members in the order of `draw.tsv`, and a tally for every stratum."""

    drawn: list[Drawn]
    tallies: list[Tally]

    @property
    def shortfalls(self) -> list[Tally]:
        """The strata with fewer eligible members than must be drawn."""
        return [tally for tally in self.tallies if tally.shortfall]


def floor_count(members: int, floor_bp: int, size: int | None = None) -> int:
    """How many of `members` (all of a stratum, also excluded ones) must be drawn: rounded up, at least one of any."""
    floor = max(1, -(-members * floor_bp // WHOLE)) if members else 0
    return max(size or 0, floor)


def stratum_sizes(pool: Iterable[Member]) -> Counter[str]:
    """All members of each stratum, excluded ones included: the base of the floors."""
    return Counter(stratum for stratum, _seal, _status in pool)


def draw(
    strata: Sequence[Stratum], pool: Iterable[Member], seed: bytes, *, sizes: Mapping[str, int] | None = None
) -> Draw:
    """Step 7: of each stratum the required number of eligible members with the smallest tickets, ties by seal.

    The order of `pool` does not matter. It is read once when `sizes` (all members of each stratum) is given, so that
    a database cursor will do; otherwise it is read twice. Memory grows with the number drawn, not with the pool.
    Raises ValueError when `strata` does not name a stratum of the pool, or the pool has other numbers than `sizes`.
    """
    sizes = stratum_sizes(pool) if sizes is None else sizes
    shortlists = {s.label: _Shortlist(floor_count(sizes.get(s.label, 0), s.floor_bp, s.size)) for s in strata}
    if unknown := sizes.keys() - shortlists.keys():
        raise ValueError(f"the pool has strata that the parameters do not name: {unknown}")

    for label, seal, status in pool:
        shortlist = shortlists[label]
        if status == IN:
            shortlist.eligible += 1
            ticket = sha256(seed + seal).digest()  # ticket_of, written out because it happens a million times
            if ticket <= shortlist.bar:
                shortlist.add(ticket + seal)
        else:
            shortlist.excluded += 1

    drawn, tallies = [], []
    for label, shortlist in shortlists.items():
        members = shortlist.eligible + shortlist.excluded
        if members != sizes.get(label, 0):
            raise ValueError(f"stratum {label} has {members} members, not {sizes.get(label, 0)} as counted before")
        smallest = shortlist.smallest()
        drawn += [Drawn(label, lot[32:], lot[:32]) for lot in smallest]
        tallies.append(Tally(label, members, shortlist.eligible, shortlist.required, len(smallest)))
    return Draw(drawn, tallies)


class _Shortlist:
    """The smallest lots of one stratum so far: a list that is sorted and cut whenever it has grown too long.

    A lot is ticket and seal in one: 64 bytes sort as the pair does, and several times faster.
    """

    __slots__ = ("_kept", "bar", "eligible", "excluded", "required")

    def __init__(self, required: int) -> None:
        self.required = required
        self.eligible = 0
        self.excluded = 0
        self.bar = b"\xff" * 32  # no ticket above it can be among the smallest
        self._kept: list[bytes] = []

    def add(self, lot: bytes) -> None:
        self._kept.append(lot)
        if len(self._kept) > 2 * self.required + 1000:
            self._kept = self.smallest()
            self.bar = self._kept[-1][:32] if self._kept else b""

    def smallest(self) -> list[bytes]:
        return sorted(self._kept)[: self.required]


# ---- Step 8: officers ------------------------------------------------------------------------------------------------


class Duty(NamedTuple):
    """The officers of one drawn member: `eligible` sorted, `chosen` in order of choice.

    `missing` is how many fewer are eligible than a case needs: more than 0 needs a recorded decision.
    """

    seal: bytes
    eligible: tuple[bytes, ...]
    chosen: tuple[bytes, ...]
    missing: int = 0


def officer_ticket_of(seed: bytes, seal: bytes, officer: bytes) -> bytes:
    """The lot of an officer for the case of the drawn member `seal`."""
    return sha256(seed + seal + officer).digest()


def ranking(seed: bytes, seal: bytes, eligible: Iterable[bytes], given: Mapping[bytes, int]) -> list[bytes]:
    """Eligible officers in the order in which they are asked: fewest cases so far (`given`), then ticket, then seal."""
    return sorted(
        eligible, key=lambda officer: (given.get(officer, 0), officer_ticket_of(seed, seal, officer), officer)
    )


def assign(
    eligible_officers: Iterable[tuple[bytes, Collection[bytes]]], seed: bytes, officers_per_case: int
) -> Iterator[Duty]:
    """Step 8: the officers of each drawn member, in the order of `duty.tsv`.

    `eligible_officers` pairs each drawn seal with the seals of the officers who may inspect it (area, certificate valid
    on the day, item scope, no 回避), in any order. With fewer than `officers_per_case` of them all are chosen, and the
    duty says how many are missing.
    """
    given: Counter[bytes] = Counter()
    for seal, officers in sorted(eligible_officers, key=lambda case: (ticket_of(seed, case[0]), case[0])):
        eligible = tuple(sorted(set(officers)))
        contenders = _least_busy(eligible, given, officers_per_case)
        chosen = tuple(ranking(seed, seal, contenders, given)[:officers_per_case])
        given.update(chosen)
        yield Duty(seal, eligible, chosen, officers_per_case - len(chosen))


def _least_busy(eligible: Sequence[bytes], given: Mapping[bytes, int], needed: int) -> Sequence[bytes]:
    """Those who can be among the first `needed` of the ranking: most of the others' tickets need not be computed."""
    if len(eligible) <= needed:
        return eligible
    loads = [given.get(officer, 0) for officer in eligible]
    most = sorted(loads)[needed - 1]
    return [officer for officer, load in zip(eligible, loads, strict=True) if load <= most]


def replacement(duties: Iterable[Duty], seed: bytes, seal: bytes, unavailable: Collection[bytes]) -> bytes | None:
    """Who takes the seat of an officer who withdrew (回避, illness): the next in the ranking of this case in the draw.

    `duties` are those of the draw, in its order. `unavailable` are all who withdrew and those who already replace
    somebody in this case. None when nobody is left. Raises LookupError for a seal that was not drawn.
    """
    given: Counter[bytes] = Counter()
    for duty in duties:
        if duty.seal == seal:
            ranked = ranking(seed, seal, duty.eligible, given)
            return next((one for one in ranked if one not in duty.chosen and one not in unavailable), None)
        given.update(duty.chosen)
    raise LookupError(f"{seal.hex()} was not drawn")


# ---- Files of a bundle -----------------------------------------------------------------------------------------------
# Written and read line by line: a pool of a million members never stands in memory as text. Readers refuse a line that
# they cannot read, and name it.


class Reveal(NamedTuple):
    """What is made public at the draw."""

    nonce: bytes
    contributions: tuple[Contribution, ...]
    seed: bytes


class Opening(NamedTuple):
    """What an auditor gets to look behind a seal: `code` is the credit code, or the roster id of an officer."""

    seal: bytes
    code: str
    salt: bytes


def parameters_json(parameters: Parameters) -> bytes:
    """The bytes of `parameters.json`."""
    strata = [
        {"label": stratum.label, "floor_bp": stratum.floor_bp}
        | ({} if stratum.size is None else {"size": stratum.size})
        for stratum in parameters.strata
    ]
    return canonical_json(
        {
            "protocol": PROTOCOL,
            "campaign": parameters.campaign,
            "frozen_at": _utc(parameters.frozen_at),
            "nonce_commitment": parameters.nonce_commitment.hex(),
            "officers_per_case": parameters.officers_per_case,
            "strata": strata,
        }
    )


def pool_tsv(pool: Iterable[Member]) -> Iterator[bytes]:
    """The lines of `pool.tsv`. Raises ValueError where the pool is not sorted by seal or a line could be misread."""
    last = b""
    for stratum, seal, status in pool:
        if seal <= last:
            raise ValueError(f"the pool is not sorted by seal, or has one twice: {seal.hex()}")
        if status != IN and not (status.startswith(OUT) and status != OUT and status.isprintable()):
            raise ValueError(f"a status is {IN!r} or {OUT!r} with a reason code, not {status!r}")
        last = seal
        yield f"{stratum}\t{seal.hex()}\t{status}\n".encode()


def officers_tsv(officers: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of `officers.tsv`. Raises ValueError where the roster is not sorted by seal."""
    last = b""
    for officer in officers:
        if officer <= last:
            raise ValueError(f"the roster is not sorted by seal, or has one twice: {officer.hex()}")
        last = officer
        yield f"{officer.hex()}\n".encode()


def commitment_json(commitment: bytes, published_at: datetime) -> bytes:
    """The bytes of `commitment.json`."""
    return canonical_json({"commitment": commitment.hex(), "published_at": _utc(published_at)})


def reveal_json(reveal: Reveal) -> bytes:
    """The bytes of `reveal.json`."""
    contributions = [contribution._asdict() for contribution in reveal.contributions]
    return canonical_json({"nonce": reveal.nonce.hex(), "contributions": contributions, "seed": reveal.seed.hex()})


def draw_tsv(drawn: Iterable[Drawn]) -> Iterator[bytes]:
    """The lines of `draw.tsv`."""
    for stratum, seal, ticket in drawn:
        yield f"{stratum}\t{seal.hex()}\t{ticket.hex()}\n".encode()


def duty_tsv(duties: Iterable[Duty]) -> Iterator[bytes]:
    """The lines of `duty.tsv`."""
    for duty in duties:
        eligible, chosen = (
            ",".join(officer.hex() for officer in officers) for officers in (duty.eligible, duty.chosen)
        )
        yield f"{duty.seal.hex()}\t{eligible}\t{chosen}\n".encode()


def openings_csv(openings: Iterable[Opening]) -> Iterator[bytes]:
    """The lines of `openings.csv`, which is for auditors only and never part of a public bundle."""
    yield b"seal,uscc,salt\n"
    for seal, code, salt in openings:
        line = StringIO()
        csv.writer(line, lineterminator="\n").writerow((seal.hex(), code, salt.hex()))
        yield line.getvalue().encode()


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a moment without its time zone could be any")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_parameters(lines: Iterable[bytes]) -> Parameters:
    """The parameters in `parameters.json`."""

    def parse(value: Any) -> Parameters:
        if value["protocol"] != PROTOCOL:
            raise ValueError(f"unknown protocol {value['protocol']}")
        return Parameters(
            campaign=value["campaign"],
            frozen_at=datetime.fromisoformat(value["frozen_at"]),
            nonce_commitment=bytes.fromhex(value["nonce_commitment"]),
            officers_per_case=value["officers_per_case"],
            strata=tuple(Stratum(**stratum) for stratum in value["strata"]),
        )

    return _parsed("parameters.json", lines, parse)


def read_pool(lines: Iterable[bytes]) -> Iterator[Member]:
    """The members in the lines of `pool.tsv`, one at a time."""
    return _rows("pool.tsv", lines, lambda stratum, seal, status: Member(stratum, bytes.fromhex(seal), status))


def read_officers(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The officer seals in the lines of `officers.tsv`."""
    return _rows("officers.tsv", lines, bytes.fromhex)


def read_commitment(lines: Iterable[bytes]) -> tuple[bytes, datetime]:
    """The commitment and the moment of its publication in `commitment.json`."""

    def parse(value: Any) -> tuple[bytes, datetime]:
        return bytes.fromhex(value["commitment"]), datetime.fromisoformat(value["published_at"])

    return _parsed("commitment.json", lines, parse)


def read_reveal(lines: Iterable[bytes]) -> Reveal:
    """What `reveal.json` made public."""

    def parse(value: Any) -> Reveal:
        contributions = tuple(Contribution(**contribution) for contribution in value["contributions"])
        return Reveal(bytes.fromhex(value["nonce"]), contributions, bytes.fromhex(value["seed"]))

    return _parsed("reveal.json", lines, parse)


def read_draw(lines: Iterable[bytes]) -> Iterator[Drawn]:
    """The drawn members in the lines of `draw.tsv`."""
    return _rows(
        "draw.tsv", lines, lambda stratum, seal, ticket: Drawn(stratum, bytes.fromhex(seal), bytes.fromhex(ticket))
    )


def read_duty(lines: Iterable[bytes], officers_per_case: int) -> Iterator[Duty]:
    """The duties in the lines of `duty.tsv`."""

    def seals(listed: str) -> tuple[bytes, ...]:
        return tuple(bytes.fromhex(one) for one in listed.split(",") if one)

    def parse(seal: str, eligible: str, chosen: str) -> Duty:
        return Duty(bytes.fromhex(seal), seals(eligible), seals(chosen), officers_per_case - len(seals(chosen)))

    return _rows("duty.tsv", lines, parse)


def read_openings(lines: Iterable[bytes]) -> Iterator[Opening]:
    """The openings in the lines of `openings.csv`, which begin with a heading."""
    for number, row in enumerate(csv.DictReader(line.decode("utf-8-sig") for line in lines), 2):
        with _refusing("openings.csv", number):
            opening = Opening(bytes.fromhex(row["seal"]), row["uscc"], bytes.fromhex(row["salt"]))
        yield opening


def _parsed(name: str, lines: Iterable[bytes], parse: Callable[[Any], T]) -> T:
    """A JSON file parsed as a whole."""
    with _refusing(name, 1):
        return parse(json.loads(b"".join(lines)))


def _rows(name: str, lines: Iterable[bytes], parse: Callable[..., T]) -> Iterator[T]:
    """Each line parsed from its columns."""
    for number, line in enumerate(lines, 1):
        with _refusing(name, number):
            row = parse(*line.decode().removesuffix("\n").split("\t"))
        yield row


@contextmanager
def _refusing(name: str, line: int) -> Iterator[None]:
    """Turns whatever is wrong with a line of a file into a Refusal that names it."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        message = _("%(file)s 第 %(line)s 行不符合封签抽查协议。", file=name, line=line)
        raise Refusal(message, field=name, rule=PROTOCOL) from error


@dataclass(frozen=True)
class Bundle:
    """What the public may see of one campaign. Before the draw, and for ever if cancelled, there is no `reveal`.

    `pool` and `duties` may be lazy: they are read once, while the bundle is written.
    """

    parameters: Parameters
    pool: Iterable[Member]
    officers: Iterable[bytes]
    commitment: bytes
    published_at: datetime
    reveal: Reveal | None = None
    drawn: Iterable[Drawn] = ()
    duties: Iterable[Duty] = ()

    def files(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Name and content, in pieces, of each file; `verify.py` and the two READMEs make the bundle stand alone."""
        yield "README.txt", [README.encode()]
        yield "README-auditor.txt", [README_AUDITOR.encode()]
        yield "verify.py", [Path(__file__).with_name("verify.py").read_bytes()]
        yield "parameters.json", [parameters_json(self.parameters)]
        yield "pool.tsv", pool_tsv(self.pool)
        yield "officers.tsv", officers_tsv(self.officers)
        yield "commitment.json", [commitment_json(self.commitment, self.published_at)]
        if self.reveal is not None:
            yield "reveal.json", [reveal_json(self.reveal)]
            yield "draw.tsv", draw_tsv(self.drawn)
            yield "duty.tsv", duty_tsv(self.duties)


def write_directory(bundle: Bundle, directory: Path) -> None:
    """The files of the bundle in `directory`, which is made where it does not exist."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, pieces in bundle.files():
        with (directory / name).open("wb") as file:
            file.writelines(pieces)


def write_zip(bundle: Bundle, target: IO[bytes]) -> None:
    """The files of the bundle as a zip archive; the same bundle gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in bundle.files():
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01, the zip format's zero
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever this runs, so that the mode counts
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as file, BufferedWriter(file, 1 << 20) as buffer:
                buffer.writelines(pieces)


def read_bundle(path: Path) -> Bundle:
    """The bundle in a directory or zip archive, whole. It is read, not verified: that is `verify.py`'s part."""
    root = zipfile.Path(path) if path.is_file() else path

    def part(name: str, read: Callable[[IO[bytes]], T]) -> T:
        with (root / name).open("rb") as file:
            return read(file)

    parameters = part("parameters.json", read_parameters)
    commitment, published_at = part("commitment.json", read_commitment)
    pool = part("pool.tsv", lambda file: list(read_pool(file)))
    officers = part("officers.tsv", lambda file: list(read_officers(file)))
    undrawn = Bundle(parameters, pool, officers, commitment, published_at)
    if not (root / "reveal.json").exists():
        return undrawn
    return replace(
        undrawn,
        reveal=part("reveal.json", read_reveal),
        drawn=part("draw.tsv", lambda file: list(read_draw(file))),
        duties=part("duty.tsv", lambda file: list(read_duty(file, parameters.officers_per_case))),
    )


README = """\
双随机抽查封签包（sealed-draw/1）：给公众的说明
==============================================

这是什么
  本次抽查的全部公开数据。每一户以“封签”代替名称：封签 = SHA-256（统一社会信用代码与保密盐值），
  从封签不能反推企业，但任何人都能用封签把抽签重算一遍。

怎样核对
  1. 抽签之前，抄下公示页上的承诺值（commitment）。它一经公布，抽查库、人员名录和比例就不能再改。
  2. 抽签之后，在公示页上点“现在核对”，由您的浏览器重算；或者不经过网站：下载本包，装有 Python 3.8
     或更高版本即可运行（不联网、不需安装其他软件）：
         python3 verify.py . --commitment 您抄下的承诺值
  3. 每一项都显示“通过”，说明：抽查库在抽签前已封存；各层抽取户数不低于规定比例；
     抽中的封签和检查人员由种子唯一确定，没有人能挑选。
  4. 有没有重抽、漏记：另下载公开的抽取台账 draw-ledger.tsv，加上 --ledger draw-ledger.tsv 再运行一次。
  也可以不用本程序，按公开的协议自行编写程序重算，结果应逐字节相同。

文件
  parameters.json 参数   pool.tsv 抽查库（层、封签、状态）   officers.tsv 检查人员封签
  commitment.json 承诺值   reveal.json 随机数、见证文本、种子（抽签后）
  draw.tsv 抽中名单（抽签后）   duty.tsv 检查人员分派（抽签后）


Sealed draw of a double-random inspection (sealed-draw/1): for a citizen
=========================================================================

What this is
  All public data of one draw. A seal stands for each enterprise: SHA-256 of its code and a secret salt.
  Nobody can tell the enterprise from the seal, but everybody can repeat the whole draw with the seals.

How to check
  1. Before the draw, note the commitment from the public page. From then on pool, roster and rates are fixed.
  2. After the draw, let your browser draw again on the public page; or, without that site, download this bundle
     and run (Python 3.8 or later; no network, nothing to install):
         python3 verify.py . --lang en --commitment WHAT-YOU-NOTED
  3. If every check passes, the pool was fixed before the draw, the floors are met, and the seed alone
     decided which seals and which officers were drawn.
  4. Whether a draw was repeated or left out: download the public draw-ledger.tsv as well and add
     --ledger draw-ledger.tsv.
  You need not trust this program: any other that follows the published protocol gives the same bytes.
"""

README_AUDITOR = """\
双随机抽查封签包（sealed-draw/1）：给审计人员（公证、纪检监察、上级机关）的说明
==============================================================================

  1. 用审计账号登录，在“审计核对”页写明理由，取得 openings.csv（封签、代码、盐值）。每次下载都有记录。
  2. 与公开的抽取台账一起核对：
         python3 verify.py . --openings openings.csv --ledger draw-ledger.tsv
     它确认每个封签对应哪一户、没有一户重复入库，承诺和抽取各登记一次。
  3. 同一页上的“核对封签、分层、人员和台账”还会与主体档案、当次分类结果、检查人员证件和回避记录对照。
     不信系统自己的结论的，用 openings.csv 中的代码与分类结果、人员名录逐户核对：
     每户应在其冻结之日等级对应的层；每名人员的证件当日有效、范围符合；duty.tsv 中每户的可派人员
     应是本辖区名录中没有回避的全部人员。
  openings.csv 能看出每户的等级，不得公开，也不得放入本包。


Sealed draw of a double-random inspection (sealed-draw/1): for an auditor
==========================================================================

  1. Sign in as an auditor and download openings.csv (seal, code, salt) with a reason; every download is on record.
  2. Check it together with the public ledger of draws:
         python3 verify.py . --lang en --openings openings.csv --ledger draw-ledger.tsv
     It confirms which enterprise is behind each seal, that none is in the pool twice, and that the campaign was
     committed to and drawn once.
  3. Then compare with the books: each enterprise in the stratum of its grade at the freeze, each officer with a
     certificate valid on that day, and as eligible in duty.tsv all officers of the county who had not withdrawn.
  openings.csv gives grades away: keep it secret, and out of this bundle.
"""

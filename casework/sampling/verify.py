#!/usr/bin/env python3
"""Verify a sealed draw (`sealed-draw/1`): python3 verify.py BUNDLE [--openings FILE] [--ledger FILE]
[--commitment HEX] [--lang zh|en].

BUNDLE is the directory or zip archive that the office publishes. Every step of the protocol is done again and compared
with the files; the first line of a file that differs is named. Exit status: 0 when nothing is wrong, 1 otherwise.

One file, standard library only, Python 3.8 or later, and no code in common with the program that drew: whoever doubts
the draw can read this from top to bottom. Seals, tickets and seeds are hex text here, as they stand in the files.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import heapq
import io
import itertools
import json
import re
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, NamedTuple

PROTOCOL = "sealed-draw/1"
HEX_32 = re.compile("[0-9a-f]{64}")
HEX_16 = re.compile("[0-9a-f]{32}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
STATUS = re.compile("in|out:.+")

COMMITTED_FILES = ("parameters.json", "pool.tsv", "officers.tsv")
DRAW_FILES = ("reveal.json", "draw.tsv", "duty.tsv")


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str


class Check(NamedTuple):
    """The outcome of one check: `ok` is None when it could not be made. `file` and `line` say where it went wrong."""

    title: Text
    ok: bool | None
    detail: Text
    file: str | None = None
    line: int | None = None


class Wrong(Exception):
    """What a check found wrong, and where."""

    def __init__(self, file: str, line: int | None, zh: str, en: str) -> None:
        super().__init__(en)
        self.file = file
        self.line = line
        self.detail = Text(zh, en)


# ---- Reading the files -----------------------------------------------------------------------------------------------


class Bundle:
    """The files of a directory or zip archive."""

    def __init__(self, path: Path) -> None:
        self._directory = path
        self._archive = None if path.is_dir() else zipfile.ZipFile(path)

    def close(self) -> None:
        if self._archive:
            self._archive.close()

    def has(self, name: str) -> bool:
        if self._archive:
            return name in self._archive.namelist()
        return (self._directory / name).is_file()

    def open(self, name: str) -> IO[bytes]:
        if not self.has(name):
            raise Wrong(name, None, "缺少这个文件", "this file is missing")
        if self._archive:  # a buffer around it reads lines three times as fast
            return io.BufferedReader(self._archive.open(name), 1 << 20)  # type: ignore[type-var]
        return (self._directory / name).open("rb")

    def content(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()

    def rows(self, name: str, columns: int) -> Iterator[tuple[int, list[str]]]:
        """Line number and columns of each line; every line ends with one line feed."""
        with self.open(name) as file:
            for number, line in enumerate(file, 1):
                try:
                    text = line.decode()
                except UnicodeDecodeError:
                    raise Wrong(name, number, "不是 UTF-8 文本", "not UTF-8 text") from None
                if not text.endswith("\n") or "\r" in text:
                    raise Wrong(name, number, "行尾不是单个换行符（LF)", "the line does not end with one line feed")
                row = text[:-1].split("\t")
                if len(row) != columns:
                    raise Wrong(
                        name, number, f"应有 {columns} 列，实有 {len(row)} 列", f"{len(row)} columns, not {columns}"
                    )
                yield number, row

    def json(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self.content(name))
        except (ValueError, RecursionError) as error:
            raise Wrong(name, getattr(error, "lineno", 1), "不是有效的 JSON", "not valid JSON") from None
        if not isinstance(value, dict):
            raise Wrong(name, 1, "应为 JSON 对象", "not a JSON object")
        return value


def is_whole(value: object, lowest: int = 0, highest: int = 2**53 - 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def sha256_hex(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def short(*values: str) -> str:
    """Values as they fit into a sentence."""
    return " ".join(value if len(value) <= 24 else value[:20] + "…" for value in values)


# ---- What was fixed before the draw ----------------------------------------------------------------------------------


def check_parameters(bundle: Bundle) -> tuple[dict[str, Any], Text]:
    """`parameters.json` is canonical JSON with usable values."""
    name = "parameters.json"
    value = bundle.json(name)

    def demand(condition: bool, field: str) -> None:
        if not condition:
            raise Wrong(name, 1, f"{field} 缺少或无效", f"{field} is missing or invalid")

    demand(value.get("protocol") == PROTOCOL, "protocol")
    demand(isinstance(value.get("campaign"), str), "campaign")
    demand(is_text(value.get("frozen_at"), MOMENT), "frozen_at")
    demand(is_text(value.get("nonce_commitment"), HEX_32), "nonce_commitment")
    demand(is_whole(value.get("officers_per_case"), lowest=1), "officers_per_case")
    demand(isinstance(value.get("strata"), list), "strata")
    for stratum in value["strata"]:
        demand(isinstance(stratum, dict) and isinstance(stratum.get("label"), str), "strata.label")
        demand(is_whole(stratum.get("floor_bp"), highest=10_000), "strata.floor_bp")
        demand("size" not in stratum or is_whole(stratum["size"]), "strata.size")
    labels = [stratum["label"] for stratum in value["strata"]]
    demand(len(set(labels)) == len(labels), "strata.label")
    if bundle.content(name) != canonical(value).encode("utf-8", "replace"):
        raise Wrong(name, 1, "不是规范形式的 JSON（RFC 8785）", "not canonical JSON (RFC 8785)")
    return value, Text(
        f"任务 {value['campaign']}，冻结于 {value['frozen_at']}，{len(labels)} 层，"
        f"每户 {value['officers_per_case']} 名检查人员",
        f"campaign {value['campaign']}, frozen at {value['frozen_at']}, {len(labels)} strata, "
        f"{value['officers_per_case']} officers a case",
    )


def canonical(value: object) -> str:
    """RFC 8785 for objects, lists, strings and whole numbers; what is none of these comes out different."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if is_whole(value, lowest=1 - 2**53) else "?"


class Pool(NamedTuple):
    """The pool by stratum: all members, and the seals of those that may be drawn; and the line of every seal."""

    members: dict[str, int]
    eligible: dict[str, list[str]]
    line_of: dict[str, int]


def check_pool(bundle: Bundle, parameters: dict[str, Any]) -> tuple[Pool, Text]:
    """`pool.tsv` is sorted by seal, names nobody twice and knows only the strata of the parameters."""
    name = "pool.tsv"
    labels = [stratum["label"] for stratum in parameters["strata"]]
    pool = Pool(dict.fromkeys(labels, 0), {label: [] for label in labels}, {})
    last = ""
    for line, (label, seal, status) in bundle.rows(name, 3):
        check_seal(name, line, seal, last)
        if label not in pool.members:
            raise Wrong(name, line, f"参数中没有这一层：{short(label)}", f"unknown stratum {short(label)}")
        if not is_text(status, STATUS):
            raise Wrong(name, line, f"状态无效：{short(status)}", f"invalid status {short(status)}")
        pool.members[label] += 1
        pool.line_of[seal] = line
        if status == "in":
            pool.eligible[label].append(seal)
        last = seal
    total, eligible = len(pool.line_of), sum(map(len, pool.eligible.values()))
    return pool, Text(
        f"共 {total} 户，可抽 {eligible} 户，排除 {total - eligible} 户（仍计入比例基数）",
        f"{total} members, {eligible} may be drawn, {total - eligible} excluded (they still count in the floors)",
    )


def check_officers(bundle: Bundle) -> tuple[set[str], Text]:
    """`officers.tsv` is sorted and names nobody twice."""
    name = "officers.tsv"
    officers: set[str] = set()
    last = ""
    for line, (seal,) in bundle.rows(name, 1):
        check_seal(name, line, seal, last)
        officers.add(seal)
        last = seal
    return officers, Text(f"共 {len(officers)} 名检查人员", f"{len(officers)} officers")


def check_seal(file: str, line: int, seal: str, last: str) -> None:
    if not is_text(seal, HEX_32):
        raise Wrong(file, line, "封签不是 64 位小写十六进制", "the seal is not 64 lower-case hex digits")
    if seal <= last:
        raise Wrong(file, line, "未按封签升序排列，或封签重复", "not in ascending order of seals, or a seal is twice")


def recomputed_commitment(bundle: Bundle) -> str:
    hashes = (sha256_hex(bundle.content(name)).encode() + b"\n" for name in COMMITTED_FILES)
    return sha256_hex(b"sealed-draw/1 commitment\n", *hashes)


def check_commitment(bundle: Bundle, noted: str | None) -> tuple[str, Text]:
    """`commitment.json` fits the three files, and what the reader `noted` before the draw."""
    name = "commitment.json"
    value = bundle.json(name)
    commitment, published_at = str(value.get("commitment")), value.get("published_at")
    if not is_text(commitment, HEX_32) or not is_text(published_at, MOMENT):
        raise Wrong(
            name, 1, "commitment 或 published_at 缺少或无效", "commitment or published_at is missing or invalid"
        )
    recomputed = recomputed_commitment(bundle)
    if commitment != recomputed:
        zh = f"公布后有改动：三个文件重算为 {short(recomputed)}，commitment.json 为 {short(commitment)}"
        en = f"changed afterwards: the three files give {short(recomputed)}, commitment.json says {short(commitment)}"
        if seed_is_made_from(recomputed, bundle):  # so it is commitment.json that was changed after the draw
            raise Wrong(name, 1, zh, en)
        raise Wrong(", ".join(COMMITTED_FILES), None, zh, en)
    if noted is None:
        return commitment, Text(
            f"{commitment}，公布于 {published_at}；请与抽签前公布的对照",
            f"{commitment}, published at {published_at}; compare it with the one that was public before the draw",
        )
    if noted.strip().lower() != commitment:
        raise Wrong(name, 1, "与您抽签前记下的承诺值不同", "not the commitment that you noted before the draw")
    return commitment, Text(f"{commitment}，与您记下的一致", f"{commitment}, the one that you noted")


# ---- What was made public at the draw --------------------------------------------------------------------------------


class Reveal(NamedTuple):
    """The content of `reveal.json`, without the names of the witnesses."""

    nonce: str
    texts: list[str]
    seed: str


def read_reveal(bundle: Bundle) -> Reveal:
    name = "reveal.json"
    value = bundle.json(name)
    for field in ("nonce", "seed"):
        if not is_text(value.get(field), HEX_32):
            raise Wrong(name, 1, f"{field} 缺少或无效", f"{field} is missing or invalid")
    contributions = value.get("contributions")
    if not isinstance(contributions, list):
        raise Wrong(name, 1, "contributions 缺少或无效", "contributions is missing or invalid")
    for place, one in enumerate(contributions, 1):
        if not isinstance(one, dict) or not isinstance(one.get("by"), str) or not is_contribution(one.get("text")):
            raise Wrong(name, 1, f"第 {place} 条见证文本不合规定", f"contribution {place} breaks the rules")
    return Reveal(value["nonce"], [one["text"] for one in contributions], value["seed"])


def is_contribution(text: object) -> bool:
    """One line of at most 200 characters, in Unicode NFC, that can be written as UTF-8."""
    return (
        isinstance(text, str)
        and len(text) <= 200
        and "\n" not in text
        and unicodedata.normalize("NFC", text) == text
        and not any("\ud800" <= character <= "\udfff" for character in text)
    )


def check_reveal(bundle: Bundle) -> tuple[Reveal, Text]:
    """`reveal.json` is complete and each witness's text is as the protocol wants it."""
    reveal = read_reveal(bundle)
    if not reveal.texts:
        return reveal, Text("无见证", "no witness")
    return reveal, Text(f"见证文本 {len(reveal.texts)} 条", f"{len(reveal.texts)} lines of text by witnesses")


def check_nonce(parameters: dict[str, Any], reveal: Reveal, committed: bool) -> tuple[bool, Text]:
    """The nonce is the one whose hash was fixed before the draw."""
    found = sha256_hex(b"sealed-draw/1 nonce\n", bytes.fromhex(reveal.nonce))
    if found != parameters["nonce_commitment"]:
        raise Wrong(
            "reveal.json" if committed else "parameters.json",
            1,
            f"随机数的哈希为 {short(found)}，不是 nonce_commitment {short(parameters['nonce_commitment'])}",
            f"the nonce hashes to {short(found)}, not to nonce_commitment {short(parameters['nonce_commitment'])}",
        )
    return True, Text("与冻结时公布的哈希一致", "it is the one whose hash was published at the freeze")


def seed_from(commitment: str, reveal: Reveal) -> str:
    lines = (f"{line}\n".encode() for line in (commitment, reveal.nonce, *reveal.texts))
    return sha256_hex(b"sealed-draw/1 seed\n", *lines)


def seed_is_made_from(commitment: str, bundle: Bundle) -> bool:
    try:
        reveal = read_reveal(bundle)
    except Wrong:
        return False
    return reveal.seed == seed_from(commitment, reveal)


def check_seed(bundle: Bundle, reveal: Reveal) -> tuple[str, Text]:
    """The seed is made from commitment, nonce and contributions."""
    # Where the published commitment and the files differ, that is said already: either may be the one that was used.
    commitments = (str(bundle.json("commitment.json").get("commitment")), recomputed_commitment(bundle))
    if reveal.seed not in [seed_from(one, reveal) for one in commitments if is_text(one, HEX_32)]:
        raise Wrong(
            "reveal.json",
            1,
            "种子不是由承诺值、随机数和见证文本算出的",
            "the seed does not follow from commitment, nonce and contributions",
        )
    return reveal.seed, Text(reveal.seed, reveal.seed)


# ---- The draw itself -------------------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    """A drawn member."""

    ticket: str
    seal: str


def ticket_of(seed: str, *seals: str) -> str:
    """The ticket of a member, or of an officer for a member."""
    return sha256_hex(bytes.fromhex(seed + "".join(seals)))


def check_draw(bundle: Bundle, parameters: dict[str, Any], pool: Pool, seed: str) -> tuple[list[Drawn], Text]:
    """`draw.tsv` has, of each stratum, the required number of members with the smallest tickets."""
    everybody: list[Drawn] = []
    expected: list[list[str]] = []
    zh, en = [], []
    for stratum in parameters["strata"]:
        label, percent, members = stratum["label"], stratum["floor_bp"] / 100, pool.members[stratum["label"]]
        floor = max(1, (members * stratum["floor_bp"] + 9999) // 10_000) if members else 0
        required = max(stratum.get("size", 0), floor)
        drawn = heapq.nsmallest(required, (Drawn(ticket_of(seed, seal), seal) for seal in pool.eligible[label]))
        everybody += drawn
        expected += [[label, one.seal, one.ticket] for one in drawn]
        zh.append(
            f"{label} 层：{members} 户，不低于 {percent:g}% 即 {floor} 户，应抽 {required} 户，抽中 {len(drawn)} 户"
        )
        en.append(f"{label}: {members} members, at least {percent:g}% is {floor}, due {required}, drawn {len(drawn)}")
        if len(drawn) < required:
            zh[-1] += f"，可抽的不足，缺 {required - len(drawn)} 户（须有书面决定）"
            en[-1] += f", {required - len(drawn)} short for want of eligible members (needs a recorded decision)"
    for line, (found, wanted) in enumerate(itertools.zip_longest(bundle.rows("draw.tsv", 3), expected), 1):
        compare("draw.tsv", line, found and found[1], wanted)
    zh.insert(0, f"共抽中 {len(everybody)} 户，与重算逐行一致")
    en.insert(0, f"{len(everybody)} drawn, line by line as computed here")
    return everybody, Text("\n".join(zh), "\n".join(en))


def compare(file: str, line: int, found: list[str] | None, wanted: list[str] | None) -> None:
    if wanted is None:
        raise Wrong(file, line, "多出这一行", "this line is one too many")
    if found is None:
        raise Wrong(file, line, f"缺少这一行，应为 {short(*wanted)}", f"this line is missing: {short(*wanted)}")
    if found != wanted:
        zh = f"应为 {short(*wanted)}，文件为 {short(*found)}"
        raise Wrong(file, line, zh, f"should be {short(*wanted)}, is {short(*found)}")


def check_duty(
    bundle: Bundle, parameters: dict[str, Any], officers: set[str], drawn: list[Drawn], seed: str
) -> tuple[bool, Text]:
    """`duty.tsv` gives each case, in order of tickets, to the first of its eligible officers in the ranking."""
    name, per_case = "duty.tsv", parameters["officers_per_case"]
    given = dict.fromkeys(officers, 0)
    understaffed = 0
    known: dict[str, list[str]] = {}  # whole counties share one list of eligible officers: it is looked at once
    for line, (row, case) in enumerate(itertools.zip_longest(bundle.rows(name, 3), sorted(drawn)), 1):
        compare(name, line, row and row[1][:1], case and [case.seal])
        seal, listed, chosen = row[1][0], row[1][1], split_list(row[1][2])
        if listed not in known:
            known[listed] = checked_crew(name, line, split_list(listed), officers)
        eligible = known[listed]
        # Who has more cases than `per_case` of the others cannot be among the first: no ticket is needed.
        most = sorted([given[officer] for officer in eligible])[:per_case][-1:]
        contenders = [officer for officer in eligible if given[officer] <= most[0]]
        ranked = sorted(contenders, key=lambda officer: (given[officer], ticket_of(seed, seal, officer), officer))
        compare(name, line, chosen, ranked[:per_case])
        for officer in chosen:
            given[officer] += 1
        understaffed += len(chosen) < per_case
    loads = [load for load in given.values() if load] or [0]
    zh = f"{len(drawn)} 户派给检查人员，与重算逐行一致；有任务的 {len(loads)} 人，每人 {min(loads)} 至 {max(loads)} 户"
    en = f"{len(drawn)} cases given out as computed here; {len(loads)} officers have {min(loads)} to {max(loads)} each"
    if understaffed:
        zh += f"；{understaffed} 户可派人员不足 {per_case} 名（须有书面决定）"
        en += f"; {understaffed} have fewer than {per_case} eligible officers (needs a recorded decision)"
    return True, Text(zh, en)


def checked_crew(name: str, line: int, eligible: list[str], officers: set[str]) -> list[str]:
    """The eligible officers of a case: in order, each once, each of the roster."""
    if eligible != sorted(set(eligible)):
        zh = "可派人员未按升序排列，或有重复"
        raise Wrong(name, line, zh, "eligible officers not in ascending order, or one is twice")
    unknown = [officer for officer in eligible if officer not in officers]
    if unknown:
        raise Wrong(name, line, f"名录中没有 {short(*unknown)}", f"not in the roster: {short(*unknown)}")
    return eligible


def split_list(text: str) -> list[str]:
    return text.split(",") if text else []


# ---- What an auditor can check ---------------------------------------------------------------------------------------


def check_openings(path: Path, pool: Pool, officers: set[str]) -> tuple[bool, Text]:
    """Each opening is genuine, every member of the pool is opened, and nobody is there under two seals."""
    name = path.name
    unopened = dict(pool.line_of)
    officers_opened = 0
    strangers: list[int] = []  # lines with a seal that is nowhere in the bundle
    line_of_code: dict[str, int] = {}
    for line, (seal, code, salt) in opening_rows(path):
        if not is_text(salt, HEX_16):
            raise Wrong(name, line, "盐值不是 32 位小写十六进制", "the salt is not 32 lower-case hex digits")
        if sha256_hex(b"sealed-draw/1 seal\n", bytes.fromhex(salt), code.encode()) != seal:
            zh = f"封签不是由代码 {code} 和盐值算出的"
            raise Wrong(name, line, zh, f"the seal is not made from {code} and this salt")
        first = line_of_code.setdefault(code, line)
        if first != line:
            raise Wrong(name, line, f"{code} 在第 {first} 行已出现", f"{code} is on line {first} already")
        if seal in officers:
            officers_opened += 1
        elif unopened.pop(seal, None) is None:
            strangers.append(line)
    for line in unopened.values():
        raise Wrong("pool.tsv", line, f"{name} 中没有这个封签", f"{name} does not open this seal")
    for line in strangers:
        en = "the seal is neither in the pool nor in the roster"
        raise Wrong(name, line, "封签不在抽查库和人员名录中", en)
    return True, Text(
        f"抽查库 {len(pool.line_of)} 户的封签全部属实，没有一户重复；人员封签核对 {officers_opened}/{len(officers)} 名",
        f"all {len(pool.line_of)} seals of the pool are genuine, nobody is there twice; "
        f"{officers_opened} of {len(officers)} officers opened",
    )


def opening_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and columns of `openings.csv`, whatever its line ends."""
    name = path.name
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != ["seal", "uscc", "salt"]:
                raise Wrong(name, 1, "表头应为 seal,uscc,salt", "the heading should be seal,uscc,salt")
            for row in rows:
                if len(row) != 3:
                    raise Wrong(name, rows.line_num, f"应有 3 列，实有 {len(row)} 列", f"{len(row)} columns, not 3")
                yield rows.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error):
        raise Wrong(str(path), None, "不能作为 UTF-8 表格读取", "cannot be read as a UTF-8 table") from None


# ---- What the public ledger tells ------------------------------------------------------------------------------------


def check_ledger(path: Path, parameters: dict[str, Any], commitment: str, seed: str | None) -> tuple[bool, Text]:
    """Every line follows from the one before it, and the campaign was committed to and drawn once, as in the bundle."""
    name, campaign = path.name, parameters["campaign"]
    told: dict[str, dict[str, Any]] = {}
    previous, number = "0" * 64, 0
    for number, (found, text) in ledger_rows(path):
        if sha256_hex(b"sealed-draw/1 ledger\n", text.encode(), b"\n") != found:
            raise Wrong(name, number, "内容与本行的哈希不符", "the entry does not fit the hash of its line")
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict) or entry.get("previous") != previous or entry.get("number") != number:
            zh = "与上一行不衔接：有行被删除、插入或改动"
            raise Wrong(name, number, zh, "does not follow from the line before: one was removed, put in or changed")
        previous = found
        if entry.get("campaign") == campaign:
            event = str(entry.get("event"))
            if event in told:
                raise Wrong(name, number, f"任务 {campaign} 重复登记", f"campaign {campaign} is entered twice")
            told[event] = entry
    if told.get("committed", {}).get("commitment") != commitment:
        raise Wrong(name, None, "没有登记这个承诺值", "this commitment is not entered")
    if told.get("drawn", {}).get("seed") != seed:
        raise Wrong(name, None, "登记的种子与数据包不同", "the seed that is entered is not the one of the bundle")
    return True, Text(
        f"共 {number} 行，前后衔接；任务 {campaign} 的承诺{'和抽取' if seed else ''}各登记一次，与数据包一致",
        f"{number} lines in one chain; campaign {campaign} is entered once, as in the bundle",
    )


def ledger_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number, hash and entry of each line of `draw-ledger.tsv`."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        raise Wrong(str(path), None, "不能作为 UTF-8 文本读取", "cannot be read as UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        row = line.split("\t")
        if number == len(lines) and row == [""]:
            return
        if len(row) != 2:
            raise Wrong(path.name, number, f"应有 2 列，实有 {len(row)} 列", f"{len(row)} columns, not 2")
        yield number, row


# ---- All of it -------------------------------------------------------------------------------------------------------

BUNDLE = Text("封签包", "Bundle")
PARAMETERS = Text("参数", "Parameters")
POOL = Text("抽查库", "Pool")
OFFICERS = Text("人员名录", "Roster")
COMMITMENT = Text("承诺值", "Commitment")
REVEAL = Text("见证", "Witnesses")
NONCE = Text("随机数", "Nonce")
SEED = Text("种子", "Seed")
DRAW = Text("抽取结果", "Draw")
DUTY = Text("人员分派", "Officers on duty")
OPENINGS = Text("开封", "Openings")
LEDGER = Text("抽取台账", "Draw ledger")


def verify(
    path: Path, openings: Path | None = None, commitment: str | None = None, ledger: Path | None = None
) -> list[Check]:
    """All checks in order.

    `openings` is the auditors' file, `commitment` the hex text published before the draw, `ledger` the public ledger
    of all draws.
    """
    try:
        bundle = Bundle(path)
    except (OSError, zipfile.BadZipFile):
        problem = Text("不是目录，也不是 zip 文件", "neither a directory nor a zip archive")
        return [Check(BUNDLE, False, problem, str(path))]

    checks: list[Check] = []

    def run(title: Text, step: Callable[..., tuple[Any, Text]], *needs: Any) -> Any:
        """Make one check. Gives what it found, or None: then the checks that need this cannot be made."""
        if any(need is None for need in needs):
            checks.append(Check(title, None, Text("因以上问题未能核对", "not made, because of what is wrong above")))
            return None
        try:
            found, detail = step(*needs)
        except Wrong as wrong:
            checks.append(Check(title, False, wrong.detail, wrong.file, wrong.line))
            return None
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            checks.append(Check(title, False, Text(f"文件损坏：{error}", f"damaged: {error}"), str(path)))
            return None
        checks.append(Check(title, True, detail))
        return found

    with closing(bundle):
        parameters = run(PARAMETERS, check_parameters, bundle)
        pool = run(POOL, check_pool, bundle, parameters)
        officers = run(OFFICERS, check_officers, bundle)
        committed = run(COMMITMENT, lambda bundle: check_commitment(bundle, commitment), bundle)
        seed: str | None = None
        if any(map(bundle.has, DRAW_FILES)):
            reveal = run(REVEAL, check_reveal, bundle)
            run(NONCE, check_nonce, parameters, reveal, committed is not None)
            seed = run(SEED, check_seed, bundle, reveal)
            drawn = run(DRAW, check_draw, bundle, parameters, pool, seed)
            run(DUTY, check_duty, bundle, parameters, officers, drawn, seed)
        else:
            undrawn = Text(
                "包内没有抽签结果：尚未抽签，或已取消", "no draw in this bundle: not drawn yet, or cancelled"
            )
            checks.append(Check(DRAW, None, undrawn))
        if openings is not None:
            run(OPENINGS, check_openings, openings, pool, officers)
        if ledger is not None:
            run(LEDGER, lambda *known: check_ledger(*known, seed), ledger, parameters, committed)
    return checks


def is_verified(checks: Iterable[Check]) -> bool:
    """Nothing is wrong; a check that could not be made is not wrong by itself."""
    return all(check.ok is not False for check in checks)


def report(checks: list[Check], lang: str) -> Iterator[str]:
    """The checks as lines of text in `zh` or `en`."""
    english = lang == "en"
    outcome = {True: Text("通过", "ok"), False: Text("不符", "WRONG"), None: Text("未核", "not made")}
    colon = ": " if english else "："
    for check in checks:
        place = check.file or ""
        if check.line:
            place += f", line {check.line}" if english else f" 第 {check.line} 行"
        detail = getattr(check.detail, lang).replace("\n", "\n    ")
        sentence = colon.join(filter(None, (getattr(check.title, lang), place, detail)))
        yield f"[{getattr(outcome[check.ok], lang)}] {sentence}"
    wrong, passed, open_ = (sum(check.ok is ok for check in checks) for ok in (False, True, None))
    if english:
        yield f"{'Something is wrong' if wrong else 'Nothing is wrong'}: {passed} ok, {wrong} wrong, {open_} not made."
    else:
        yield f"{'有不符之处' if wrong else '未发现问题'}：通过 {passed} 项，不符 {wrong} 项，未核 {open_} 项。"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="核对封签抽查 / Verify a sealed draw (sealed-draw/1)")
    parser.add_argument(
        "bundle", type=Path, help="公开的封签包（目录或 zip） / the public bundle, a directory or zip archive"
    )
    parser.add_argument("--openings", type=Path, metavar="FILE", help="审计用的开封文件 / the auditors' openings.csv")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="公开的抽取台账 / the public draw-ledger.tsv")
    parser.add_argument("--commitment", metavar="HEX", help="抽签前记下的承诺值 / the commitment noted before the draw")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言 / language")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a console that lacks a character must not stop the check
    checks = verify(options.bundle, options.openings, options.commitment, options.ledger)
    print("\n".join(report(checks, options.lang)))
    return 0 if is_verified(checks) else 1


if __name__ == "__main__":
    sys.exit(main())

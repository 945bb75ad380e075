"""Somebody who reads everything public every day and tries to join names to the strata and seals of a draw.

What he sees is a `Portal`: every answer of every day. What he knows is what the protocol publishes: the drawn names,
the seals with their strata, and how many were drawn of each. He tries whatever order, number, change or token he can
find, and his best guess is compared with what the same guesses would be worth if the grades were dealt anew: whoever
only guesses is no better on the truth than on shuffled truths.
"""

import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from html import unescape
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

import numpy as np
from flask.testing import FlaskClient


@dataclass(frozen=True)
class Answer:
    """What came back from an address."""

    headers: str
    body: bytes


Day = dict[str, Answer]
Portal = list[Day]

# ---- Reading everything ----------------------------------------------------------------------------------------------

LINK = re.compile(r'(?:href|src|action)="([^"]+)"')
CONSTANT = ("/static/", "/language/")


def crawl(visitor: FlaskClient, *starts: str) -> Day:
    """Every public address that can be reached by links, with the answer."""
    seen: Day = {}
    waiting = list(starts)
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith("/public") or address.startswith(CONSTANT):
            continue
        answer = visitor.get(address)
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        seen[address] = Answer(headers, answer.data)
        if answer.mimetype == "text/html":
            links = (urlsplit(urljoin(address, unescape(link))) for link in LINK.findall(answer.text))
            waiting += [link.path + (f"?{link.query}" if link.query else "") for link in links if not link.netloc]
        elif answer.location:
            waiting.append(urlsplit(answer.location).path)
    return seen


@cache
def words_of(answer: Answer) -> str:
    """Everything that can be read in an answer: the files of an archive, the unpacked streams of a PDF but its fonts."""
    if answer.body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    if answer.body.startswith(b"%PDF"):
        pieces = re.split(rb"stream\r?\n(.*?)endstream", answer.body, flags=re.S)
        unpacked = (piece if number % 2 == 0 else _unpacked(piece) for number, piece in enumerate(pieces))
        return "\n".join(piece.decode("latin-1") for piece in unpacked if b"\0" not in piece)
    return answer.body.decode("utf-8", errors="replace")


def _unpacked(piece: bytes) -> bytes:
    try:
        return zlib.decompress(piece)
    except zlib.error:
        return piece


# ---- What the protocol gives him -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Published:
    """The drawn names (their codes, with everything else by which they are known), and the drawn seals by file."""

    names: Mapping[str, frozenset[str]]
    draw: Sequence[tuple[str, str, str]]
    duty: Sequence[str]

    @cached_property
    def code_of(self) -> dict[str, str]:
        """Whom each word names."""
        return {word: code for code, words in self.names.items() for word in words}

    @cached_property
    def words(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.code_of.items())

    @cached_property
    def orders(self) -> dict[str, list[int]]:
        """The orders in which the seals may be joined to the names: positions in `draw`."""
        place = {seal: number for number, (_stratum, seal, _ticket) in enumerate(self.draw)}
        return {
            "draw.tsv": list(range(len(self.draw))),
            "seals": sorted(range(len(self.draw)), key=lambda one: self.draw[one][1]),
            "tickets": sorted(range(len(self.draw)), key=lambda one: self.draw[one][2]),
            "duty.tsv": [place[seal] for seal in self.duty],
        }


def published(portal: Portal, bundle: str, names: Mapping[str, frozenset[str]]) -> Published:
    """Read from the last bundle, as anybody can."""
    with zipfile.ZipFile(io.BytesIO(portal[-1][bundle].body)) as archive:
        draw = [tuple(line.split("\t")) for line in archive.read("draw.tsv").decode().splitlines()]
        duty = [line.split("\t")[0] for line in archive.read("duty.tsv").decode().splitlines()]
    return Published(names, draw, duty)  # type: ignore[arg-type]


# ---- His tricks: each gives guesses, code -> position of a seal in draw.tsv -------------------------------------------

Guess = dict[str, int]
TOKEN = re.compile(r"[0-9a-f]{12,}|\d+(?:[-:.T]\d+)*")
BLOCK = re.compile(r"<tr\b.*?</tr>|<li\b.*?</li>|[^\n]+", re.S)
LONE_STRATUM = re.compile(r">\s*([A-D])\s*<|\b([A-D])\s*[级类层]|\t([A-D])\t|[（(]([A-D])[)）]")


@dataclass
class Attack:
    """All guesses that he comes to."""

    known: Published
    guesses: dict[str, Guess] = field(default_factory=dict)

    def add(self, trick: str, ranked: Sequence[str]) -> None:
        """Names in some order are joined to the seals in each of theirs, both ways."""
        ranked = list(dict.fromkeys(ranked))
        many = len(self.known.draw)
        if len(ranked) < max(3, many // 2):
            return
        for order, places in self.known.orders.items():
            for way, walked in (("up", places), ("down", places[::-1])):
                guess = {code: walked[number * many // len(ranked)] for number, code in enumerate(ranked)}
                self.guesses[f"{trick} × {order} {way}"] = guess

    def say(self, trick: str, code: str, stratum: str) -> None:
        """A guess of a stratum alone."""
        place = next((n for n, (label, _seal, _ticket) in enumerate(self.known.draw) if label == stratum), None)
        if place is not None:
            self.guesses.setdefault(trick, {})[code] = place


def attack(portal: Portal, known: Published) -> dict[str, Guess]:
    """Every trick on everything that was seen."""
    found = Attack(known)
    for trick in (_orders, _numbers, _beside, _changes, _salts):
        trick(portal, found)
    return found.guesses


@cache
def _pattern(names: frozenset[tuple[str, str]]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word, _code in sorted(names, reverse=True)))


def _spoken_of(text: str, known: Published) -> list[str]:
    """The names of which a text speaks, in the order in which it does."""
    return list(dict.fromkeys(known.code_of[word] for word in _pattern(known.words).findall(text)))


def _blocks(text: str, known: Published) -> list[tuple[str, str]]:
    """The rows and lines that speak of one name alone, with its code."""
    found = []
    for block in BLOCK.findall(text):
        spoken = _spoken_of(block, known)
        if len(spoken) == 1:
            found.append((block, spoken[0]))
    return found


def _orders(portal: Portal, found: Attack) -> None:
    """In which order pages and files speak of the names; in which order the names appear from day to day."""
    firsts: list[str] = []
    for number, day in enumerate(portal):
        for address, answer in day.items():
            spoken = _spoken_of(words_of(answer), found.known)
            found.add(f"order of {address} on day {number}", spoken)
            if len(spoken) == 1 and _kind(address) == "/public/results/#":
                firsts.append(spoken[0])
    found.add("order of publication", firsts)


def _kind(address: str) -> str:
    return re.sub(r"[0-9A-Z]{4,}(-\d+)?", "#", re.sub(r"JC\d+-\d+", "#", address))


def _numbers(portal: Portal, found: Attack) -> None:
    """Every number, moment or hash that stands with a name, in its block, its page, its address or its headers."""
    seen: dict[str, dict[str, float]] = defaultdict(dict)
    for day in portal:
        for address, answer in day.items():
            text = words_of(answer)
            spoken = _spoken_of(text + address, found.known)
            if len(spoken) == 1:
                about = {"page": text, "headers": answer.headers, "address": address, "length": str(len(answer.body))}
                for where, words in about.items():
                    _note(seen, f"{where} of {_kind(address)}", spoken[0], words)
            elif spoken:
                for block, code in _blocks(text, found.known):
                    _note(seen, f"block of {_kind(address)}", code, block)
    for trick, values in seen.items():
        if len(set(values.values())) > 2:
            found.add(trick, sorted(values, key=values.__getitem__))


def _note(seen: dict[str, dict[str, float]], trick: str, code: str, words: str) -> None:
    for number, token in enumerate(TOKEN.findall(words)[:60]):
        digits = re.sub(r"[^0-9a-f]", "", token)
        value = int(digits, 16) if re.search("[a-f]", digits) else int(digits or 0)
        seen[f"number {number} in the {trick}"].setdefault(code, float(value))


def _beside(portal: Portal, found: Attack) -> None:
    """A stratum, a seal or a ticket that stands beside a name."""
    secrets = {text[:12]: n for n, (_s, seal, ticket) in enumerate(found.known.draw) for text in (seal, ticket)}
    for day in portal:
        for address, answer in day.items():
            whole = answer.headers + address
            about = _spoken_of(whole, found.known)
            spoken = [(whole, about[0])] if len(about) == 1 else []
            for block, code in _blocks(words_of(answer), found.known) + spoken:
                for label in filter(None, (part for match in LONE_STRATUM.findall(block) for part in match)):
                    found.say("a stratum beside the name", code, label)
                for token in re.findall(r"[0-9a-f]{12,}", block):
                    if token[:12] in secrets:
                        found.guesses.setdefault("a seal beside the name", {})[code] = secrets[token[:12]]
            for code in _about_alone(address, answer, found):
                for label in filter(None, (p for match in LONE_STRATUM.findall(words_of(answer)) for p in match)):
                    found.say("a stratum on the page of the name", code, label)


def _about_alone(address: str, answer: Answer, found: Attack) -> list[str]:
    """The name that a paper is about, by its address."""
    return _spoken_of(address, found.known) if answer.body.startswith(b"%PDF") else []


def _changes(portal: Portal, found: Attack) -> None:
    """What changes in a line about a stratum or a seal on the day when a result appears."""
    secrets = {text[:12]: label for label, seal, ticket in found.known.draw for text in (seal, ticket)}
    for before, after in pairwise(portal):
        new = _with_results(after, found) - _with_results(before, found)
        for address in before.keys() & after.keys():
            if before[address].body == after[address].body:
                continue
            old_lines, new_lines = (_lines(words_of(day[address]), secrets) for day in (before, after))
            moved = {
                label for label in old_lines.keys() | new_lines.keys() if old_lines.get(label) != new_lines.get(label)
            }
            if len(moved) == 1:
                for code in new:
                    found.say(f"what moved in {_kind(address)}", code, next(iter(moved)))


def _with_results(day: Day, found: Attack) -> set[str]:
    return {
        code for address, answer in day.items() if _kind(address) == "/public/results/#"
        for code in _spoken_of(words_of(answer), found.known)
    }  # fmt: skip


def _lines(text: str, secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """The lines about each stratum."""
    lines: dict[str, list[str]] = defaultdict(list)
    for block in BLOCK.findall(text):
        labels = {part for match in LONE_STRATUM.findall(block) for part in match if part}
        labels |= {secrets[token[:12]] for token in re.findall(r"[0-9a-f]{12,}", block) if token[:12] in secrets}
        if len(labels) == 1:
            lines[labels.pop()].append(re.sub(r"<[^>]*>", " ", block))
    return lines


def _salts(portal: Portal, found: Attack) -> None:
    """Whether something public is the salt of a seal."""
    place = {seal: n for n, (_stratum, seal, _ticket) in enumerate(found.known.draw)}
    tokens = {
        token
        for day in portal
        for answer in day.values()
        for token in re.findall(r"\b[0-9a-f]{32}\b", words_of(answer) + answer.headers)
    }
    for code in found.known.names:
        for token in tokens:
            seal = sha256(b"sealed-draw/1 seal\n" + bytes.fromhex(token) + code.encode()).hexdigest()
            if seal in place:
                found.guesses.setdefault("salts", {})[code] = place[seal]


# ---- Is that more than chance? ---------------------------------------------------------------------------------------

SHUFFLES = 4000


@dataclass(frozen=True)
class Verdict:
    """His best trick, how many it gets right of how many, and how often shuffled grades would look as good to him."""

    trick: str
    right: int
    guessed: int
    p: float


def verdict(guesses: Mapping[str, Guess], known: Published, truth: Mapping[str, str]) -> Verdict:
    """By permutation: the best standardised score of all tricks on the truth against the same on shuffled truths."""
    codes = sorted(truth)
    labels = sorted(set(truth.values()))
    said = np.full((len(guesses), len(codes)), -1)
    for row, guess in enumerate(guesses.values()):
        for code, place in guess.items():
            said[row, codes.index(code)] = labels.index(known.draw[place][0])
    real = np.array([labels.index(truth[code]) for code in codes])
    dice = np.random.default_rng(20261201)
    shuffled = np.stack([dice.permutation(real) for _ in range(SHUFFLES)])
    scores = np.stack([(said == one).sum(axis=1) for one in shuffled])
    mean, spread = scores.mean(axis=0), scores.std(axis=0)
    spread[spread == 0] = np.inf
    hits = (said == real).sum(axis=1)
    best = ((scores - mean) / spread).max(axis=1)
    found = (hits - mean) / spread
    top = int(found.argmax())
    p = (1 + int((best >= found[top] - 1e-9).sum())) / (SHUFFLES + 1)
    return Verdict(list(guesses)[top], int(hits[top]), int((said[top] >= 0).sum()), p)


def rows_of(answer: Answer) -> Iterator[str]:
    """The rows of the tables of a page."""
    return iter(re.findall(r"<tr\b.*?</tr>", words_of(answer), re.S))

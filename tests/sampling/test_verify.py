"""The stand-alone verifier: agrees with the draw, and finds any altered line."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings

from casework.sampling import draw as d
from casework.sampling.verify import Check, is_verified, main, report, verify
from tests.sampling.worlds import VECTOR, campaigns, sha

SHARED = Path(__file__).resolve().parents[3] / "shared" / "draw-vectors"
COMMITTED = ("parameters.json", "pool.tsv", "officers.tsv")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the vector that a test may spoil."""
    return shutil.copytree(VECTOR, tmp_path / "bundle")


def wrong(path: Path, openings: Path | None = None) -> list[Check]:
    return [check for check in verify(path, openings) if check.ok is False]


def places(path: Path, openings: Path | None = None) -> list[tuple[str | None, int | None]]:
    return [(check.file, check.line) for check in wrong(path, openings)]


# ---- What is right passes


@pytest.mark.parametrize("vector", [VECTOR, SHARED / "small", SHARED / "city"], ids=lambda path: path.name)
def test_a_vector_is_verified_to_the_last_check(vector: Path) -> None:
    if not vector.is_dir():
        pytest.skip(f"{vector} is not here")
    commitment = json.loads((vector / "commitment.json").read_text())["commitment"]
    checks = verify(vector, vector / "openings.csv", commitment)
    assert len(checks) == 10
    assert all(check.ok for check in checks)


@given(campaigns())
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_the_draw_on_any_campaign(tmp_path_factory: pytest.TempPathFactory, campaign) -> None:
    bundle, opened = campaign
    folder = tmp_path_factory.mktemp("bundle")
    with (folder / "bundle.zip").open("wb") as file:
        d.write_zip(bundle, file)
    (folder / "openings.csv").write_bytes(b"".join(d.openings_csv(opened)))
    checks = verify(folder / "bundle.zip", folder / "openings.csv")
    assert all(check.ok for check in checks), list(report(checks, "en"))


def test_the_copy_in_a_bundle_stands_alone(tmp_path: Path) -> None:
    d.write_directory(d.read_bundle(VECTOR), tmp_path)
    command = [sys.executable, "-I", "-S", "verify.py", ".", "--lang", "en", "--openings", str(VECTOR / "openings.csv")]
    passed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert passed.returncode == 0, passed.stderr
    assert "A: 22 members, at least 1% is 1, due 4, drawn 4" in passed.stdout
    assert "D: 4 members, at least 100% is 4, due 4, drawn 2, 2 short" in passed.stdout
    assert "Nothing is wrong: 10 ok" in passed.stdout

    lines = (tmp_path / "draw.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "draw.tsv").write_text("".join(lines[:4] + lines[5:]))
    failed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert failed.returncode == 1
    assert "[WRONG] Draw: draw.tsv, line 5" in failed.stdout


def test_the_report_is_chinese_unless_asked_otherwise(capsys: pytest.CaptureFixture[str], bundle: Path) -> None:
    assert main([str(bundle)]) == 0
    out = capsys.readouterr().out
    assert "[通过] 抽查库：共 47 户，可抽 39 户，排除 8 户" in out
    assert "2 户可派人员不足 2 名" in out
    (bundle / "officers.tsv").write_bytes((bundle / "officers.tsv").read_bytes().upper())
    assert main([str(bundle)]) == 1
    assert "[不符] 人员名录：officers.tsv 第 1 行：" in capsys.readouterr().out


# ---- What is altered is found


def flip(text: str) -> str:
    """The text with its last hex digit changed."""
    return text[:-1] + ("1" if text[-1] == "0" else "0")


def swap(listed: str) -> str:
    return ",".join(reversed(listed.split(",")))


Edit = Callable[[list[str]], list[str] | None]
EDITS: dict[str, dict[str, Edit]] = {  # what may be done to the columns of a line; None where it would change nothing
    "pool.tsv": {
        "stratum": lambda row: ["B" if row[0] == "A" else "A", *row[1:]],
        "seal": lambda row: [row[0], flip(row[1]), row[2]],
        "status": lambda row: [*row[:2], "out:cap" if row[2] == "in" else "in"],
    },
    "officers.tsv": {"seal": lambda row: [flip(row[0])]},
    "draw.tsv": {
        "stratum": lambda row: ["B" if row[0] == "A" else "A", *row[1:]],
        "seal": lambda row: [row[0], flip(row[1]), row[2]],
        "ticket": lambda row: [*row[:2], flip(row[2])],
    },
    "duty.tsv": {
        "seal": lambda row: [flip(row[0]), *row[1:]],
        "eligible": lambda row: [row[0], swap(row[1]), row[2]] if "," in row[1] else None,
        "order of choice": lambda row: [*row[:2], swap(row[2])] if "," in row[2] else None,
        "choice": lambda row: [*row[:2], row[2][:64]] if "," in row[2] else None,
        "stranger": lambda row: [row[0], flip(row[1]), row[2]] if row[1] else None,
    },
    "openings.csv": {
        "seal": lambda row: [flip(row[0]), *row[1:]],
        "code": lambda row: [row[0], flip(row[1]), row[2]],
        "salt": lambda row: [*row[:2], flip(row[2])],
    },
}
EXACT = {"draw.tsv", "duty.tsv", "openings.csv"}


def altered(bundle: Path, name: str, separator: str, edit: Edit) -> Iterator[int]:
    """Edits one line of the file after the other, each time all the others as they were; gives its number."""
    original = (bundle / name).read_text(encoding="utf-8")
    lines = original.splitlines(keepends=True)
    for index in range(1 if name == "openings.csv" else 0, len(lines)):
        edited = edit(lines[index].rstrip("\n").split(separator))
        if edited is not None:
            changed = [*lines[:index], separator.join(edited) + "\n", *lines[index + 1 :]]
            (bundle / name).write_text("".join(changed), encoding="utf-8", newline="")
            yield index + 1
    (bundle / name).write_text(original, encoding="utf-8", newline="")


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, edits in EDITS.items() for what in edits])
def test_any_altered_line_is_found_and_named(bundle: Path, name: str, what: str) -> None:
    separator = "," if name == "openings.csv" else "\t"
    openings = bundle / "openings.csv" if name == "openings.csv" else None
    tried = 0
    for line in altered(bundle, name, separator, EDITS[name][what]):
        found = places(bundle, openings)
        if name in EXACT:
            assert found == [(name, line)]
        else:  # the commitment fits no longer; which of the lines was changed, the hash cannot tell
            assert any(name in str(file) for file, _ in found)
        tried += 1
    assert tried > 5
    assert places(bundle, bundle / "openings.csv") == []


def test_openings_tell_the_line_of_an_exchanged_seal(bundle: Path) -> None:
    for line in altered(bundle, "pool.tsv", "\t", EDITS["pool.tsv"]["seal"]):
        assert ("pool.tsv", line) in places(bundle, bundle / "openings.csv")


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("parameters.json", '"floor_bp":300', '"floor_bp":301', ("parameters.json, pool.tsv, officers.tsv", None)),
        ("parameters.json", '"size":3', '"size":4', ("parameters.json, pool.tsv, officers.tsv", None)),
        ("parameters.json", '"nonce_commitment":"', '"nonce_commitment":"00', ("parameters.json", 1)),
        ("parameters.json", '"officers_per_case":2', '"officers_per_case":2.0', ("parameters.json", 1)),
        ("parameters.json", '"officers_per_case":2', '"officers_per_case": 2', ("parameters.json", 1)),
        ("parameters.json", "sealed-draw/1", "sealed-draw/2", ("parameters.json", 1)),
        ("parameters.json", '"label":"B"', '"label":"A"', ("parameters.json", 1)),
        ("commitment.json", '"commitment":"3e', '"commitment":"3f', ("commitment.json", 1)),
        ("commitment.json", "2026-11-02T", "last week", ("commitment.json", 1)),
        ("reveal.json", '"nonce":"ff', '"nonce":"fe', ("reveal.json", 1)),
        ("reveal.json", "7-19-33", "7-19-34", ("reveal.json", 1)),
        ("reveal.json", "7-19-33", "7-19\\n33", ("reveal.json", 1)),
        ("reveal.json", '"seed":"17', '"seed":"18', ("reveal.json", 1)),
        ("reveal.json", '"seed"', '"sead"', ("reveal.json", 1)),
        ("openings.csv", "seal,uscc,salt", "seal,code,salt", ("openings.csv", 1)),
    ],
)
def test_an_altered_value_is_found_and_named(
    bundle: Path, name: str, old: str, new: str, place: tuple[str, int | None]
) -> None:
    text = (bundle / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (bundle / name).write_text(text.replace(old, new), encoding="utf-8", newline="")
    assert place in places(bundle, bundle / "openings.csv")


@pytest.mark.parametrize("name", ["pool.tsv", "officers.tsv", "draw.tsv", "duty.tsv"])
def test_added_missing_and_misformatted_lines_are_found(bundle: Path, name: str) -> None:
    original = (bundle / name).read_bytes()
    lines = original.splitlines(keepends=True)
    for changed, line in [
        ([*lines, lines[-1]], len(lines) + 1),
        ([*lines, b"\n"], len(lines) + 1),
        ([*lines[:1], lines[2], lines[1], *lines[3:]], 2 if name in EXACT else 3),
        ([*lines[:-1], lines[-1][:-1]], len(lines)),
        ([lines[0][:-1] + b"\r\n", *lines[1:]], 1),
        ([lines[0], b"\xff" + lines[1], *lines[2:]], 2),
    ]:
        (bundle / name).write_bytes(b"".join(changed))
        assert (name, line) in places(bundle)
    (bundle / name).write_bytes(b"".join(lines[:-1]))
    assert any(name in str(file) for file, _ in places(bundle))


@pytest.mark.parametrize(
    "name", ["parameters.json", "pool.tsv", "officers.tsv", "commitment.json", "reveal.json", "draw.tsv", "duty.tsv"]
)
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert (name, None) in places(bundle)


def test_a_nonce_chosen_after_the_contributions_is_found(bundle: Path) -> None:
    """The office draws again with another nonce, and makes seed, draw and duty fit."""
    honest = d.read_bundle(bundle)
    nonce = sha("a nonce that draws whom we like")
    seed = d.seed_of(honest.commitment, nonce, [one.text for one in honest.reveal.contributions])
    drawn = d.draw(honest.parameters.strata, honest.pool, seed).drawn
    forged = replace(
        honest,
        reveal=honest.reveal._replace(nonce=nonce, seed=seed),
        drawn=drawn,
        duties=list(d.assign([(one.seal, honest.officers) for one in drawn], seed, 2)),
    )
    d.write_directory(forged, bundle)
    assert places(bundle) == [("reveal.json", 1)]


@pytest.mark.parametrize("text", ["7\n8", "e\u0301", "x" * 201])
def test_a_contribution_against_the_rules_is_found_though_the_seed_fits(bundle: Path, text: str) -> None:
    commitment, nonce = "3e0420efc7cebc0045f2dc3005ddcf5b26d1419614b989f69c5e7c63a298643d", "00" * 32
    seed = sha256(f"sealed-draw/1 seed\n{commitment}\n{nonce}\n{text}\n".encode()).hexdigest()
    reveal = {"nonce": nonce, "contributions": [{"by": "见证人", "text": text}], "seed": seed}
    (bundle / "reveal.json").write_text(json.dumps(reveal))
    (first, *_) = wrong(bundle)
    assert (first.file, first.line) == ("reveal.json", 1)
    assert "contribution 1" in first.detail.en


@pytest.mark.parametrize("line", ["E\t{}\tin", "A\t{}\tyes", "A\t{}\tout:", "A\t{}", "A\t{}\tout:cap\r"])
def test_a_malformed_line_is_found_though_it_was_committed_to(bundle: Path, line: str) -> None:
    lines = [*(bundle / "pool.tsv").read_text().splitlines(), line.format("f" * 64)]
    (bundle / "pool.tsv").write_text("".join(f"{one}\n" for one in lines), newline="")
    hashes = "".join(f"{sha256((bundle / name).read_bytes()).hexdigest()}\n" for name in COMMITTED)
    commitment = sha256(f"sealed-draw/1 commitment\n{hashes}".encode()).hexdigest()
    published = {"commitment": commitment, "published_at": "2026-11-02T01:00:05Z"}
    (bundle / "commitment.json").write_text(json.dumps(published))
    for name in ("reveal.json", "draw.tsv", "duty.tsv"):
        (bundle / name).unlink()
    assert places(bundle) == [("pool.tsv", len(lines))]


def test_a_whole_forged_bundle_is_found_by_whoever_noted_the_commitment(bundle: Path) -> None:
    assert is_verified(verify(bundle))
    assert is_verified(verify(bundle, commitment="3E0420EFC7CEBC0045F2DC3005DDCF5B26D1419614B989F69C5E7C63A298643D\n"))
    noted = verify(bundle, commitment="00" * 32)
    assert [(check.file, check.ok) for check in noted if check.ok is not True] == [("commitment.json", False)]


def test_an_enterprise_with_two_seals_is_found_by_the_auditor(tmp_path: Path) -> None:
    codes = ["914116000000000001", "914116000000000002", "914116000000000001"]
    opened = [d.Opening(d.seal_of(code, sha(n)[:16]), code, sha(n)[:16]) for n, code in enumerate(codes)]
    pool = [d.Member("A", seal, "in") for seal in sorted(one.seal for one in opened)]
    honest = d.read_bundle(VECTOR)
    parameters = replace(honest.parameters, strata=(d.Stratum("A", 100),))
    d.write_directory(
        d.Bundle(parameters, pool, [], d.commitment_of(parameters, pool, []), honest.published_at), tmp_path
    )
    (tmp_path / "openings.csv").write_bytes(b"".join(d.openings_csv(opened)))
    assert places(tmp_path, tmp_path / "openings.csv") == [("openings.csv", 4)]


def test_openings_of_nobody_or_twice_are_found(bundle: Path) -> None:
    openings = bundle / "openings.csv"
    text = openings.read_text()
    stranger = d.Opening(d.seal_of("914116000000000009", sha(9)[:16]), "914116000000000009", sha(9)[:16])
    *_, line = d.openings_csv([stranger])
    for more in (line.decode(), text.splitlines(keepends=True)[1], f"{'0' * 64},914116000000000009,no salt\n"):
        openings.write_text(text + more, newline="")
        assert places(bundle, openings) == [("openings.csv", 56)]


def test_a_committed_campaign_can_be_checked_before_its_draw(bundle: Path) -> None:
    for name in ("reveal.json", "draw.tsv", "duty.tsv"):
        (bundle / name).unlink()
    checks = verify(bundle)
    assert is_verified(checks)
    assert [check.ok for check in checks] == [True, True, True, True, None]
    assert "not drawn yet" in "\n".join(report(checks, "en"))


def test_what_is_no_bundle_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    for path in (tmp_path / "text.zip", tmp_path / "nothing"):
        assert places(path) == [(str(path), None)]
    assert len(wrong(tmp_path)) == 3  # an empty directory: parameters, officers and commitment are missing


def test_a_damaged_archive_is_said(tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with archive.open("wb") as file:
        d.write_zip(d.read_bundle(VECTOR), file)
    content = bytearray(archive.read_bytes())
    middle = content.index(b"pool.tsv") + 400
    content[middle] ^= 0xFF
    archive.write_bytes(content)
    assert (str(archive), None) in places(archive)

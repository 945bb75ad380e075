"""The sealed draw: the vectors byte for byte, the floors, fairness, officers, and what is refused."""

from collections import Counter
from io import BytesIO
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.core.errors import Refusal
from casework.sampling import draw as d
from tests.sampling.worlds import FROZEN_AT, VECTOR, campaigns, sha

SHARED = Path(__file__).resolve().parents[3] / "shared" / "draw-vectors"
DIGESTS = {  # commitment and seed
    "vector": (
        "3e0420efc7cebc0045f2dc3005ddcf5b26d1419614b989f69c5e7c63a298643d",
        "17df3d0c5d5cb8406de1241d26aa75f3edf1b5fa69c7e1a2f292fb750f7c9ac1",
    ),
    "small": (
        "badf572cd052590f3f839a235700421902ba29ab5a6ef646a8957ef643613e5a",
        "fe5ec56ed20b81632ac6d9fe9ce1cff25a3f8b03bedfa3990ee7de1718bc5db4",
    ),
    "city": (
        "5d794d6a5b71a22dba40b4fb5c3e88ee1a12fa831a3ca5cc97c226f80095c8a0",
        "7e780e07969b9ee8c52183a143e3f90939726ef2b3f532850f541b01ae3b614b",
    ),
}


@pytest.fixture(params=[VECTOR, SHARED / "small", SHARED / "city"], ids=lambda path: path.name)
def vector(request: pytest.FixtureRequest) -> Path:
    if not request.param.is_dir():
        pytest.skip(f"{request.param} is not here")
    return request.param


# ---- The protocol's vectors


def test_a_vector_is_reproduced_byte_for_byte(vector: Path) -> None:
    bundle = d.read_bundle(vector)
    parameters, reveal = bundle.parameters, bundle.reveal
    commitment = d.commitment_of(parameters, bundle.pool, bundle.officers)
    seed = d.seed_of(commitment, reveal.nonce, [contribution.text for contribution in reveal.contributions])
    assert (commitment.hex(), seed.hex()) == DIGESTS[vector.name]
    assert d.nonce_commitment_of(reveal.nonce) == parameters.nonce_commitment

    drawn = d.draw(parameters.strata, bundle.pool, seed).drawn
    duties = d.assign(((duty.seal, duty.eligible) for duty in bundle.duties), seed, parameters.officers_per_case)
    assert b"".join(d.draw_tsv(drawn)) == (vector / "draw.tsv").read_bytes()
    assert b"".join(d.duty_tsv(duties)) == (vector / "duty.tsv").read_bytes()


def test_the_seals_of_a_vector_open(vector: Path) -> None:
    with (vector / "openings.csv").open("rb") as file:
        openings = list(d.read_openings(file))
    assert all(d.seal_of(code, salt) == seal for seal, code, salt in openings)
    assert {member.seal for member in d.read_bundle(vector).pool} <= {opening.seal for opening in openings}
    content = (vector / "openings.csv").read_bytes().replace(b"\r\n", b"\n")
    assert b"".join(d.openings_csv(openings)) == content


def test_files_are_written_as_they_were_read() -> None:
    for name, pieces in d.read_bundle(VECTOR).files():
        if name not in ("verify.py", "README.txt", "README-auditor.txt"):
            assert b"".join(pieces) == (VECTOR / name).read_bytes(), name


# ---- Floors


@pytest.mark.parametrize("floor_bp", [1, 100, 300, 1000, 2000, 3333, 10_000])
def test_a_floor_is_the_smallest_number_that_meets_the_rate(floor_bp: int) -> None:
    assert d.floor_count(0, floor_bp) == 0
    for members in range(1, 5001):
        floor = d.floor_count(members, floor_bp)
        assert floor * 10_000 >= members * floor_bp
        assert floor == 1 or (floor - 1) * 10_000 < members * floor_bp
        assert floor <= members


def test_a_planned_size_raises_the_floor_and_never_lowers_it() -> None:
    assert d.floor_count(1000, 1000, 250) == 250
    assert d.floor_count(1000, 1000, 5) == 100
    assert d.floor_count(40, 0) == 1
    assert d.floor_count(0, 100, 5) == 5


def test_excluded_members_stay_in_the_base_and_a_shortfall_is_said() -> None:
    pool = [d.Member("D", sha(n), "in" if n < 8 else "out:cap") for n in range(100)]
    outcome = d.draw([d.Stratum("D", 2000)], pool, sha("seed"))
    assert outcome.tallies == [d.Tally("D", members=100, eligible=8, required=20, drawn=8)]
    assert [tally.shortfall for tally in outcome.shortfalls] == [12]
    assert {one.seal for one in outcome.drawn} == {sha(n) for n in range(8)}


# ---- The draw


@given(
    rows=st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["in", "in", "out:cap"])), max_size=80),
    strata=st.permutations("ABC"),
    floors=st.tuples(*[st.integers(0, 10_000)] * 3),
    seed=st.binary(min_size=32, max_size=32),
    shuffle=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_the_draw_is_the_obvious_sort_in_any_row_order(rows, strata, floors, seed, shuffle: Random) -> None:
    pool = [d.Member(label, sha(n), status) for n, (label, status) in enumerate(rows)]
    strata = [d.Stratum(label, floor) for label, floor in zip(strata, floors, strict=True)]
    expected = []
    for stratum in strata:
        members = [member for member in pool if member.stratum == stratum.label]
        tickets = sorted((d.ticket_of(seed, seal), seal) for _, seal, status in members if status == "in")
        needed = d.floor_count(len(members), stratum.floor_bp)
        expected += [(stratum.label, seal, ticket) for ticket, seal in tickets[:needed]]
    assert d.draw(strata, pool, seed).drawn == expected
    shuffle.shuffle(pool)
    assert d.draw(strata, iter(pool), seed, sizes=d.stratum_sizes(pool)).drawn == expected


def test_a_long_pool_is_cut_down_on_the_way_to_the_same_result() -> None:
    pool = [d.Member("A", sha(n), "in") for n in range(20_000)]
    seed = sha("seed")
    expected = sorted((d.ticket_of(seed, seal), seal) for _, seal, _ in pool)
    for stratum in (d.Stratum("A", 0), d.Stratum("A", 100), d.Stratum("A", 2000), d.Stratum("A", 10_000)):
        drawn = d.draw([stratum], pool, seed).drawn
        assert [(ticket, seal) for _, seal, ticket in drawn] == expected[: d.floor_count(20_000, stratum.floor_bp)]


def test_every_member_has_the_same_chance() -> None:
    members, drawn_each, draws = 40, 8, 3000
    pool = [d.Member("C", sha("member", n), "in") for n in range(members)]
    strata = [d.Stratum("C", 2000)]
    times = Counter(one.seal for n in range(draws) for one in d.draw(strata, pool, sha("seed", n)).drawn)
    rate = drawn_each / members
    variance = draws * rate * (1 - rate)  # of one member's count; the counts add up to a fixed number
    chi_square = sum((times[member.seal] - draws * rate) ** 2 for member in pool) / variance * (members - 1) / members
    assert chi_square < 72.1  # 99.9 % point of chi-square with 39 degrees of freedom
    assert chi_square > 14.5  # 0.01 % point: a list that takes turns would be too even


def test_two_members_are_drawn_together_as_often_as_chance_has_it() -> None:
    members, drawn_each, draws = 12, 4, 4000
    pool = [d.Member("C", sha("pair", n), "in") for n in range(members)]
    strata = [d.Stratum("C", 1, drawn_each)]
    together: Counter[frozenset[bytes]] = Counter()
    for n in range(draws):
        seals = [one.seal for one in d.draw(strata, pool, sha("pairs", n)).drawn]
        together.update(map(frozenset, combinations(seals, 2)))
    pairs = members * (members - 1) // 2
    expected = draws * drawn_each * (drawn_each - 1) / (members * (members - 1))
    assert len(together) == pairs  # nobody is out of reach of anybody
    chi_square = sum((count - expected) ** 2 for count in together.values()) / expected
    assert chi_square < 107.3  # 99.9 % point of chi-square with 65 degrees of freedom


def test_strata_do_not_look_at_each_other() -> None:
    """Whether a member of one stratum is drawn says nothing of a member of another."""
    pool = [d.Member(label, sha(label, n), "in") for label in "AB" for n in range(4)]
    strata = [d.Stratum("A", 5000), d.Stratum("B", 2500)]
    draws, both = 4000, 0
    for n in range(draws):
        seals = {one.seal for one in d.draw(strata, pool, sha("strata", n)).drawn}
        both += {sha("A", 0), sha("B", 0)} <= seals
    rate = 0.5 * 0.25
    assert abs(both - draws * rate) < 3.3 * (draws * rate * (1 - rate)) ** 0.5


def test_a_pool_that_does_not_fit_its_figures_is_not_drawn() -> None:
    pool = [d.Member("A", sha(1), "in"), d.Member("A", sha(2), "in")]
    with pytest.raises(ValueError, match="not name"):
        d.draw([d.Stratum("B", 100)], pool, sha("seed"))
    with pytest.raises(ValueError, match="2 members, not 3"):
        d.draw([d.Stratum("A", 100)], pool, sha("seed"), sizes={"A": 3})
    with pytest.raises(ValueError, match="0 members, not 2"):  # an iterator cannot be read twice
        d.draw([d.Stratum("A", 100)], iter(pool), sha("seed"))


# ---- Officers


@given(
    cases=st.lists(st.sets(st.integers(0, 11)), max_size=40),
    per_case=st.integers(1, 4),
    seed=st.binary(min_size=32, max_size=32),
    shuffle=st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_officers_are_the_first_of_the_ranking(cases, per_case: int, seed: bytes, shuffle: Random) -> None:
    eligible = [(sha("case", n), [sha("officer", one) for one in officers]) for n, officers in enumerate(cases)]
    given: Counter[bytes] = Counter()
    expected, rankings = [], {}
    for seal, officers in sorted(eligible, key=lambda case: d.ticket_of(seed, case[0])):
        ranked = sorted(officers, key=lambda one: (given[one], d.officer_ticket_of(seed, seal, one), one))
        rankings[seal] = ranked
        given.update(ranked[:per_case])
        missing = max(0, per_case - len(officers))
        expected.append(d.Duty(seal, tuple(sorted(officers)), tuple(ranked[:per_case]), missing))
    shuffle.shuffle(eligible)
    duties = list(d.assign(eligible, seed, per_case))
    assert duties == expected

    for seal, ranked in rankings.items():  # the reserves come in the order of the ranking, until nobody is left
        withdrawn: list[bytes] = []
        while (one := d.replacement(duties, seed, seal, withdrawn)) is not None:
            withdrawn.append(one)
        assert withdrawn == ranked[per_case:]


def test_work_is_spread_evenly() -> None:
    roster = [sha("officer", n) for n in range(9)]
    duties = d.assign([(sha("case", n), roster) for n in range(100)], sha("seed"), 2)
    loads = Counter(one for duty in duties for one in duty.chosen)
    assert max(loads.values()) - min(loads.values()) <= 1


def test_nobody_replaces_in_a_case_that_was_not_drawn() -> None:
    with pytest.raises(LookupError, match="not drawn"):
        d.replacement([], sha("seed"), sha("case"), [])


# ---- What is refused


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("7\n8", "一行"),
        ("7\r", "一行"),
        ("7\t8", "一行"),
        ("7\u2028", "一行"),
        ("\ud800", "一行"),
        ("e\u0301", "NFC"),
        ("长" * 201, "201"),
    ],
)
def test_a_contribution_is_one_composed_line_of_at_most_200_characters(text: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        d.check_contribution(text)
    with pytest.raises(Refusal, match=sentence):
        d.seed_of(sha("commitment"), sha("nonce"), [text])


def test_ordinary_contributions_are_accepted() -> None:
    for text in ("", "20261102-07", "é", "长" * 200, "𠀀 ☂"):
        d.check_contribution(text)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("label", lambda: d.Stratum("", 100)),
        ("label", lambda: d.Stratum("A\tB", 100)),
        ("floor_bp", lambda: d.Stratum("A", 10_001)),
        ("floor_bp", lambda: d.Stratum("A", -1)),
        ("size", lambda: d.Stratum("A", 100, -1)),
        ("strata", lambda: d.Parameters("x", FROZEN_AT, sha(1), 2, (d.Stratum("A", 1), d.Stratum("A", 2)))),
        ("officers_per_case", lambda: d.Parameters("x", FROZEN_AT, sha(1), 0, ())),
    ],
)
def test_impossible_parameters_are_refused_by_field(field: str, make) -> None:
    with pytest.raises(Refusal) as refusal:
        make()
    assert refusal.value.field == field


def test_secrets_of_the_wrong_length_are_errors() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        d.nonce_commitment_of(b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        d.seal_of("914116000000000000", b"short")


# ---- Files


def test_canonical_json_is_rfc_8785() -> None:
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}  # its section 3.2.3
    assert d.canonical_json(keys) == '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\U0001f600":5,"\ufb33":3}'.encode()
    assert (
        d.canonical_json(['"\\\b\x1f/é', -(2**53) + 1, []]) == '["\\"\\\\\\b\\u001f/é",-9007199254740991,[]]'.encode()
    )
    for other in (1.5, True, None, b"x"):
        with pytest.raises(TypeError):
            d.canonical_json({"a": other})
    with pytest.raises(ValueError, match="beyond"):
        d.canonical_json(2**53)


def test_a_file_that_could_be_misread_is_not_written() -> None:
    low, high = sorted((sha(1), sha(2)))
    for pool in ([d.Member("A", high, "in"), d.Member("A", low, "in")], [d.Member("A", low, "in")] * 2):
        with pytest.raises(ValueError, match="sorted"):
            list(d.pool_tsv(pool))
    for status in ("", "out", "out:", "out:a\tb", "out:a\n"):
        with pytest.raises(ValueError, match="status"):
            list(d.pool_tsv([d.Member("A", low, status)]))
    with pytest.raises(ValueError, match="sorted"):
        list(d.officers_tsv([high, low]))
    with pytest.raises(ValueError, match="time zone"):
        d.commitment_json(low, FROZEN_AT.replace(tzinfo=None))


@pytest.mark.parametrize("name", ["pool.tsv", "officers.tsv", "draw.tsv", "duty.tsv"])
def test_a_reader_names_the_line_it_cannot_read(name: str, tmp_path: Path) -> None:
    for file in VECTOR.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lines = (VECTOR / name).read_bytes().splitlines(keepends=True)
    lines[2] = b"xyz\n"
    (tmp_path / name).write_bytes(b"".join(lines))
    with pytest.raises(Refusal, match=f"{name} 第 3 行"):
        d.read_bundle(tmp_path)


@given(campaigns())
@settings(max_examples=20, deadline=None)
def test_a_bundle_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, campaign) -> None:
    bundle, _ = campaign
    folder = tmp_path_factory.mktemp("bundle")
    d.write_directory(bundle, folder / "open")
    assert d.read_bundle(folder / "open") == bundle
    first, second = BytesIO(), BytesIO()
    d.write_zip(bundle, first)
    d.write_zip(bundle, second)
    assert first.getvalue() == second.getvalue()
    (folder / "bundle.zip").write_bytes(first.getvalue())
    assert d.read_bundle(folder / "bundle.zip") == bundle

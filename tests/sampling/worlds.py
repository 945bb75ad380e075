"""Small campaigns for the tests of the sealed draw: the committed vector, and random ones."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from hypothesis import strategies as st

from casework.sampling import draw as d

VECTOR = Path(__file__).parent / "vector"
FROZEN_AT = datetime(2026, 11, 2, 1, tzinfo=UTC)


def sha(*parts: object) -> bytes:
    """32 bytes that look random and are the same each time."""
    return sha256("/".join(map(str, parts)).encode()).digest()


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[d.Bundle, list[d.Opening]]:
    """A drawn campaign as `draw.py` makes it, and what opens its seals."""
    salts = draw(st.integers(0, 2**32))
    labels = draw(st.lists(st.sampled_from(["A", "B", "重点", "𠀀 D"]), min_size=1, unique=True))
    strata = tuple(
        d.Stratum(label, draw(st.integers(0, 10_000)), draw(st.none() | st.integers(0, 12))) for label in labels
    )
    statuses = st.sampled_from(["in", "in", "in", "out:cap", "out:注销"])
    rows = draw(st.lists(st.tuples(st.sampled_from(labels), statuses), max_size=60))
    roster = draw(st.integers(0, 9))

    openings = [
        d.Opening(d.seal_of(code, salt), code, salt)
        for code, salt in (
            (code, sha(salts, code)[:16])
            for code in [f"M{n:017}" for n in range(len(rows))] + [f"officer {n}" for n in range(roster)]
        )
    ]
    pool = sorted(
        (d.Member(label, opening.seal, status) for (label, status), opening in zip(rows, openings, strict=False)),
        key=lambda member: member.seal,
    )
    officers = sorted(opening.seal for opening in openings[len(rows) :])
    nonce = draw(st.binary(min_size=32, max_size=32))
    parameters = d.Parameters(
        campaign=draw(st.text('周市监抽〔〕1"\\\n', max_size=8)),
        frozen_at=FROZEN_AT,
        nonce_commitment=d.nonce_commitment_of(nonce),
        officers_per_case=draw(st.integers(1, 3)),
        strata=strata,
    )
    texts = draw(st.lists(st.sampled_from(["", "7", "见证 19", "é", "x" * 200]), max_size=3))
    commitment = d.commitment_of(parameters, pool, officers)
    seed = d.seed_of(commitment, nonce, texts)
    drawn = d.draw(strata, pool, seed).drawn
    eligible = [(one.seal, draw(st.sets(st.sampled_from(officers)) if officers else st.just(set()))) for one in drawn]
    bundle = d.Bundle(
        parameters=parameters,
        pool=pool,
        officers=officers,
        commitment=commitment,
        published_at=FROZEN_AT,
        reveal=d.Reveal(nonce, tuple(d.Contribution("见证人", text) for text in texts), seed),
        drawn=drawn,
        duties=list(d.assign(eligible, seed, parameters.officers_per_case)),
    )
    return bundle, openings

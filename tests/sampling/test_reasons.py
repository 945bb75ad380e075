"""What the public is told of exclusions: nothing that would tell of somebody the grade."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from casework.sampling.rules import OUT_REASONS, published_reasons

excluded = st.dictionaries(st.sampled_from([reason for reason in OUT_REASONS if reason != "other"]), st.integers(0, 9))


@given(st.lists(excluded, min_size=1, max_size=4), st.integers(1, 8))
def test_a_reason_is_told_only_where_many_of_several_grades_share_it(strata, small):
    shown = published_reasons(strata, small)
    counts = sum((Counter(stratum) for stratum in strata), Counter())
    assert shown.keys() == counts.keys()
    for reason, told in shown.items():
        grades = sum(stratum.get(reason, 0) > 0 for stratum in strata)
        assert (told == reason) == (counts[reason] >= small and grades >= min(2, len(strata)))


def test_six_of_one_grade_are_not_told_apart():
    assert published_reasons([{"cap": 6}, {"checked": 3}, {"checked": 2}], 5) == {"cap": "other", "checked": "checked"}

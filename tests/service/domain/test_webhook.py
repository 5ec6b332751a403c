from hypothesis import given
from hypothesis import strategies as st

from service.domain.webhook import JITTER, LONGEST_ASKED_S, RETRY_AFTER_S, pause_after, shown_url

ROUND = range(1, len(RETRY_AFTER_S) + 1)


def test_the_first_retry_comes_after_five_seconds_and_the_last_one_after_a_day():
    assert pause_after(1, None, 0) == 5
    assert sum(pause_after(n, None, 0) for n in ROUND) >= 24 * 3600
    assert sum(pause_after(n, None, 1) for n in ROUND) <= 28 * 3600
    assert pause_after(len(RETRY_AFTER_S) + 1, None, 0) is None


@given(chance=st.floats(0, 1), other=st.floats(0, 1))
def test_pauses_grow_whatever_chance_says(chance, other):
    pauses = [pause_after(n, None, chance if n % 2 else other) for n in ROUND]
    assert pauses == sorted(pauses)


@given(failures=st.sampled_from(ROUND), asked=st.floats(0, 1e6), chance=st.floats(0, 1))
def test_a_receiver_may_ask_for_a_longer_pause_within_bounds(failures, asked, chance):
    pause = pause_after(failures, asked, chance)
    planned = RETRY_AFTER_S[failures - 1]
    assert max(planned, min(asked, LONGEST_ASKED_S)) <= pause <= max(planned * (1 + JITTER), LONGEST_ASKED_S)


def test_what_may_be_a_secret_in_a_path_or_query_is_not_shown():
    for secret in ("/services/T0/B0/geheim", "/hook?token=geheim#a", "?geheim", "/?geheim"):
        assert shown_url(f"https://crm.example:8443{secret}") == "https://crm.example:8443/…"
    assert shown_url("https://crm.example/") == "https://crm.example/"
    assert shown_url("https://crm.example") == "https://crm.example"
    assert shown_url("") == ""

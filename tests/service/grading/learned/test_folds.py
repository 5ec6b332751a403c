import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain.evaluation import RedactedTurn
from service.grading.learned.folds import folds, same_text


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=40), st.integers(2, 12), st.integers(0, 99))
def test_each_conversation_is_held_out_once_and_never_beside_its_own_group(groups, number, seed):
    parts = folds(groups, number, seed)
    held_out = sorted(int(at) for fold in parts for at in fold.test)
    assert held_out == (list(range(len(groups))) if len(set(groups)) > 1 else [])
    for fold in parts:
        assert not {groups[at] for at in fold.train} & {groups[at] for at in fold.test}


def test_the_same_seed_gives_the_same_folds_and_another_one_others():
    groups = [str(at) for at in range(50)]
    first, again, other = (np.concatenate([f.test for f in folds(groups, 5, seed)]) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_one_group_cannot_be_held_out_of_itself():
    assert folds(["a", "a"], 5, 0) == []


def test_two_conversations_are_the_same_only_with_the_same_words_of_the_same_speakers():
    def said(*pairs):
        return same_text([RedactedTurn(speaker=speaker, text=text) for speaker, text in pairs])

    assert said(("agent", "hi")) == said(("agent", "hi"))
    assert said(("agent", "hi")) != said(("customer", "hi"))
    assert said(("agent", "a"), ("agent", "b")) != said(("agent", "ab"))
    assert said(("agent", "a\nagent\t1\tb")) != said(("agent", "a"), ("agent", "b"))

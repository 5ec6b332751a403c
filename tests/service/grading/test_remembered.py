from service.grading.remembered import KEPT, Remembered


def test_the_same_objects_are_worked_on_once():
    remembered, card, calls = Remembered(), [1], []

    def make():
        calls.append(1)
        return len(calls)

    assert remembered([card], make, "a") == remembered([card], make, "a") == 1
    assert remembered([card], make, "b") == 2
    assert remembered([card, card], make, "a") == 3


def test_an_equal_object_is_another_one():
    remembered: Remembered[str] = Remembered()
    assert remembered([[1]], lambda: "first") == "first"
    assert remembered([[1]], lambda: "second") == "second"


def test_what_is_remembered_stays_within_bounds_and_right():
    remembered: Remembered[int] = Remembered()
    cards = [[number] for number in range(3 * KEPT)]
    for _ in range(2):
        assert [remembered([card], lambda card=card: card[0]) for card in cards] == list(range(3 * KEPT))
    assert len(remembered._kept) <= KEPT

from service.grading.signals.memory import once, once_for, shared_work


def test_shared_work_is_done_once_and_forgotten_at_the_end():
    done = []

    def work():
        done.append(1)
        return len(done)

    with shared_work():
        assert [once("a", work), once("a", work)] == [1, 1]
        with shared_work():
            assert once("a", work) == 1
        assert once("a", work) == 1
    with shared_work():
        assert once("a", work) == 2


def test_outside_shared_work_nothing_is_remembered():
    done = []
    for _ in range(2):
        once("a", lambda: done.append(1))
    assert len(done) == 2


def test_work_for_one_object_is_not_taken_for_that_of_another():
    with shared_work():
        results = [once_for([number], "size", lambda number=number: number) for number in range(50)]
    assert results == list(range(50))

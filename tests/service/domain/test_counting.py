from service.domain.counting import counted


def test_one_is_one_and_all_else_is_many():
    assert [counted(number, "failure") for number in (0, 1, 2)] == ["0 failures", "1 failure", "2 failures"]
    assert counted(1, "process", "processes") == "1 process"
    assert counted(1234, "process", "processes") == "1,234 processes"

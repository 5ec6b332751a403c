from evals.redaction import naming
from redaction import kinds


def test_every_name_of_others_stands_for_a_type_that_redaction_has():
    assert set(naming._OURS.values()) <= kinds.ALL


def test_our_own_names_stand_for_themselves():
    assert {naming.expected_type(name) for name in kinds.ALL} == kinds.ALL


def test_a_name_that_nobody_knows_stands_for_itself():
    assert naming.expected_type("SHOE_SIZE") == "SHOE_SIZE"

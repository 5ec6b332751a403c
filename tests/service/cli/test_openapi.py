import json


def test_the_document_is_printed_without_a_running_service(qalibrate):
    ran = qalibrate("openapi")
    assert json.loads(ran.out)["info"]["title"] == "Qalibrate"

import json

from service.api.openapi import COPY


def test_the_document_is_printed_without_a_running_service(qalibrate):
    ran = qalibrate("openapi")
    assert json.loads(ran.out)["info"]["title"] == "Qalibrate"


def test_what_is_printed_is_the_text_of_the_committed_copy(qalibrate):
    # The content is compared elsewhere, by what changed; here it is the way it is written.
    copy = COPY.read_text("utf-8")
    assert copy == json.dumps(json.loads(copy), indent=2, ensure_ascii=False) + "\n"
    assert qalibrate("openapi").out.splitlines()[:2] == copy.splitlines()[:2]

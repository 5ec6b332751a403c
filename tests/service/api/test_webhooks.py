import base64

import pytest
import sqlalchemy as sa

from service.storage.schema import webhook_deliveries
from tests.running import RunningService
from tests.service.cards import conversation
from tests.service.usecases.webhook_parts import CARD, NOW, URL, Queue, announced

DELIVERIES = "/v1/webhooks/deliveries"
OWN = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def listed(service: RunningService):
    """A service with webhooks that wait for a worker which never comes: their jobs are in no queue."""
    with service.factory.database.begin("") as tx:
        tx.scorecards.publish(CARD, NOW)
    queue = Queue()
    evaluations = [announced(service.factory.database, queue, tenant="hooked") for _ in range(5)]
    dead, delivered, dropped = (job[0] for job in queue.jobs[:3])
    for one, status in ((dead, "dead"), (delivered, "delivered"), (dropped, "dropped")):
        set_status(service, one, status)
    return evaluations, {
        "dead": dead,
        "delivered": delivered,
        "dropped": dropped,
        "pending": queue.jobs[3][0],
    }


def set_status(service, delivery_id, status):
    with service.factory.database.engine.begin() as connection:
        table = webhook_deliveries.c
        connection.execute(sa.update(webhook_deliveries).where(table.id == delivery_id).values(status=status))


@pytest.fixture
def client(service: RunningService):
    return service.client_of("hooked", "admin")


def test_deliveries_are_listed_newest_first_page_by_page(client, listed):
    evaluations, _ = listed
    found, cursor = [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(DELIVERIES, params=asked).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [one["evaluation_id"] for one in found] == evaluations[::-1]
    assert len({one["id"] for one in found}) == 5


def test_deliveries_can_be_asked_for_by_state_and_evaluation(client, listed):
    evaluations, ids = listed
    assert [one["id"] for one in client.get(f"{DELIVERIES}?status=dead").json()["items"]] == [ids["dead"]]
    (one,) = client.get(DELIVERIES, params={"evaluation": evaluations[1]}).json()["items"]
    assert one["id"] == ids["delivered"]
    assert client.get(DELIVERIES, params={"evaluation": "0" * 32}).json()["items"] == []
    for wrong in ("status=lost", "evaluation=x", "cursor=x", "limit=0", "state=dead"):
        assert client.get(f"{DELIVERIES}?{wrong}").status_code == 422


def test_the_query_of_a_callback_url_is_shown_to_nobody(client, listed):
    _, ids = listed
    for path in (DELIVERIES, f"{DELIVERIES}/{ids['pending']}"):
        text = client.get(path).text
        assert "crm.example/…" in text
        assert URL.partition("=")[2] not in text


def test_what_is_pending_or_dropped_cannot_be_sent_again(client, listed):
    _, ids = listed
    assert client.post(f"{DELIVERIES}/{ids['pending']}/resend").status_code == 409
    assert client.post(f"{DELIVERIES}/{ids['dropped']}/resend").status_code == 410
    assert client.get(f"{DELIVERIES}/{ids['pending']}").json()["status"] == "pending"


@pytest.mark.parametrize("name", ["0", "msg_" + "0" * 32, "resend"])
def test_unknown_ones_are_not_found(client, name):
    assert client.get(f"{DELIVERIES}/{name}").status_code == 404
    assert client.post(f"{DELIVERIES}/{name}/resend").status_code == 404


def test_another_tenants_delivery_and_an_unknown_one_look_alike(service, listed):
    _, ids = listed
    other = service.client_of("nosy", "admin")
    unknown = "msg_" + "0" * 32
    for method, suffix in (("GET", ""), ("POST", "/resend")):
        theirs, none = (
            other.request(method, f"{DELIVERIES}/{one}{suffix}") for one in (ids["dead"], unknown)
        )
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.json()["detail"].replace(ids["dead"], "") == none.json()["detail"].replace(unknown, "")
    assert other.get(DELIVERIES).json()["items"] == []
    assert other.post("/v1/webhooks/resend", json={"status": "dead"}).json() == {"resent": 0, "more": False}
    assert service.client_of("hooked", "admin").get(f"{DELIVERIES}/{ids['dead']}").json()["status"] == "dead"


@pytest.mark.parametrize("scope", ["read", "submit", "review", "restore"])
def test_only_who_administers_sees_or_sends(service, listed, scope):
    client = service.client_of("hooked", scope)
    _, ids = listed
    assert client.get(DELIVERIES).status_code == 403
    assert client.post(f"{DELIVERIES}/{ids['dead']}/resend").status_code == 403
    assert client.post("/v1/webhooks/resend", json={"status": "dead"}).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "http://localhost:8000/",
        "http://2130706433/",
        "https://user:pass@crm.example/",
        "https://crm.example:22/",
    ],
)
def test_a_callback_url_that_leads_inside_is_refused_and_nothing_is_accepted(service, url):
    client = service.client_of("refused", "submit", "read")
    answer = client.post("/v1/evaluations", json={"conversation": conversation(), "callback_url": url})
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == ["/callback_url"]
    assert client.get("/v1/evaluations").json()["items"] == []

"""The simulated HTTP agencies as processes: endpoints, limits, paging, credentials, faults, request log."""

import asyncio
import base64
import json
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from demo.world import chunks
from demo.world.load import SqliteStore
from demo.world.scale import SCALES
from demo.world.tables import Batch, Row
from demo.world.world import World

AGENCIES = ("revenue", "immigration", "food", "police")
AUTH: dict[str, dict[str, str]] = {
    "immigration": {"X-Api-Key": "s3cret"},
    "food": {"Authorization": "Bearer s3cret"},
    "police": {"Authorization": "Basic " + base64.b64encode(b"guichet:s3cret").decode()},
}
Rows = dict[tuple[str, str], list[Row]]


@dataclass(frozen=True)
class Running:
    """Base URLs of the running agencies, and what is in their stores."""

    urls: dict[str, str]
    rows: Rows


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    base = tmp_path_factory.mktemp("agencies")
    world = World.of(1, SCALES["small"], date(2026, 3, 2))
    batch = Batch()
    for task in chunks.tasks(world.scale):
        for key, rows in chunks.rows(world, task).rows.items():
            batch.table(*key).extend(rows)
    processes, urls = [], {}
    for agency in AGENCIES:
        store = SqliteStore(agency, base / f"{agency}.sqlite")
        for (owner, table), rows in batch.rows.items():
            if owner == agency:
                store.write(table, rows)
        store.index()
        store.close()
        config = base / f"{agency}.json"
        config.write_text(json.dumps({"secret": "s3cret", "token_ttl_s": 2, "max_concurrent": 4}))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        arguments = [sys.executable, "-m", "demo.agencies", agency, "--port", str(port)]
        arguments += ["--store", str(base / f"{agency}.sqlite"), "--config", str(config)]
        processes.append(subprocess.Popen(arguments))
        urls[agency] = f"http://127.0.0.1:{port}"
        _wait(port, processes[-1])
    yield Running(urls, batch.rows)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert [process.wait(5) for process in processes] == [0, 0, 0, 0]
    assert time.monotonic() - started < 3


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("did not start")


class Client:
    """Asks the agencies with the right credentials and notes the status of the last answer."""

    def __init__(self, session: aiohttp.ClientSession, running: Running) -> None:
        self.session, self.running = session, running
        self.status = 0
        self.headers: Any = {}
        self.token = ""

    async def ask(self, agency: str, path: str, *, body: object = None, **options: Any) -> Any:
        headers = options.pop("headers", None) or await self.credentials(agency)
        method = options.pop("method", "GET" if body is None else "POST")
        url = path if path.startswith("http") else self.running.urls[agency] + path
        async with self.session.request(method, url, json=body, headers=headers, **options) as answer:
            self.status, self.headers = answer.status, answer.headers
            return await answer.json(content_type=None)

    async def credentials(self, agency: str) -> dict[str, str]:
        if agency != "revenue":
            return AUTH[agency]
        form = {"grant_type": "client_credentials", "client_id": "guichet", "client_secret": "s3cret"}
        if not self.token:
            async with self.session.post(self.running.urls["revenue"] + "/oauth/token", data=form) as answer:
                self.token = (await answer.json())["access_token"]
        return {"Authorization": f"Bearer {self.token}"}

    async def faults(self, agency: str, **faults: object) -> Any:
        return await self.ask(agency, "/_control", body=faults, headers={"Accept": "*/*"})

    async def log(self, agency: str) -> Any:
        return await self.ask(agency, "/_log", headers={"Accept": "*/*"})


@pytest.fixture
async def client(running: Running) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        asking = Client(session, running)
        for agency in AGENCIES:
            await asking.faults(agency)
            await asking.ask(agency, "/_log", method="DELETE", headers={"Accept": "*/*"})
        yield asking
        for agency in AGENCIES:
            await asking.faults(agency)


async def test_accounts(client: Client) -> None:
    known = [str(row[0]) for row in client.running.rows["revenue", "account"]]
    answer = await client.ask("revenue", "/v1/accounts", params={"bn": f"{known[0]},{known[3]},999999999RM0001"})
    assert {account["bn15"] for account in answer["accounts"]} == {known[0], known[3]}
    assert {"legal"} == set(answer["accounts"][0]["name"])
    await client.ask("revenue", "/v1/accounts", params={"bn": ",".join(known[:100])})
    assert client.status == 200
    await client.ask("revenue", "/v1/accounts", params={"bn": ",".join(known[:101])})
    assert client.status == 400


async def test_assessments_come_in_pages(client: Client) -> None:
    known = list(dict.fromkeys(str(row[0]) for row in client.running.rows["revenue", "assessment"]))[:50]
    found: list[Any] = []
    after, pages = None, 0
    while pages == 0 or after:
        body = {"transactions": known, "page": {"size": "500"} | ({"after": after} if after else {})}
        answer = await client.ask("revenue", "/v1/assessments/search", body=body)
        found += answer["items"]
        after, pages = answer["page"]["next"], pages + 1
    assert pages == 2
    wanted = [row for row in client.running.rows["revenue", "assessment"] if row[0] in known]
    assert len(found) == len(wanted)
    assert {len(item["transactionNumber"]) for item in found} == {14, 19}
    assert all(isinstance(line["amounts"]["total"], str) for item in found for line in item["lines"])
    await client.ask("revenue", "/v1/assessments/search", body={"transactions": ["1" * 14] * 51})
    assert client.status == 400


async def test_tokens_expire(client: Client) -> None:
    await client.ask("revenue", "/v1/accounts", params={"bn": "x"})
    assert client.status == 200
    await asyncio.sleep(2.1)
    await client.ask("revenue", "/v1/accounts", params={"bn": "x"})
    assert client.status == 401
    form = {"grant_type": "client_credentials", "client_id": "guichet", "client_secret": "wrong"}
    async with client.session.post(client.running.urls["revenue"] + "/oauth/token", data=form) as answer:
        assert answer.status == 401


async def test_too_many_at_once(client: Client) -> None:
    await client.credentials("revenue")
    await client.faults("revenue", latency_ms=200)
    others = [Client(client.session, client.running) for _ in range(8)]
    for other in others:
        other.token = client.token
    await asyncio.gather(*(other.ask("revenue", "/v1/accounts", params={"bn": "x"}) for other in others))
    refused = [other for other in others if other.status == 429]
    assert len(refused) == 4
    assert refused[0].headers["Retry-After"] == "1"


async def test_client_by_key_document_and_name(client: Client) -> None:
    answer = await client.ask(
        "immigration", "/clients/by-document", body={"documents": [{"country": "SWE", "no": "L898902C3"}]}
    )
    anna = answer["clients"][0]
    assert (anna["surname"], anna["dob"], anna["matchedDocument"]) == (
        "Eriksson",
        "19740812",
        {"country": "SWE", "no": "L898902C3"},
    )
    key = "".join(c for c in anna["uci"] if c.isdigit())
    assert (await client.ask("immigration", f"/clients/{key}"))["client"]["uci"] == anna["uci"]
    found = await client.ask(
        "immigration", "/clients", params={"surname": "eriks*", "birthYear": "1974", "limit": "200"}
    )
    assert [one["uci"] for one in found["clients"]] == [anna["uci"]]
    assert (await client.ask("immigration", "/clients/99999999"))["header"]["returnCode"] == "0404"
    assert client.status == 200
    await client.ask("immigration", "/clients/1")
    assert client.status == 404
    await client.ask("immigration", "/clients/by-document", body={"documents": [{"country": "SWE", "no": "1"}] * 21})
    assert client.status == 400


async def test_documents_and_applications(client: Client) -> None:
    keys = [str(row[0]) for row in client.running.rows["immigration", "client"]][:50]
    repeated = [("uci", key) for key in keys]
    documents = (await client.ask("immigration", "/documents", params=repeated))["documents"]
    assert {"".join(c for c in one["uci"] if c.isdigit()) for one in documents} == set(keys)
    applications = (await client.ask("immigration", "/applications", params=repeated))["applications"]
    assert len(applications) == sum(1 for row in client.running.rows["immigration", "application"] if row[1] in keys)
    one = await client.ask("immigration", f"/applications/{applications[0]['applicationNo']}")
    assert one["application"] == applications[0]
    asked = {"country": documents[0]["country"], "no": documents[0]["no"]}
    by_number = await client.ask("immigration", "/documents/by-number", body={"documents": [asked]})
    assert by_number["documents"] == [documents[0]]
    await client.ask("immigration", "/documents", params=[*repeated, ("uci", "1")])
    assert client.status == 400


async def test_common_names_meet_the_cap(client: Client) -> None:
    found = await client.ask("immigration", "/clients", params={"surname": "m", "limit": "500"})
    assert found["header"]["returnCode"] == "0422"
    found = await client.ask("immigration", "/clients", params={"surname": "ma", "limit": "2"})
    assert len(found["clients"]) == 2


async def test_food_permits(client: Client) -> None:
    rows = client.running.rows["food", "permit"]
    one = await client.ask("food", "/permits", params={"no": f"{rows[0][0]},{rows[1][1]},FI0"})
    assert sorted(permit["no"] for permit in one["permits"]) == sorted(str(row[1]) for row in rows[:2])
    assert one["permits"][0]["lines"]
    seen: list[str] = []
    while True:
        page = await client.ask(
            "food", "/permits", params={"offset": str(len(seen)), "limit": "100", "sort": "-expiry"}
        )
        seen += [permit["expiry"] for permit in page["permits"]]
        if not page["permits"]:
            break
    assert len(seen) == page["total"] == len(rows)
    assert seen == sorted(seen, reverse=True)
    suspended = await client.ask("food", "/permits", params={"status": "SUSPENDED"})
    assert {permit["suspended"] for permit in suspended["permits"]} == {True}
    acme = await client.ask(
        "food", "/permits", params={"holder": str(rows[0][6]), "expiresFrom": "2026-03-02", "status": "A"}
    )
    assert all(
        p["holder"]["bn"] == rows[0][6] and p["expiry"] >= "2026-03-02" and p["state"] == "A" for p in acme["permits"]
    )


async def test_food_holds_follow_links(client: Client) -> None:
    seen: list[str] = []
    path = "/holds?limit=7&sort=placed"
    while path:
        page = await client.ask("food", path)
        seen += [hold["id"] for hold in page["holds"]]
        link = client.headers.get("Link", "")
        path = link[1 : link.index(">")] if link else ""
    assert sorted(seen) == sorted(str(row[0]) for row in client.running.rows["food", "hold"])
    at = await client.ask("food", "/holds", params={"place": "CAVAN", "open": "true"})
    assert {(hold["unlocode"], hold["lifted"]) for hold in at["holds"]} == {("CAVAN", None)}
    boxed = next(hold for hold in at["holds"] if hold["container"])
    by_box = await client.ask("food", "/holds", params={"container": boxed["container"]})
    assert boxed in by_box["holds"]
    assert boxed in (await client.ask("food", "/holds", params=[("ccn", boxed["ccn"]), ("ccn", "X")]))["holds"]
    assert (await client.ask("food", "/holds", params={"id": boxed["id"]}))["holds"] == [boxed]


async def test_food_decisions_inspections_commodities(client: Client) -> None:
    known = [str(row[0]) for row in client.running.rows["food", "decision"]][:100]
    answer = await client.ask("food", "/decisions/query", body={"transactions": known})
    assert {decision["transaction"] for decision in answer["decisions"]} == set(known)
    row = client.running.rows["food", "inspection"][0]
    answer = await client.ask("food", "/inspections", params={"ccn": str(row[1])})
    assert row[0] in {one["id"] for one in answer["inspections"]}
    assert len((await client.ask("food", "/ref/commodities"))["items"]) == 13
    await client.ask("food", "/decisions/query", body={"transactions": ["1"] * 101})
    assert client.status == 400


async def test_police_persons(client: Client) -> None:
    hits = (await client.ask("police", "/persons", params={"docCountry": "SE", "docNo": "L898902C3"}))["hits"]
    anna = hits[0]
    assert anna["documents"][0] == {"country": "SE", "number": "L898902C3"}
    assert await client.ask("police", f"/persons/{anna['personId']}") == anna
    assert await client.ask("police", f"/persons/{anna['personId']}/lookouts") == []
    files = (await client.ask("police", "/files", params={"person": anna["personId"]}))["files"]
    assert [file["action"] for file in files] == ["PEN"]
    assert (await client.ask("police", "/files", params={"no": files[0]["fileNo"]}))["files"] == files
    await client.ask("police", "/persons/P0/lookouts")
    assert client.status == 404
    wanted = client.running.rows["police", "lookout"][0]
    lookouts = await client.ask("police", f"/persons/{wanted[1]}/lookouts")
    assert lookouts[0]["id"] == wanted[0]
    assert set(lookouts[0]["handling"]) == {"code", "caveat", "originator"}


async def test_police_search_is_capped(client: Client) -> None:
    found = (await client.ask("police", "/persons/search", params={"q": "RO"}))["hits"]
    assert 0 < len(found) <= 50
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)


async def test_lost_documents(client: Client) -> None:
    country, number, status = client.running.rows["police", "sltd"][0]
    body = {"documents": [{"c": country, "n": number}, {"c": "SE", "n": "L898902C3"}]}
    answer = await client.ask("police", "/sltd/check", body=body)
    assert [result["status"] for result in answer["results"]] == [status, "CLEAR"]


@pytest.mark.parametrize(
    ("agency", "path"),
    [
        ("revenue", "/v1/accounts?bn=1"),
        ("immigration", "/clients/11111111"),
        ("food", "/holds"),
        ("police", "/persons/P1"),
    ],
)
async def test_wrong_credentials(client: Client, agency: str, path: str) -> None:
    for headers in ({"Authorization": "Bearer wrong"}, {"X-Api-Key": "wrong"}, {"Authorization": "Basic d3Jvbmc="}):
        await client.ask(agency, path, headers=headers)
        assert client.status == 401


async def test_log_holds_requests_until_deleted(client: Client) -> None:
    await client.ask("food", "/holds", params=[("ccn", "A"), ("ccn", "B")])
    await client.ask("food", "/decisions/query", body={"transactions": ["1"]})
    first, second = await client.log("food")
    assert (first["method"], first["path"], first["query"], first["keys"]) == (
        "GET",
        "/holds",
        {"ccn": ["A", "B"]},
        ["A", "B"],
    )
    assert second["body"] == {"transactions": ["1"]}
    await client.ask("food", "/_log", method="DELETE")
    assert await client.log("food") == []


async def test_secrets_are_not_logged(client: Client) -> None:
    await client.credentials("revenue")
    assert "s3cret" not in json.dumps(await client.log("revenue"))


async def test_faults_in_the_answer(client: Client) -> None:
    holds = len((await client.ask("food", "/holds"))["holds"])
    await client.faults("food", repeat_rows=3)
    assert len((await client.ask("food", "/holds"))["holds"]) == 3 * holds
    await client.faults("food", malformed=True)
    with pytest.raises(json.JSONDecodeError):
        await client.ask("food", "/holds")
    await client.faults("food", status=503, retry_after_s=7)
    await client.ask("food", "/holds")
    assert (client.status, client.headers["Retry-After"]) == (503, "7")
    await client.faults("food")
    await client.ask("food", "/holds")
    assert client.status == 200


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"truncate": True}, {"reset_after_bytes": 0}, {"reset_after_bytes": 40}]
)
async def test_faults_of_the_connection(client: Client, fault: dict[str, object]) -> None:
    await client.faults("food", **fault)
    with pytest.raises(aiohttp.ClientError):
        await client.ask("food", "/ref/commodities")


async def test_latency_and_hang(client: Client) -> None:
    await client.faults("food", latency_ms=150)
    started = time.monotonic()
    await client.ask("food", "/ref/commodities")
    assert time.monotonic() - started > 0.14
    await client.faults("food", hang=True)
    with pytest.raises(TimeoutError):
        await client.ask("food", "/ref/commodities", timeout=aiohttp.ClientTimeout(total=0.3))


@pytest.mark.parametrize(
    "body", [{"latency": 1}, {"hang": 1}, {"latency_ms": "5"}, {"repeat_rows": -1}, [], {"status": True}]
)
async def test_unknown_faults_are_refused(client: Client, body: object) -> None:
    await client.ask("food", "/_control", body=body, headers={"Accept": "*/*"})
    assert client.status == 400


def _values(fields: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(field, path in the row) of an agency file's fields."""
    for name, entry in fields.items():
        if isinstance(entry, dict) and not {"from", "const", "codes"} & set(entry):
            yield from _values(entry, f"{prefix}{name}.")
        elif not isinstance(entry, dict) or "from" in entry:
            paths = entry["from"] if isinstance(entry, dict) else entry
            yield from ((prefix + name, path) for path in (paths if isinstance(paths, list) else [paths]))


def _at(row: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        row = row[int(step)] if isinstance(row, list) else row[step]
    return row


@pytest.mark.parametrize(
    ("agency", "collection", "path", "body"),
    [
        ("immigration", "person", "/clients?surname=sm*&birthYear=&limit=200", None),
        ("immigration", "document", "/documents?uci={client}", None),
        ("immigration", "authorization", "/applications?uci={client}", None),
        ("food", "permit", "/permits", None),
        ("food", "decision", "/decisions/query", "{decision}"),
        ("food", "hold", "/holds", None),
        ("food", "inspection", "/inspections?ccn={inspection}", None),
        ("police", "person", "/persons?docCountry=SE&docNo=L898902C3", None),
        ("police", "lookout", "/persons/{lookout}/lookouts", None),
        ("police", "enforcement", "/files?person={file}", None),
        ("revenue", "organization", "/v1/accounts?bn={account}", None),
    ],
)
async def test_answers_are_as_the_agency_file_says(
    client: Client, agency: str, collection: str, path: str, body: str | None
) -> None:
    """Every path that the agency's file reads is in a row of the answer."""
    spec = tomllib.loads((Path(__file__).parents[2] / "agencies" / f"{agency}.toml").read_text("utf-8"))
    of = spec["collections"][collection]
    first = {table: rows[0] for (owner, table), rows in client.running.rows.items() if owner == agency}
    keys = {table: row[0] for table, row in first.items()}
    keys |= {name: first[name][1] for name in ("inspection", "lookout", "file") if name in first}
    answer = await client.ask(agency, path.format(**keys), body={"transactions": [keys["decision"]]} if body else None)
    assert client.status == 200
    rows = _at(answer, of["requests"][-1]["rows"])
    assert rows
    for _, column in _values(of["fields"]):
        _at(rows[0], column)
    for child in of.get("children", {}).values():
        for _, column in _values(child.get("fields", {})):
            _at(_at(rows[0], child["from"])[0], column)


def test_a_store_that_is_missing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"secret": "x"}')
    arguments = [sys.executable, "-m", "demo.agencies", "food", "--port", "1"]
    arguments += ["--store", str(tmp_path / "none.sqlite"), "--config", str(tmp_path / "c.json")]
    assert subprocess.run(arguments, capture_output=True, check=False).returncode != 0

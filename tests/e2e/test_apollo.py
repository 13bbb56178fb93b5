"""docs/clients.md, run: its JavaScript blocks with the real Apollo Client from npm against the demo's gateway."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLInterfaceType, build_schema

pytestmark = pytest.mark.npm

ROOT = Path(__file__).parents[2]
KIT = Path(__file__).parent / "apollo"
PERSONA = "developer"
# Owners of permits in the demo; the one that is broken has a control that answers with a status.
BROKEN = "food"
BLOCK = re.compile(r"^```js\n// (?P<name>[\w-]+\.js)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)

Run = Callable[[str], Awaitable[Any]]


@pytest.fixture(scope="session")
def npm() -> str:
    program = shutil.which("npm")
    if not program or not shutil.which("node"):
        reason = "client tests: NOT RUN (npm missing)"
        if "npm" in os.environ.get("GUICHET_REQUIRE", ""):
            pytest.fail(reason)
        pytest.skip(reason)
    return program


@pytest.fixture(scope="session")
async def workshop(npm: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's blocks under the names they give themselves, the runner, and the packages."""
    packages = json.loads((KIT / "package.json").read_text())["dependencies"]
    if not all((KIT / "node_modules" / name).exists() for name in packages):
        await finish(npm, "ci", cwd=KIT)
    folder = tmp_path_factory.mktemp("apollo")
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    for block in BLOCK.finditer(page):
        (folder / block["name"]).write_text(block["code"], encoding="utf-8")
    for name in ("run.js", "package.json"):
        shutil.copy(KIT / name, folder)
    (folder / "node_modules").symlink_to(KIT / "node_modules")
    return folder


@pytest.fixture(scope="session")
async def run(workshop: Path, demo: dict[str, Any]) -> Run:
    url = demo["gateway"]["url"]
    async with httpx.AsyncClient() as http:
        issued = await http.post(url.replace("/graphql", "/demo/token"), json={"persona": PERSONA})
    environment = {"GUICHET_URL": url, "GUICHET_TOKEN": issued.raise_for_status().json()["token"]}

    async def scenario(name: str) -> Any:
        printed = await finish("node", "run.js", cwd=workshop, **environment, GUICHET_SCENARIO=name)
        return json.loads(printed.splitlines()[-1])

    return scenario


async def finish(*command: str, cwd: Path, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{' '.join(command)}\n{err.decode()}"
    # Apollo warns here of lost cache data and of unknown types: then the page's settings would be wrong.
    assert "Cache data may be lost" not in err.decode()
    assert "possibleTypes" not in err.decode()
    return out.decode()


def test_every_block_of_the_page_is_run() -> None:
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    names = [block["name"] for block in BLOCK.finditer(page)]
    assert len(names) == page.count("```js")
    runner = (KIT / "run.js").read_text(encoding="utf-8")
    assert [name for name in names if f"'./{name}'" not in runner] == []


async def test_plain_fetch(run: Run) -> None:
    answer = await run("plain")
    assert answer["rows"] == 1
    assert answer["errors"] == []
    assert {"complete", "sources"} <= answer["extensions"]["completeness"].keys()
    assert answer["requestId"]


async def test_pages_are_appended_by_end_cursor(run: Run) -> None:
    answer = await run("paging")
    assert answer["sizes"] == [4, 8, 12]
    assert len(set(answer["ids"])) == 12


async def test_link_reads_the_extensions_of_every_page(run: Run) -> None:
    assert (await run("paging"))["reported"] == [["Queue", "boolean"]] * 3


async def test_values_without_identity_are_not_normalised(run: Run) -> None:
    assert set((await run("paging"))["normalised"]) <= {"ROOT_QUERY", "Shipment", "__META"}


async def test_fragment_on_node_is_found_in_the_cache(run: Run) -> None:
    answer = await run("cachedNode")
    assert answer["typename"] == "Shipment"
    assert answer["ccn"]


async def test_possible_types_are_those_of_the_schema(run: Run) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert await run("possibleTypes") == {"Node": sorted(type_.name for type_ in schema.get_possible_types(node))}


async def test_a_websocket_comes_again_with_a_new_token(run: Run) -> None:
    answer = await run("socket")
    assert (answer["rows"], answer["problems"], answer["complete"]) == (2, [], True)
    assert [found["code"] for found in answer["hidden"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert answer["tokensLeft"] == 0


async def test_partial_answer_keeps_the_rows_and_the_errors(run: Run, demo: dict[str, Any]) -> None:
    async with httpx.AsyncClient() as http:
        control = demo["agencies"][BROKEN]["control"]
        await http.post(control, json={"status": 503})
        try:
            broken = await run("partial")
        finally:
            await http.post(control, json={})
    assert broken["rows"]
    assert broken["complete"] is False
    assert {(found["code"], found["agency"]) for found in broken["problems"]} == {("SOURCE_UNAVAILABLE", "FOOD")}
    assert broken["missing"] == ["FOOD"]
    await healed(run)


async def healed(run: Run) -> None:
    """Ends when the breaker has let the agency in again, so that no later test meets an open one."""
    for _ in range(60):
        if (await run("partial"))["complete"]:
            return
        await asyncio.sleep(1)
    pytest.fail("FOOD did not come back within a minute")


async def test_refusals_have_their_codes(run: Run) -> None:
    answer = await run("refused")
    assert {found["code"] for found in answer["hidden"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert {found["code"] for found in answer["stranger"]} == {"UNAUTHENTICATED"}

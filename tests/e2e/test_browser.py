"""The GraphiQL page in a real Chromium: a persona's view, an answer, a refusal, and nothing from elsewhere."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Response, async_playwright, expect

pytestmark = pytest.mark.browser

PERSONA = "officer-vancouver"
DIST = Path(__file__).parents[2] / "web" / "dist"
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'none'",
}
# Runs before any script of the page, so it sees the first violation too.
WATCH = """document.addEventListener('securitypolicyviolation', (event) =>
  console.error('Content Security Policy', event.violatedDirective, event.blockedURI))"""
HIDDEN = "{ shipments(first: 1) { nodes { declarations { duties { paid } } } } }"


@dataclass
class Witness:
    """What the browser did while a test ran."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def elsewhere(self) -> list[str]:
        """Requests to another host; `data:` and `blob:` have none."""
        here = urlsplit(self.url).netloc
        return [url for url in self.requests if urlsplit(url).netloc not in ("", here) and not url.startswith("blob:")]


@pytest.fixture(scope="session")
def chromium() -> str:
    for program, present in (("npm", (DIST / "index.html").exists()), ("chromium", shutil.which("chromium"))):
        if not present:
            reason = f"browser tests: NOT RUN ({program} missing)"
            if "browser" in os.environ.get("GUICHET_REQUIRE", ""):
                pytest.fail(reason)
            pytest.skip(reason)
    return str(shutil.which("chromium"))


@pytest.fixture
async def witness(chromium: str, demo: dict[str, Any]) -> AsyncIterator[Witness]:
    """A fresh page; whatever a test asserts, no policy violation, script error or foreign request may have happened."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-CA")
        seen = Witness(page, demo["gateway"]["url"])
        # The whole context, because workers ask for their own scripts.
        page.context.on("request", lambda request: seen.requests.append(request.url))
        page.on("pageerror", lambda error: seen.faults.append(str(error)))
        page.on(
            "console",
            lambda message: seen.faults.append(message.text) if is_fault(message.type, message.text) else None,
        )
        await page.add_init_script(WATCH)
        await page.goto(seen.url)
        await expect(page.locator(".graphiql-query-editor .view-lines")).to_be_visible(timeout=30_000)
        try:
            yield seen
        finally:
            await browser.close()
    assert seen.faults == []
    assert seen.elsewhere == []


def is_fault(kind: str, text: str) -> bool:
    """A refused operation is an HTTP error that Chromium reports on its own; the tests assert those themselves."""
    return "Content Security Policy" in text or (kind == "error" and not text.startswith("Failed to load resource"))


async def pick(page: Page, persona: str = PERSONA) -> None:
    """Ends when the page has the persona's schema: only then can examples be opened."""
    await page.get_by_label("Persona").select_option(persona)
    await expect(page.get_by_role("button", name="Release queue")).to_be_enabled(timeout=20_000)


async def write(page: Page, query: str) -> None:
    await page.locator(".graphiql-query-editor .view-lines").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(query)
    # The editor closes brackets for whoever types; what it added stands after the cursor.
    await page.keyboard.press("Control+Shift+End")
    await page.keyboard.press("Delete")


async def run(page: Page) -> dict[str, Any]:
    """Presses the button and gives the answer as it came over the wire."""
    async with page.expect_response(is_operation) as answer:
        await page.get_by_role("button", name="Execute query").click()
    body: dict[str, Any] = await (await answer.value).json()
    return body


def is_operation(response: Response) -> bool:
    return response.request.method == "POST" and "IntrospectionQuery" not in (response.request.post_data or "")


async def test_policy_is_sent_with_the_page(witness: Witness) -> None:
    response = await witness.page.request.get(witness.url, headers={"accept": "text/html"})
    sent = response.headers["content-security-policy"]
    assert dict(part.strip().split(" ", 1) for part in sent.split(";") if part.strip()) == POLICY


async def test_the_witness_sees_a_violation(witness: Witness) -> None:
    """Otherwise the silence that every other test relies on would prove nothing."""
    page = witness.page
    await page.evaluate("fetch('http://elsewhere.invalid/').catch(() => {})")
    await page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    assert await page.evaluate("window.ran === undefined")
    directives = ("connect-src", "script-src-elem")
    for directive in directives:
        assert any(f"Content Security Policy {directive}" in fault for fault in witness.faults), witness.faults
    witness.faults.clear()
    witness.requests.clear()


async def test_persona_runs_an_example_and_sees_the_answer(witness: Witness) -> None:
    page = witness.page
    await pick(page)
    await expect(page.get_by_test_id("identity")).to_contain_text("border-officer")

    await page.get_by_role("button", name="Release queue").click()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("ReleaseQueue")
    body = await run(page)

    assert "errors" not in body
    first = body["data"]["shipments"]["nodes"][0]
    await expect(page.locator(".graphiql-response")).to_contain_text(first["ccn"])
    report = body["extensions"]["completeness"]
    bar = page.get_by_test_id("completeness")
    await expect(bar).to_contain_text("Complete" if report["complete"] else "Incomplete")
    for source in report["sources"]:
        await expect(bar).to_contain_text(source["agency"])


async def test_hidden_field_is_refused_and_not_documented(witness: Witness) -> None:
    page = witness.page
    await pick(page)
    await write(page, HIDDEN)
    body = await run(page)

    assert {error["extensions"]["code"] for error in body["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert body.get("data") is None
    await expect(page.locator(".graphiql-response")).to_contain_text("GRAPHQL_VALIDATION_FAILED")
    await expect(page.get_by_test_id("completeness")).to_contain_text("Refused")

    await page.get_by_role("button", name="Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    await docs.get_by_role("link", name="Declaration", exact=True).click()
    await expect(docs).to_contain_text("transactionNumber")
    await expect(docs).not_to_contain_text("duties")


async def test_another_caller_never_stands_over_the_last_ones_answer(witness: Witness) -> None:
    page = witness.page
    await pick(page)
    await page.get_by_role("button", name="Release queue").click()
    ccn = (await run(page))["data"]["shipments"]["nodes"][0]["ccn"]
    await expect(page.locator(".graphiql-response")).to_contain_text(ccn)
    await page.get_by_role("button", name="Shipment 360").click()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("Shipment360")

    await page.get_by_role("button", name="Forget this token").click()

    await expect(page.get_by_role("button", name="Release queue")).to_be_disabled()
    await page.get_by_role("tab", name="ReleaseQueue").click()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("ReleaseQueue")
    await expect(page.locator(".graphiql-response")).not_to_contain_text(ccn)


async def test_tokens_live_in_memory_only(witness: Witness) -> None:
    page = witness.page
    async with page.expect_response("**/demo/token") as issued:
        await pick(page)
    token = (await (await issued.value).json())["token"]
    await page.get_by_role("button", name="Release queue").click()
    await run(page)
    await page.wait_for_timeout(800)  # GraphiQL writes its tabs half a second late

    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert token not in kept
    assert json.loads(kept) == [{}, {}, ""]
    assert await page.evaluate("indexedDB.databases()") == []
    assert [url for url in witness.requests if token in url] == []

    await page.reload()
    await expect(page.get_by_label("Persona")).to_have_value("")


async def test_pasted_token_is_used_and_hidden(witness: Witness) -> None:
    page = witness.page
    issued = await page.request.post(witness.url.replace("/graphql", "/demo/token"), data={"persona": PERSONA})
    token = (await issued.json())["token"]
    await page.get_by_label("Token", exact=True).fill(f"Bearer {token}")
    await page.get_by_label("Token", exact=True).press("Enter")

    await expect(page.get_by_label("Token", exact=True)).to_have_value("")
    await expect(page.get_by_test_id("identity")).to_contain_text("border-officer")
    await expect(page.get_by_role("button", name="Release queue")).to_be_enabled()
    assert token not in await page.content()


async def test_labels_are_in_both_official_languages(witness: Witness) -> None:
    page = witness.page
    await page.get_by_role("button", name="Français").click()
    await expect(page.get_by_label("Personnage")).to_be_visible()
    await expect(page.get_by_role("button", name="File de mainlevée")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "fr"

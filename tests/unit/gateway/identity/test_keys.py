"""The issuer's keys: read again, withdrawn, out of reach."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from gateway.errors import Unauthenticated
from gateway.identity import KeyRing, Verifier, key_ring
from gateway.identity.key_set import KeySetUnavailable
from tests.kit.issuer import Issuer, identity, ring, verifier
from tests.kit.patience import until


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


async def refused(check: Verifier, bearer: str) -> bool:
    try:
        await check.principal(bearer)
    except Unauthenticated:
        return True
    return False


# ---- withdrawn: within refresh_seconds, whether or not another token names an unknown key --------


async def test_a_key_withdrawn_at_the_issuer_loses_its_force(issuer: Issuer) -> None:
    async with issuer.serving() as url:
        settings = identity(jwks_file="", jwks_url=url, refresh_seconds=1)
        keys = key_ring(settings)
        check = Verifier(settings, keys)
        old = issuer.bearer()
        issuer.rotate("two")
        new = issuer.bearer()
        async with keys.watching():
            await check.principal(old)
            await check.principal(new)
            issuer.withdraw("one")
            await until(lambda: refused(check, old))
            await check.principal(new)


async def test_a_key_withdrawn_from_the_file_loses_its_force(issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(await issuer.read())
    settings = identity(jwks_file=str(file), refresh_seconds=1)
    keys = key_ring(settings)
    check = Verifier(settings, keys)
    bearer = issuer.bearer()
    async with keys.watching():
        await check.principal(bearer)
        issuer.rotate("two")
        issuer.withdraw("one")
        file.write_bytes(await issuer.read())
        await until(lambda: refused(check, bearer))


async def test_a_set_without_keys_ends_every_token(issuer: Issuer) -> None:
    keys = ring(issuer)
    check = Verifier(identity(), keys)
    bearer = issuer.bearer()
    await check.principal(bearer)
    issuer.withdraw("one")
    await keys.refresh()
    with pytest.raises(Unauthenticated):
        await check.principal(bearer)
    assert not await keys.loaded()


async def test_tokens_are_remembered_beyond_a_reading_that_changed_nothing(issuer: Issuer) -> None:
    keys = ring(issuer)
    check = Verifier(identity(), keys)
    bearer = issuer.bearer()
    first = await check.principal(bearer)
    await keys.refresh()
    assert issuer.reads == 2
    assert await check.principal(bearer) is first
    issuer.rotate("two")
    await keys.refresh()
    assert await check.principal(bearer) is not first


# ---- out of reach ------------------------------------------------------------------------------


async def test_keys_that_cannot_be_read_again_hold_for_the_grace_alone(issuer: Issuer) -> None:
    now = 1000.0
    keys = ring(issuer, lambda: now)
    check = Verifier(identity(), keys)
    bearer = issuer.bearer()
    await check.principal(bearer)
    issuer.broken = True
    now += 629
    await keys.refresh()
    await check.principal(bearer)
    now += 1
    with pytest.raises(Unauthenticated):
        await check.principal(bearer)
    now += 30
    with pytest.raises(KeySetUnavailable):
        await keys.loaded()
    issuer.broken = False
    now += 30
    await check.principal(bearer)


async def test_an_issuer_that_comes_back_is_found_unasked(issuer: Issuer) -> None:
    async with issuer.serving() as url:
        keys = key_ring(identity(jwks_file="", jwks_url=url, refresh_seconds=1))
        issuer.broken = True
        with pytest.raises(KeySetUnavailable):
            await keys.loaded()
        async with keys.watching():
            await until(lambda: issuer.reads == 2)
            issuer.broken = False
            await until(lambda: bool(keys.known))


async def test_one_reads_for_all_who_wait(issuer: Issuer) -> None:
    keys = ring(issuer)
    found = await asyncio.gather(*(keys.key("one") for _ in range(20)))
    assert all(found)
    assert issuer.reads == 1


# ---- looked up ---------------------------------------------------------------------------------


async def test_an_unknown_key_is_looked_up_but_not_too_often(issuer: Issuer) -> None:
    now = 1000.0
    keys = ring(issuer, lambda: now)
    assert await keys.key("one") is not None
    for number in range(50):
        assert await keys.key(f"guess-{number}") is None
    assert issuer.reads == 1
    issuer.rotate("two")
    assert await keys.key("two") is None
    now += 31
    assert await keys.key("two") is not None
    assert issuer.reads == 2


async def test_a_broken_issuer_leaves_known_keys_in_force(issuer: Issuer) -> None:
    now = 1000.0
    keys = ring(issuer, lambda: now)
    assert await keys.loaded()
    issuer.broken = True
    now += 31
    assert await keys.key("two") is None
    assert await keys.key("one") is not None


async def test_no_keys_at_all_is_said(issuer: Issuer) -> None:
    issuer.broken = True
    keys = ring(issuer)
    with pytest.raises(KeySetUnavailable):
        await keys.loaded()
    assert await keys.loaded() is False
    with pytest.raises(Unauthenticated):
        await verifier(issuer).principal(Issuer().bearer())


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"keys": 7}', b'{"keys": [{"kty": "EC", "kid": "a"}]}'])
async def test_what_is_no_key_set(text: bytes) -> None:
    async def read() -> bytes:
        return text

    with pytest.raises(KeySetUnavailable):
        await KeyRing(read, refresh_seconds=30, grace_seconds=600).loaded()


async def test_symmetric_and_encryption_keys_are_no_keys() -> None:
    secret = {"kty": "oct", "kid": "a", "k": "c2VjcmV0"}
    sealing = ECKey.generate_key("P-256", {"kid": "b", "use": "enc"}).as_dict(private=False)

    async def read() -> bytes:
        return json.dumps({"keys": [secret, sealing]}).encode()

    keys = KeyRing(read, refresh_seconds=30, grace_seconds=600)
    assert await keys.loaded() is False

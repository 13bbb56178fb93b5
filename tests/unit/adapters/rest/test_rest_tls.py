"""TLS: the agency's own authority, and a certificate of the gateway's own."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.contract import CollectionSpec, FetchCall, FetchSpec, FieldBinding, Request
from adapters.errors import SourceUnavailable
from adapters.rest import create

SPEC = FetchSpec("permit", ("number",))


def _issue(directory: Path, name: str, by: tuple[x509.Certificate, Any] | None) -> tuple[x509.Certificate, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = (subject, key) if by is None else (by[0].subject, by[1])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    certificate = builder.sign(signer, hashes.SHA256())
    (directory / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, key


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[str]:
    """An API that wants a certificate of its own authority."""
    authority = _issue(tmp_path, "ca", None)
    for name in ("server", "gateway"):
        _issue(tmp_path, name, authority)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED

    async def permits(_: web.Request) -> web.Response:
        return web.json_response([{"no": "1"}])

    application = web.Application()
    application.router.add_get("/permits", permits)
    runner = web.AppRunner(application, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(("given", "works"), [(("ca", "cert", "key"), True), (("ca",), False), ((), False)])
async def test_mutual_tls(secured: str, tmp_path: Path, given: tuple[str, ...], works: bool) -> None:
    files = {"ca": "ca.pem", "cert": "gateway.pem", "key": "gateway.key"}
    tls = {name: str(tmp_path / files[name]) for name in given}
    number = FieldBinding("number", "String", ("no",))
    spec = CollectionSpec("FOOD", "api", "permit", "Permit", {"number": number}, requests=(Request("GET", "/permits"),))
    source = create("api", "FOOD", {"kind": "rest", "base_url": secured, "tls": tls}, [spec])
    try:
        if works:
            assert (await source.prepare(SPEC).run(FetchCall())).columns == (["1"],)
        else:
            with pytest.raises(SourceUnavailable):
                await source.prepare(SPEC).run(FetchCall())
    finally:
        await source.close()


async def test_a_missing_certificate_file_is_an_outage_of_this_source_only(tmp_path: Path) -> None:
    table = {"kind": "rest", "base_url": "https://127.0.0.1:9", "tls": {"ca": str(tmp_path / "none.pem")}}
    number = FieldBinding("number", "String", ("no",))
    spec = CollectionSpec("FOOD", "api", "permit", "Permit", {"number": number}, requests=(Request("GET", "/p"),))
    with pytest.raises(SourceUnavailable):
        await create("api", "FOOD", table, [spec]).prepare(SPEC).run(FetchCall())

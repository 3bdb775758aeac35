"""TLS as DICOM wants it, on the standard library. PS3.15 Annex B: the BCP 195 profiles, RFC 9325.

Both profiles want TLS 1.2 at least and prefer 1.3. The non-downgrading one leaves TLS 1.2 only its suites with
forward secrecy and authenticated encryption, and never goes on without TLS.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from typing import Literal

Profile = Literal["BCP 195", "non-downgrading BCP 195"]
# PS3.15 §B.9 and §B.10 name RFC 9325: ECDHE with AES-GCM; the rest for peers that have nothing better.
_BEST = "ECDHE+AESGCM:ECDHE+CHACHA20"
_USUAL = f"{_BEST}:DHE+AESGCM:ECDHE+AES256:ECDHE+AES128:!aNULL:!eNULL:!MD5:!RC4:!3DES:!PSK:!SRP"

Path = str | os.PathLike[str]


def _profiled(context: ssl.SSLContext, profile: Profile) -> ssl.SSLContext:
    if profile not in ("BCP 195", "non-downgrading BCP 195"):
        raise ValueError(f"{profile!r} is no profile of PS3.15 Annex B")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_BEST if profile.startswith("non") else _USUAL)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def client_context(
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    password: str | None = None,
    profile: Profile = "non-downgrading BCP 195",
    check_hostname: bool = True,
) -> ssl.SSLContext:
    """For asking: the peer's certificate is verified in any case.

    Parameters
    ----------
    ca : path, optional
        Certificates of authorities, PEM; the system's unless told.
    certificate, key, password : optional
        Our own, for peers that want one.
    profile : {"non-downgrading BCP 195", "BCP 195"}
    check_hostname : bool
        Whether the certificate must be of the host that was asked.

    Raises
    ------
    OSError
        A file that cannot be read; `ssl.SSLError` if it holds no certificate or key.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=None if ca is None else os.fspath(ca))
    context.check_hostname = check_hostname
    if certificate is not None:
        context.load_cert_chain(certificate, key, password)
    return _profiled(context, profile)


def server_context(
    certificate: Path,
    key: Path | None = None,
    *,
    password: str | None = None,
    ca: Path | None = None,
    client_certificate: Literal["required", "optional", "none"] = "required",
    profile: Profile = "non-downgrading BCP 195",
) -> ssl.SSLContext:
    """For accepting.

    Parameters
    ----------
    certificate, key, password
        Our own.
    ca : path, optional
        Authorities of the requestors' certificates; wanted unless ``client_certificate="none"``.
    client_certificate : {"required", "optional", "none"}
    profile : {"non-downgrading BCP 195", "BCP 195"}

    Raises
    ------
    ValueError
        Certificates are to be verified, but no authority is given.
    OSError
        As for `client_context`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key, password)
    if client_certificate != "none":
        if ca is None:
            raise ValueError("PS3.15 §B.9: to verify the requestors' certificates, their authority is needed: ca=")
        context.load_verify_locations(os.fspath(ca))
        context.verify_mode = ssl.CERT_REQUIRED if client_certificate == "required" else ssl.CERT_OPTIONAL
    return _profiled(context, profile)


def reload(context: ssl.SSLContext, certificate: Path, key: Path | None = None, *, password: str | None = None) -> None:
    """Take another certificate of our own, for associations from now on. Raises as `server_context`."""
    context.load_cert_chain(certificate, key, password)


def names_of(certificate: Mapping[str, object] | None) -> frozenset[str]:
    """The common names and DNS names of a peer's certificate, as `SSLSocket.getpeercert` gives it."""
    found: set[str] = set()
    if not certificate:
        return frozenset()
    subject = certificate.get("subject", ())
    assert isinstance(subject, Iterable)
    for relative in subject:
        found.update(value for kind, value in relative if kind == "commonName")
    alternatives = certificate.get("subjectAltName", ())
    assert isinstance(alternatives, Iterable)
    found.update(value for kind, value in alternatives if kind == "DNS")
    return frozenset(found)


def is_of(certificate: Mapping[str, object] | None, ae_title: str) -> bool:
    """Whether an AE title is one of the names in the peer's certificate."""
    return ae_title in names_of(certificate)

"""The keys of a cluster that `mark` starts: a key and its certificate, which no other cluster has.

Scheduler, workers and marker share this pair; without it, nobody can connect to any of them.

The pair is a file that only its owner can read, in a folder that only its owner can enter, on each machine of the
cluster. No command line and no variable holds it: others can see command lines.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from autograder.grading.worker_pool import MarkingError

NAME = "autograder-cluster-"
# Clocks of a cluster's machines differ, and a run lasts for hours.
EARLIER, LATER = timedelta(days=1), timedelta(days=30)
SSH_SECONDS = 60  # for a machine to let us in and take the keys


def new_pair() -> bytes:
    """A private key and the certificate that it has signed itself, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a cluster of lab4-autograder")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LATER)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def as_security(pair: str) -> dict[str, Any]:
    """The arguments of Dask's `Security` for whoever has the pair in the file `pair`."""
    sides = [f"tls_{side}_{part}" for side in ("client", "scheduler", "worker") for part in ("cert", "key")]
    return {"require_encryption": True, **dict.fromkeys(["tls_ca_file", *sides], pair)}


def for_job_scripts(pair: str) -> Any:
    """The same as Dask's `Security`, for dask-jobqueue, which puts a worker's paths into a shell script as they are."""
    from distributed.security import Security

    class Quoted(Security):
        def get_tls_config_for_role(self, role: str) -> dict[str, str | None]:
            told: dict[str, str | None] = super().get_tls_config_for_role(role)
            return {name: shlex.quote(value) if role == "worker" and value else value for name, value in told.items()}

    return Quoted(**as_security(pair))


@contextmanager
def new_pair_in(parent: Path | None) -> Iterator[str]:
    """A file with a new pair, in a folder of its own in `parent` (None: where temporary files are)."""
    with tempfile.TemporaryDirectory(prefix=NAME, dir=parent) as folder:  # only its owner can enter it
        pair = os.path.join(folder, "pair.pem")
        with open(os.open(pair, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(new_pair())
        yield pair


@contextmanager
def copied_by_ssh(pair: str, hosts: Sequence[str], connect: dict[str, Any]) -> Iterator[str]:
    """The path of a copy of the file `pair` on each of `hosts`; `connect` has arguments for `asyncssh.connect`.

    Raises `MarkingError` where there can be no copy.
    """
    folder = f"/tmp/{NAME}{secrets.token_hex(16)}"  # nobody can guess it, and make it first
    try:
        make = f"umask 077 && mkdir -p {folder} && cat > {folder}/pair.pem"
        for host, error in asyncio.run(_on_each(hosts, connect, make, Path(pair).read_text("ascii"))).items():
            if error is not None:
                reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
                raise MarkingError(f"{host}: the cluster's keys could not be copied there by SSH ({reason})") from error
        yield f"{folder}/pair.pem"
    finally:
        asyncio.run(_on_each(hosts, connect, f"rm -rf {folder}"))  # a host that is gone has a pair that opens nothing


async def _on_each(
    hosts: Sequence[str], connect: dict[str, Any], command: str, given: str = ""
) -> dict[str, BaseException | None]:
    """Runs `command` on each of `hosts`, with `given` as its input; says what went wrong on each, if anything did."""
    import asyncssh

    async def run(host: str) -> None:
        async with asyncssh.connect(host, **connect) as connection:
            await connection.run(command, input=given, check=True)

    different = list(dict.fromkeys(hosts))
    runs = [asyncio.wait_for(run(host), SSH_SECONDS) for host in different]
    return dict(zip(different, await asyncio.gather(*runs, return_exceptions=True), strict=True))

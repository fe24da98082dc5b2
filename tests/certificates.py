"""Certificates for servers on the loopback interface."""

import shutil
import subprocess
from pathlib import Path

from tests.missing import missing


def make_certificate(folder: Path, name: str = "certificate") -> Path:
    """A certificate for 127.0.0.1 that is signed by itself; its key is beside it, with the suffix `.key`."""
    openssl = shutil.which("openssl")
    if not openssl:
        missing("there is no openssl to make a certificate with")
    made = folder / f"{name}.pem"
    options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=relay"
    where = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made.with_suffix(".key")), "-out", str(made)]
    subprocess.run([openssl, "req", *options.split(), *where], check=True, capture_output=True)
    return made

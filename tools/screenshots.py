#!/usr/bin/env python3
"""Pictures of the console's main pages over the demonstration's data: both languages, light and dark, wide and phone.

All of them go to `build/screenshots`; those that the documentation shows also to `docs/images/console`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
REBOND = ROOT / ".venv/bin/rebond"
BUILD, DOCS = ROOT / "build/screenshots", ROOT / "docs/images/console"
PASSWORD = "only for these pictures"
# The documentation shows these in English and light, and the home page in both other looks.
SHOWN = (
    "home",
    "deliveries",
    "delivery",
    "content",
    "import",
    "quarantine",
    "why",
    "qualification",
    "landing",
    "report",
)
PEOPLE = "Référence,Courriel,Prénom,Ville\nC1,ann@shop.example,Anne,Lyon\nC2,ben@shop.example,Ben,Lille\n"
LOOKS = (("en", False), ("en", True), ("fr", False), ("fr", True))
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
_PATIENCE = 60


def main() -> int:
    """Play the demonstration, serve its data, and take the pictures."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rebond-screenshots-") as folder:
        data = Path(folder) / "data"
        print("Playing the demonstration …", flush=True)
        _rebond(data, "demo")
        _rebond(data, "job", "run", "aggregates")
        port = _free_port()
        environment = {**os.environ, "REBOND_DATA": str(data), "REBOND_WEB__PORT": str(port)}
        server = subprocess.Popen([str(REBOND), "web"], env=environment, stdout=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            _take(data, url)
        finally:
            server.terminate()
            server.wait(timeout=_PATIENCE)
    print(f"{len(list(BUILD.glob('*.png')))} pictures in {BUILD.relative_to(ROOT)}")
    return 0


def _rebond(data: Path, *arguments: str) -> list[Any]:
    run = subprocess.run(
        [str(REBOND), *arguments, "--data", str(data), "--json"], capture_output=True, text=True, check=False
    )
    if run.returncode not in (0, 3):
        sys.exit(f"rebond {' '.join(arguments)} ended with {run.returncode}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{url}/health/live", timeout=2)
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
        else:
            return
    sys.exit("the console did not start")


def _take(data: Path, url: str) -> None:
    link = _rebond(data, "user", "add", "lead", "--role", "administrator")[0]["link"]
    pages = _pages(data)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context()
        page = context.new_page()
        page.goto(url + link.partition("//")[2].partition("/")[1] + link.partition("//")[2].partition("/")[2])
        page.fill("input[name=password1]", PASSWORD)
        page.fill("input[name=password2]", PASSWORD)
        page.click("main button[type=submit]:not([name=language])")
        page.wait_for_selector(".sidebar")
        pages["import"] = _columns(page, url)
        cookies = context.cookies()
        for language, dark in LOOKS:
            for size, name in ((WIDE, ""), (PHONE, "-phone")):
                _look(browser, cookies, url, pages, language=language, dark=dark, size=size, name=name)
        browser.close()


def _columns(page: Any, url: str) -> str:
    """Upload a file of people, and say where its columns are shown."""
    page.goto(f"{url}/profiles/imports/")
    page.set_input_files("input[type=file]", {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()})
    with page.expect_navigation():
        page.click("form:has(input[type=file]) button[type=submit]")
    return str(page.url).removeprefix(url)


def _look(
    browser: Any,
    cookies: Any,
    url: str,
    pages: dict[str, str],
    *,
    language: str,
    dark: bool,
    size: dict[str, int],
    name: str,
) -> None:
    context = browser.new_context(
        viewport=size, locale=language, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    context.add_cookies(cookies)
    page = context.new_page()
    for shown, path in pages.items():
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        file = BUILD / f"{shown}-{language}-{'dark' if dark else 'light'}{name}.png"
        page.screenshot(path=str(file))
        if not name and (language, dark) == ("en", False) and shown in SHOWN:
            shutil.copyfile(file, DOCS / f"{shown}.png")
        elif shown == "home" and (language, dark) in (("fr", True), ("en", False)):
            shutil.copyfile(file, DOCS / f"home-{language}{name}.png")
    context.close()


def _pages(data: Path) -> dict[str, str]:
    """The pages, with the numbers and the address of the demonstration's world."""
    states = _rebond(data, "quarantine", "list", "--status", "quarantined", "--sort", "errors", "--limit", "1")
    texts = _rebond(data, "qualifications", "list")
    address = states[0]["address"]
    _rebond(data, "template", "save", "1", "--name", "Newsletter")
    return {
        "home": "/",
        "deliveries": "/deliveries/",
        "delivery": "/deliveries/1/",
        "messages": "/deliveries/1/messages/",
        "content": "/deliveries/1/content/",
        "template": "/templates/1/",
        "profile": "/profiles/one/?id=P000001",
        "quarantine": "/quarantine/",
        "why": f"/quarantine/why/?channel=email&address={address}",
        "qualifications": "/qualifications/",
        "qualification": f"/qualifications/{texts[0]['id']}/",
        "landing": "/landing-pages/1/",
        "landing-edit": "/landing-pages/1/edit/",
        "report": "/reports/bounce-summary/",
        "opt-in": "/reports/double-opt-in/",
        "transports": "/administration/transports/",
        "rules": "/rules/",
    }


if __name__ == "__main__":
    sys.exit(main())

"""What README and docs tell to type is typed, page by page, and answers as they show."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.docs.pages import PAGES, Block, blocks
from tests.intake.commands import environment
from tests.receiving import receiving

# How many blocks of each page are not run: a new one is a decision, with its reason on the page.
NOT_RUN = {
    "README.md": 6,
    "docs/quick-start.md": 1,
    "docs/operating.md": 8,
    "docs/how-to/another-sender.md": 1,
    "docs/how-to/first-delivery.md": 1,
    "docs/how-to/qualifying-a-text.md": 6,
}
LANGUAGES = ("sh", "python", "json", "toml", "ini", "text", "")
QUICK = ("docs/quick-start.md",)

_TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?")
_VERSIONS = re.compile(r'"version": "[^"]+"')


# What fails is written down with its block and code, and the next command is typed all the same, as people do.
_PREAMBLE = r"""exec 3>failed 2>errors
note() { local code=$?; printf '%s\t%s\t%s\n' "$BLOCK" "$code" "${1%%$'\n'*}" >&3; }
trap 'note "$BASH_COMMAND"' ERR
"""


class Receiver:
    """Takes what comes, but the mailbox of fay is full."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("fay@"):
            return "452 4.2.2 The mailbox is over its quota"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"


@pytest.fixture
def relay() -> Iterator[int]:
    with receiving(Receiver()) as port:
        yield port


def _pages() -> list[object]:
    found = [page for page in PAGES if any(block.is_typed and not block.why_not for block in blocks(page))]
    return [pytest.param(page, marks=() if page in QUICK else pytest.mark.slow) for page in found]


@pytest.mark.parametrize("page", _pages())
def test_what_a_page_tells_to_type_answers_as_it_shows(page: str, tmp_path: Path, relay: int) -> None:
    shown = list(blocks(page))
    run = [block for block in shown if block.is_typed and not block.why_not]
    answers, failed = _typed(run, tmp_path, relay)
    problems = [
        f"{block.place} ended with {ended}, not {block.exits}:\n{answers[block.line]}"
        for block in run
        if (ended := failed.get(block.line, {})) != block.exits
    ]
    problems += [
        f"{block.place} shows\n{block.text}\nbut the answer is\n{answers[answer.line]}"
        for block, answer in _answers(shown)
        if not _says(block.text, answers[answer.line])
    ]
    assert not problems, "\n\n".join([*problems, (tmp_path / "errors").read_text()])


def _answers(shown: list[Block]) -> Iterator[tuple[Block, Block]]:
    """Pair what is shown of an answer with the block that it answers."""
    last: Block | None = None
    for block in shown:
        if block.is_typed:
            last = None if block.why_not else block
        elif block.language in ("json", "text") and not block.why_not:
            assert last or block.language == "text", f"{block.place} answers nothing that was run"
            if last:
                yield block, last
            last = None


def _typed(run: list[Block], folder: Path, relay: int) -> tuple[dict[int, str], dict[int, dict[str, int]]]:
    """Type the blocks one after the other; returns what each printed, and which of its commands failed with what."""
    (folder / ".venv").symlink_to(Path(sys.prefix))
    lines = [_PREAMBLE]
    for block in run:
        text = block.text.replace("127.0.0.1:25", f"127.0.0.1:{relay}")
        if block.language == "python":
            text = f"python - <<'END_OF_PYTHON'\n{text}END_OF_PYTHON\n"
        lines += [f"BLOCK={block.line}; echo '@@ {block.line}'", text]
    (folder / "typed.sh").write_text("\n".join(lines) + "\n", "utf-8")
    done = subprocess.run(
        ["bash", "typed.sh"],
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        check=False,
        timeout=300,
    )
    printed = re.split(r"^@@ (\d+)\n", done.stdout.decode().replace(f"127.0.0.1:{relay}", "127.0.0.1:25"), flags=re.M)
    answers = dict(zip(map(int, printed[1::2]), printed[2::2], strict=True))
    failed: dict[int, dict[str, int]] = {}
    for line in (folder / "failed").read_text().splitlines():
        number, code, command = line.split("\t", 2)
        failed.setdefault(int(number), {})[command] = int(code)
    return answers, failed


def _says(shown: str, answer: str) -> bool:
    """Tell whether an answer is as shown: `…` stands for anything, and times and versions are never the same."""
    words = (re.escape(part) for part in _plain(shown).split("…"))
    return re.fullmatch(r"[\s\S]*?".join(words), _plain(answer)) is not None


def _plain(text: str) -> str:
    return _VERSIONS.sub('"version": "VERSION"', _TIMES.sub("TIME", text)).strip()


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_and_why_it_is_not_run(page: str) -> None:
    shown = list(blocks(page))
    for block in shown:
        assert block.language in LANGUAGES, f"{block.place}: {block.language}"
        assert block.language == "sh" or not block.looks_typed, f"{block.place} holds a command: write ```sh"
    assert sum(bool(block.why_not) for block in shown) == NOT_RUN.get(page, 0), page


def test_what_is_shown_is_held_against_the_answer() -> None:
    answer = '{"id": 1, "at": "2026-11-22T05:58:07.434996Z", "n": 3}\n{"id": 2}\n'
    assert _says('{"id": 1, "at": "2025-01-01T00:00:00Z", "n": 3}\n{"id": 2}\n', answer)
    assert _says('{"id": 1, …}\n…\n', answer)
    assert _says('{"id": 1, …, "n": 3}\n{"id": 2}', answer)
    assert not _says('{"id": 1, …, "n": 4}\n{"id": 2}', answer)
    assert not _says('{"id": 1, …, "n": 3}', answer)
    assert not _says("", answer)

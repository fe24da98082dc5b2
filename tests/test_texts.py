"""What the code says, in the reader's language."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from rebond.core.said import pieces, said, said_n
from rebond.core.words import AddressStatus, DeliveryStatus
from rebond.services.errors import InputError, no_profile
from rebond.texts import SPEAKERS, _catalogue, in_language, word, word_of  # the catalogue itself is looked at

CODE = Path(__file__).resolve().parents[1] / "src/rebond"
AT = datetime(2026, 5, 3, 8, 5, tzinfo=UTC)
THIN = "\u202f"


@pytest.mark.parametrize(
    ("sentence", "french"),
    [
        (
            said("operation {number} was undone already", number=7),
            "l’opération 7 a déjà été annulée",
        ),
        (
            said("the key would be over already: {expires_at:%Y-%m-%d %H:%M} UTC is past", expires_at=AT),
            f"la clé serait déjà expirée{THIN}: le 03/05/2026 08:05 UTC est passé",
        ),
        (
            said(
                "{changed:,} addresses would change by now, and not {expected:,}: look again",
                changed=12345,
                expected=9,
            ),
            f"12{THIN}345 adresses changeraient à présent, et non 9{THIN}: regardez à nouveau",
        ),
        (
            said("there is no rule {name!r}", name="a\nb"),
            f"il n’y a pas de règle «{THIN}a\\nb{THIN}»",
        ),
        (
            said(
                "{found}, and not {wanted!r}",
                found=said("{name} has the columns {columns}", name="f.csv", columns=["a", "b"]),
                wanted="c",
            ),
            f"f.csv a les colonnes a, b, et pas «{THIN}c{THIN}»",
        ),
        (
            said("an address is made {told:or}; to free one, release it", told=("x", "y")),
            f"une adresse est mise au statut x ou y{THIN}; pour la rendre libre, libérez-la",
        ),
    ],
)
def test_a_sentence_is_said_in_french_and_again_when_it_was_only_kept_as_text(sentence: str, french: str) -> None:
    assert in_language(sentence, "fr") == french
    assert in_language(str(sentence), "fr-FR") == french
    assert in_language(sentence, "en") == str(sentence)
    assert type(in_language(sentence, "en")) is str


def test_errors_are_said_and_words_of_the_vocabulary_in_them() -> None:
    assert in_language(no_profile("P1"), "fr").startswith("il n’y a pas de profil")
    assert in_language(InputError("nobody knows this text"), "fr") == "nobody knows this text"
    told = said(
        "delivery {number} is {delivery_status}: it cannot be edited any more",
        number=3,
        delivery_status=DeliveryStatus.PAUSED,
    )
    assert "« En pause »".replace(" »", THIN + "»").replace("« ", "«" + THIN) in in_language(told, "fr")
    assert word(AddressStatus.VALID, "fr") == "Valide"
    assert word(AddressStatus.VALID, "de") == "Valid"
    assert word_of("AddressStatus", "some_other", "fr") == "some other"


def test_what_stands_before_a_sentence_stays_and_each_line_is_said() -> None:
    kept = "file.csv: it is no JSON object\noperation 3 was undone already\nno sentence of ours"
    assert in_language(kept, "fr").split("\n") == [
        f"file.csv{THIN}: ce n’est pas un objet JSON",
        "l’opération 3 a déjà été annulée",
        "no sentence of ours",
    ]


def test_a_name_that_reads_like_a_sentence_is_a_name() -> None:
    assert in_language(said("there is no rule {name!r}", name="it is too long"), "fr").count("it is too long") == 1


@pytest.mark.parametrize(
    "foreign",
    [
        "550 5.1.1 your mailbox is missing",
        "there is no such user here: see the manual at example.com",
        "smtp; 451 this server is too long away: the answer is missing",
        "it answers nothing that anybody understands: [Errno 111]",
    ],
)
def test_what_others_said_is_left_as_they_said_it(foreign: str) -> None:
    assert in_language(foreign, "fr") == foreign


def test_other_languages_and_very_long_texts_stay_as_they_are() -> None:
    assert in_language("operation 3 was undone already", "de") == "operation 3 was undone already"
    assert in_language("x" * 100_000, "fr") == "x" * 100_000
    assert in_language(7, "fr") == "7"


@pytest.mark.parametrize(
    "text",
    [
        "a: " * 2600,
        "delivery a: " * 600,
        "a: b\n" * 1500,
        "there is no landing page " + "there is no rule " * 450,
        "said by " + "9" * 5000 + " person",
        *("there is no rule " + sign * 7000 for sign in ("[", "-", "not ", "{", "\ud800")),
    ],
)
def test_no_text_is_too_deep_to_be_said(text: str) -> None:
    assert in_language(text, "fr")


def test_a_text_that_counts_too_far_to_be_a_number_is_still_said() -> None:
    counted = [one for one in _catalogue("fr") if "{n}" in one]
    assert counted
    for template in counted:
        text = "".join(piece.before + ("9" * 5000 if piece.name else "") for piece in pieces(template))
        assert in_language(text, "fr")


def test_a_number_takes_the_plural_of_the_language() -> None:
    for english, template in _catalogue("fr").items():
        if len(template.english) > 1:
            values = {piece.name: "x" for piece in pieces(english) if piece.name != "n"}
            none, one, many = (in_language(said_n(*template.english, n, **values), "fr") for n in (0, 1, 2))
            assert none.replace("0", "1") == one
            assert many != one
            assert in_language(str(said_n(*template.english, 2, **values)), "fr") == many


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_every_french_sentence_has_the_values_of_the_english_one(speaker: str) -> None:
    for english, template in _catalogue("fr").items():
        for form in template.translated:
            wanted = [{(p.name, p.spec) for p in pieces(one) if p.name} for one in template.english]
            assert {(p.name, p.spec) for p in pieces(form) if p.name} in wanted, english


def test_french_signs_stand_after_a_thin_space() -> None:
    for template in _catalogue("fr").values():
        for form in template.translated:
            assert not re.search(r" [:;?!](\s|$)|« | »", form), form


def test_no_template_is_put_together_by_the_code() -> None:
    """`said(f"…")` could never be found in a catalogue."""
    found = [
        f"{path.relative_to(CODE)}:{call.lineno}"
        for path in CODE.rglob("*.py")
        if "rebond.core.said import" in (text := path.read_text("utf-8"))
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("said", "said_n")
        for template in call.args[: 2 if call.func.id == "said_n" else 1]
        if not (isinstance(template, ast.Constant) and isinstance(template.value, str))
    ]
    assert not found


# What is raised where nobody reads a page of the console, and why.
_NOT_ON_PAGES = {
    "__init__.py": "whoever imports what is not there",
    "config.py": "the configuration is read when a command begins, and its errors are for that terminal",
    "config_sections.py": "as config.py",
    "web_settings.py": "as config.py",
    "store/connect.py": "as config.py",
    "store/erasure_keys.py": "as config.py",
    "pack_keys.py": "keys are made and read by commands",
    "channels/email/connection.py": "an address that no preparation lets through",
    "core/growth.py": "the console's form holds the same bounds",
    "core/qualify/engine.py": "compiled patterns are made again when they cannot be used",
    "core/qualify/providers.py": "a file that ships with the program",
    "core/said.py": "a fault of the code",
    "core/tokens.py": "numbers that a database does not hold, and keys of secrets.toml",
    "jobs/asking.py": "a fault of the code",
    "jobs/schedule.py": "a fault of the code",
    "services/check.py": "lists are checked over the API and by the command",
    "services/event_lines.py": "events come over the API and by the command",
    "services/file_lines.py": "it is said again where it is caught",
    "services/moments.py": "events come over the API and by the command",
    "services/record.py": "a fault of the code",
}
_ELSEWHERE = ("cli", "simulate", "api", "intake", "site")


def test_every_error_that_a_page_can_show_is_a_sentence() -> None:
    odd = []
    for path in sorted(CODE.rglob("*.py")):
        name = path.relative_to(CODE).as_posix()
        if name in _NOT_ON_PAGES or name.partition("/")[0] in _ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            made = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(made, ast.Call) and made.args and _is_plain(made.args[0]):
                odd.append(f"{name}:{node.lineno}: {ast.unparse(made)}")
    assert not odd, "write these with rebond.core.said, or say in _NOT_ON_PAGES why nobody reads them"


def _is_plain(argument: ast.expr) -> bool:
    text = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    return text or isinstance(argument, ast.JoinedStr)


def test_the_list_of_what_is_not_on_pages_is_short_and_true() -> None:
    for name in _NOT_ON_PAGES:
        assert re.search(r"raise \w+(\.\w+)?\(", (CODE / name).read_text("utf-8")), name
    assert len(_NOT_ON_PAGES) <= 20


def test_one_english_text_has_one_french_whichever_page_asks() -> None:
    """All areas are one catalogue for Django: where two mean something else, a context tells them apart."""
    french: dict[tuple[object, ...], dict[str, str]] = {}
    for path in sorted(CODE.rglob("locale/fr/LC_MESSAGES/django.po")):
        for message in read_po(path.open("rb"), locale="fr"):
            if message.id:
                french.setdefault((message.context, message.id), {})[str(message.string)] = path.parts[-5]
    assert not {key: told for key, told in french.items() if len(told) > 1}

"""What services, the core and channels say, on French pages: refused at once, and kept by a job for later."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from rebond.core.words import Role
from rebond.store.models import Alert, JobRun, Message, PeopleUpload
from tests.console.conftest import ClientAs
from tests.console.delivery_fixtures import sent
from tests.console.quarantine_fixtures import addresses
from tests.services.people_fixtures import draft

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def words_of(answer: Any) -> str:
    """The words of a page, thin spaces as plain ones."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return " ".join(plain.split())


@pytest.mark.parametrize(
    ("path", "status", "french"),
    [
        ("/quarantine/why/?channel=email&address=nowhere", 422, "Une adresse e-mail doit contenir le signe @."),
        ("/quarantine/operations/99/", 404, "il n’y a pas d’opération 99"),
        ("/rules/rule/none/", 404, "il n’y a pas de règle « none »"),
        ("/administration/jobs/none/", 404, "il n’y a pas de tâche « none » : sont connues"),
        ("/deliveries/999/", 404, "il n’y a pas de diffusion 999"),
        ("/returns/999/", 404, "il n’y a pas de retour non attribué 999"),
        ("/profiles/one/?id=N", 404, "il n’y a pas de profil avec l’identifiant « N »"),
    ],
)
def test_what_is_not_there_is_told_in_french(client_as: ClientAs, path: str, status: int, french: str) -> None:
    answer = client_as(Role.ADMINISTRATOR, language="fr").get(path)
    assert answer.status_code == status
    assert french in words_of(answer)


def test_what_is_refused_is_told_in_french_beside_the_form(client_as: ClientAs) -> None:
    addresses()
    client = client_as(Role.ADMINISTRATOR, language="fr")
    client.post("/lists/", {"name": "Clients"})
    assert "le nom « Clients » est déjà pris (liste)" in words_of(client.post("/lists/", {"name": "Clients"}))
    rule = {"id": "a", "text": "(", "type": "hard", "reason": "user_unknown", "cause": "no_such_user", "examples": "no"}
    assert "le motif « ( » est refusé :" in words_of(client.post("/rules/new/", {**rule, "channel": "email"}))
    file = SimpleUploadedFile("liste.csv", b"a,b\n1,2\n")
    answer = client.post("/quarantine/import/", {"file": file, "encoding": "utf-8", "because": "x", "source": "x"})
    assert "les colonnes a, b ne sont celles d’aucune liste connue ici" in words_of(answer)
    typed = {"file": SimpleUploadedFile("contacts.csv", "Prénom;E-mail\n".encode("cp1252")), "encoding": "utf-8"}
    answer = client.post("/profiles/imports/", typed)
    assert "elle contient des octets étrangers à l’encodage du fichier : précisez l’encodage" in words_of(answer)
    page = words_of(client.post(f"/deliveries/{sent()}/prepare/"))
    assert "la diffusion est au statut « Terminée » : l’action « préparer » demande le statut Brouillon" in page


def test_what_a_content_check_finds_is_told_in_french(client_as: ClientAs) -> None:
    number = draft(subject="{{ name", html="<a href='x'>y</a>", text="", sender="me")
    page = words_of(client_as(Role.OPERATOR, language="fr").get(f"/deliveries/{number}/content/"))
    for french in (
        "L’expéditeur « me » n’est pas de la forme : Nom <adresse@domaine>",
        "Subject, ligne 1 : fin inattendue du modèle",
        "La partie html n’a pas de lien de désinscription : mettez {{ unsubscribe_url }} là où il doit être.",
        "L’URL « x » est relative.",
    ):
        assert french in page, page


def test_what_a_job_kept_is_told_in_french_later(client_as: ClientAs) -> None:
    client = client_as(Role.ADMINISTRATOR, language="fr")
    run = {"at": NOW, "finished_at": NOW, "result": {}}
    JobRun.objects.create(name="watch", problem="export: the relay closed the connection", **run)
    assert "export : le relais a fermé la connexion" in words_of(client.get("/administration/jobs/watch/"))
    Alert.objects.create(
        kind="hard_ratio",
        name="delivery:1",
        words="Mars : 12 of 40 (30.0 %)",
        raised_at=NOW,
        count=1,
        first_at=NOW,
        last_at=NOW,
    )
    Alert.objects.create(
        kind="transport_paused",
        name="relay:25",
        words="4 faults in a row: 454 no",
        raised_at=NOW,
        count=1,
        first_at=NOW,
        last_at=NOW,
    )
    page = words_of(client.get("/alerts/"))
    assert "Mars : 12 sur 40 (30,0 %)" in page
    assert "4 défaillances de suite : 454 no" in page
    upload = PeopleUpload.objects.create(
        name="gens.csv",
        options={},
        status="failed",
        problem="gens.csv: the first line must name the columns, and it is empty",
        rejected=[
            [3, "its id is empty"],
            [4, "'x@' is not a possible email address: There must be something after the @-sign."],
        ],
        rejected_number=2,
        created_at=NOW,
        touched_at=NOW,
    )
    page = words_of(client.get(f"/profiles/imports/{upload.pk}/"))
    assert "gens.csv : la première ligne doit nommer les colonnes, et elle est vide" in page
    assert "son identifiant est vide" in page
    assert "Il faut quelque chose après le signe @." in page


def test_why_a_message_was_not_built_is_told_in_french_and_what_a_server_said_as_it_said_it(
    client_as: ClientAs,
) -> None:
    number = sent()
    other, _, one, *_ = Message.objects.filter(delivery=number).order_by("id")
    Message.objects.filter(id=one.pk).update(status="production_error", text="text, line 1: division by zero")
    Message.objects.filter(id=other.pk).update(status="failed", text="a relay told it so: division by zero")
    page = words_of(client_as(Role.OPERATOR, language="fr").get(f"/deliveries/{number}/messages/"))
    assert "text, ligne 1 : division par zéro" in page
    assert "a relay told it so: division by zero" in page


def test_an_english_reader_and_a_machine_read_english(client_as: ClientAs) -> None:
    assert "there is no delivery 999" in words_of(client_as(Role.ADMINISTRATOR).get("/deliveries/999/"))

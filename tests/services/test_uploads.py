"""Files of people given on a page: looked at at once, read in later, safe to begin anew."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.services.people_fixtures import NOW, new_delivery

from rebond.core.words import UploadStatus
from rebond.services import audiences, uploads
from rebond.services.deliveries import create_delivery, get_delivery
from rebond.services.errors import InputError, NotFoundError
from rebond.services.people_file import FileOptions
from rebond.services.upload_columns import columns_of, hold, settle
from rebond.services.uploads import Into, StoppedError, get_upload, read_in, sweep_files
from rebond.store.models import Profile, TargetMember
from rebond.store.read.deliveries import Aim, Target
from rebond.store.write.uploads import purge_uploads

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
FILE = "id,email,city\n1,a@x.example,Paris\n,b@x.example,Lyon\n3,c@x.example,\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kept-8437.csv"
    path.write_text(FILE)
    return path


def given(path: Path, into: Into | None = None) -> int:
    options = FileOptions(mapping={})
    number = hold(path, name="people.csv", options=options, now=NOW, actor="ann", into=into or Into())
    settle(number, mapping={}, no_address=False, now=NOW, actor="ann")
    return number


def read(number: int, stopping: Callable[[], bool] = lambda: False) -> None:
    read_in(number, now=lambda: NOW, stopping=stopping)


def test_a_file_is_read_in_and_told_line_by_line(file: Path) -> None:
    number = given(file)
    assert uploads.open_uploads() == [number]
    assert get_upload(number).status is UploadStatus.WAITING
    read(number)
    done = get_upload(number)
    assert (done.status, done.rows, done.created, done.rejected_number) == (UploadStatus.DONE, 3, 2, 1)
    assert [line for line, _ in done.rejected] == [3]
    assert done.percent == 100
    assert not file.exists()
    assert uploads.open_uploads() == []
    read(number)
    assert Profile.objects.count() == 2
    assert [row.id for row in uploads.recent_uploads()] == [number]


def test_its_people_become_what_it_was_given_for(file: Path) -> None:
    delivery = create_delivery(new_delivery(), aim=Aim(Target.INCOMPLETE), now=NOW, actor="ann").id
    people_list = audiences.create_list("Winners", now=NOW, actor="ann")
    service = audiences.create_service("News", now=NOW, actor="ann")
    TargetMember.objects.create(delivery_id=delivery, profile=999)
    number = given(file, Into(delivery=delivery, people_list=people_list, service=service))
    read(number)
    assert get_delivery(delivery).target is Target.MEMBERS
    assert TargetMember.objects.count() == 2
    assert audiences.get_list(people_list).number == audiences.get_service(service).number == 2
    last = uploads.upload_for(delivery)
    assert last is not None
    assert last.id == number


def test_a_reader_that_ends_leaves_it_to_be_begun_anew(file: Path) -> None:
    number = given(file)
    with pytest.raises(StoppedError):
        read(number, stopping=lambda: True)
    assert get_upload(number).status is UploadStatus.RUNNING
    assert uploads.open_uploads() == [number]
    read(number)
    assert get_upload(number).status is UploadStatus.DONE


def test_a_file_that_cannot_be_used_is_told_by_its_own_name(file: Path) -> None:
    file.write_text("name,city\nAnn,Paris\n")
    with pytest.raises(InputError) as told:
        given(file)
    assert "people.csv" in str(told.value)
    assert "8437" not in str(told.value)


def test_a_file_that_is_gone_ends_in_a_problem(file: Path) -> None:
    number = given(file)
    file.unlink()
    read(number)
    gone = get_upload(number)
    assert gone.status is UploadStatus.FAILED
    assert "people.csv cannot be read" in gone.problem


def test_what_is_told_of_a_file_goes_with_time(file: Path) -> None:
    number = given(file)
    assert purge_uploads(NOW) == 0
    read(number)
    assert purge_uploads(NOW - timedelta(seconds=1)) == 0
    assert purge_uploads(NOW) == 1


def test_files_that_nobody_wants_are_swept(file: Path, tmp_path: Path) -> None:
    waiting = given(file)
    asking, orphan, fresh = (tmp_path / name for name in ("asking.csv", "orphan.csv", "fresh.csv"))
    for path in (asking, orphan, fresh):
        path.write_text(FILE)
    number = hold(asking, name="b.csv", options=FileOptions(mapping={}), now=NOW, actor="ann")
    later = NOW + timedelta(days=1)
    for path, at in ((file, NOW), (asking, NOW), (orphan, NOW), (fresh, NOW + timedelta(days=3))):
        os.utime(path, (at.timestamp(), at.timestamp()))
    assert sweep_files(tmp_path, now=later) == 0
    assert [column.name for column in columns_of(number).columns] == ["id", "email", "city"]
    assert sweep_files(tmp_path, now=NOW + timedelta(days=4)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh.csv", file.name]
    assert uploads.open_uploads() == [waiting]
    with pytest.raises(NotFoundError):
        get_upload(number)
    assert sweep_files(tmp_path / "none", now=later) == 0


def test_a_file_that_goes_while_it_is_looked_at_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "gone.csv").symlink_to(tmp_path / "read in by somebody else")
    assert sweep_files(tmp_path, now=NOW) == 0


def test_an_import_that_is_not_there_is_told() -> None:
    for number in (0, 7, 10**30):
        with pytest.raises(NotFoundError):
            get_upload(number)


def test_the_job_reads_what_waits(file: Path) -> None:
    import threading
    from types import SimpleNamespace
    from typing import Any, cast

    from rebond.jobs.people import end_cancelled, read_files
    from rebond.jobs.work import Ending

    number = given(file)
    stopped, going = threading.Event(), threading.Event()
    stopped.set()

    def work(ending: threading.Event) -> Any:
        def now() -> datetime:
            return NOW

        return cast("Any", SimpleNamespace(now=now, ending=ending))

    with pytest.raises(Ending):
        read_files(work(stopped))
    read_files(work(going))
    assert get_upload(number).status is UploadStatus.DONE
    end_cancelled(work(going))

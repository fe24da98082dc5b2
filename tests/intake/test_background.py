"""The thread that settles: it goes on after a fault, and ends when it is told to."""

import threading

from rebond.intake.background import Background


def test_it_steps_when_woken_and_goes_on_after_a_fault() -> None:
    done, forgotten = threading.Event(), []
    steps: list[int] = []

    def step() -> bool:
        steps.append(len(steps))
        if len(steps) == 2:
            raise OSError("the database is away")
        if len(steps) == 4:
            done.set()
        return len(steps) < 3

    background = Background(step, forget=lambda: forgotten.append(1), pause=0.001)
    background.start()
    assert done.wait(60)
    background.stop()
    assert len(forgotten) == 2


def test_arrivals_wake_it() -> None:
    first, second = threading.Event(), threading.Event()

    def step() -> bool:
        (second if first.is_set() else first).set()
        return False

    background = Background(step, forget=lambda: None, pause=60)
    background.start()
    assert first.wait(60)
    while not second.is_set():
        background.wake()
    background.stop()


def test_settling_gives_way_while_mails_arrive() -> None:
    steps: list[int] = []
    entered = threading.Event()

    def step() -> bool:
        steps.append(1)
        background.wake()
        entered.set()
        return True

    background = Background(step, forget=lambda: None, rest=1e9)
    background.start()
    assert entered.wait(60)
    background.stop()
    assert len(steps) == 1

"""What the serving commands write to standard error."""

import logging

from rebond.cli.serving import begin_log


def test_the_receiver_of_mails_writes_no_line_for_each_of_their_commands() -> None:
    """Its own log has the addresses of people, a dozen lines a mail."""
    begin_log()
    assert not logging.getLogger("mail.log").isEnabledFor(logging.INFO)
    assert logging.getLogger("mail.log").isEnabledFor(logging.WARNING)
    assert logging.getLogger("rebond.intake").isEnabledFor(logging.WARNING)

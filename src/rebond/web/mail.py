"""Mails of the sign-in (a new password) go by the same relay as everything else."""

import logging
from collections.abc import Sequence
from email.utils import parseaddr
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from rebond.channels.email.notice import send_notice
from rebond.config import ConfigError
from rebond.web.current import current_site

log = logging.getLogger("django.request")


class SiteRelay(BaseEmailBackend):
    """Django's mail backend."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        site = current_site()
        sender = site.config.alerts.sender or f"Rebond <rebond@{site.config.email.bounce_domain}>"
        sent = 0
        for message in email_messages:
            for recipient in message.recipients():
                to = parseaddr(recipient)[1]
                text = str(message.body)
                try:
                    send_notice(site.smtp_settings, sender=sender, to=to, subject=str(message.subject), text=text)
                except (OSError, SMTPException, ConfigError) as error:
                    # Whoever asks must not learn from a fault whether there is such an account.
                    log.error("a mail of the sign-in could not be sent: %s: %s", type(error).__name__, error)
                else:
                    sent += 1
        return sent

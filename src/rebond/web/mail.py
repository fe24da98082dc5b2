"""Mails of the sign-in (a new password) go by the same relay as everything else."""

from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from rebond.channels.email.notice import send_notice
from rebond.web.current import current_site


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
                send_notice(site.smtp_settings, sender=sender, to=to, subject=str(message.subject), text=text)
            sent += 1
        return sent

"""A short mail of Rebond's own to a person, by the same relay as deliveries."""

import smtplib
import ssl
from email.message import EmailMessage

from rebond.channels.email.settings import SmtpSettings


def send_notice(settings: SmtpSettings, *, sender: str, to: str, subject: str, text: str) -> None:
    """Send a mail of plain text, marked as written by a program (RFC 3834); raises OSError or SMTPException."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, " ".join(subject.split())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    send_message(settings, message)


def send_message(settings: SmtpSettings, message: EmailMessage) -> None:
    """Hand one mail to the relay."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    name, port, timeout = settings.host, settings.port, settings.connect_timeout
    if settings.tls == "implicit":
        relay: smtplib.SMTP = smtplib.SMTP_SSL(name, port, settings.hello, timeout=timeout, context=context)
    else:
        relay = smtplib.SMTP(name, port, settings.hello, timeout=timeout)
    with relay:
        relay.ehlo()
        if settings.tls == "starttls" or (settings.tls == "opportunistic" and relay.has_extn("starttls")):
            relay.starttls(context=context)
            relay.ehlo()
        if settings.username:
            relay.login(settings.username, settings.password)
        relay.send_message(message)

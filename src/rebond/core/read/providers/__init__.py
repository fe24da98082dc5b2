"""The webhooks of email providers: a decoded body in, what befell whom out (specification 07).

One file a provider, and one line in `PROVIDERS`, by the name that configuration and address have for it.
"""

from collections.abc import Mapping

from rebond.core.read.providers.amazon_ses import AMAZON_SES
from rebond.core.read.providers.brevo import BREVO
from rebond.core.read.providers.mailersend import MAILERSEND
from rebond.core.read.providers.mailgun import MAILGUN
from rebond.core.read.providers.mailjet import MAILJET
from rebond.core.read.providers.mailtrap import MAILTRAP
from rebond.core.read.providers.mandrill import MANDRILL
from rebond.core.read.providers.postal import POSTAL
from rebond.core.read.providers.postmark import POSTMARK
from rebond.core.read.providers.resend import RESEND
from rebond.core.read.providers.sendgrid import SENDGRID
from rebond.core.read.providers.sparkpost import SPARKPOST
from rebond.core.read.providers.told import Befell, Event, Provider, Told
from rebond.core.read.providers.unisender_go import UNISENDER_GO

__all__ = ["PROVIDERS", "Befell", "Event", "Provider", "Told"]

PROVIDERS: Mapping[str, Provider] = {
    "amazon_ses": AMAZON_SES,
    "brevo": BREVO,
    "mailersend": MAILERSEND,
    "mailgun": MAILGUN,
    "mailjet": MAILJET,
    "mailtrap": MAILTRAP,
    "mandrill": MANDRILL,
    "postal": POSTAL,
    "postmark": POSTMARK,
    "resend": RESEND,
    "sendgrid": SENDGRID,
    "sparkpost": SPARKPOST,
    "unisender_go": UNISENDER_GO,
}

"""Why a return did not act, in a sentence for whoever has to decide about it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rebond.services.attribute import WhyUnattributed

WHY: Mapping[WhyUnattributed, str | Promise] = {
    WhyUnattributed.NO_TOKEN: _(
        "Nothing in it shows that it speaks of a message of ours: neither a token nor a known Message-ID survived."
    ),
    WhyUnattributed.FORGED_TOKEN: _("It bears a token that this site did not make, or that was altered."),
    WhyUnattributed.EXPIRED_TOKEN: _("It bears a token of this site that is too old to prove anything."),
    WhyUnattributed.UNKNOWN_MESSAGE: _("Its token is good, but the message is no longer in the sending log."),
    WhyUnattributed.OTHER_RECIPIENT: _("The message that it quotes is known, and went to another address."),
    WhyUnattributed.SENDER_NOT_NULL: _(
        "It came from an ordinary sender; a real bounce has none, and no token proves this one."
    ),
    WhyUnattributed.NO_ADDRESS: _("It names no address that it could act on."),
    WhyUnattributed.TRUST_TOO_LOW: _("It may be right, but its source asks for more than it can show."),
    WhyUnattributed.FEEDBACK_ONLY: _("It is a report of a kind that is recorded and acts on nobody."),
    WhyUnattributed.BAD_SIGNATURE: _(
        "A webhook was refused: it was not signed with the key that is configured. Nothing of it was kept."
        " If the provider's key was changed, change it in secrets.toml too."
    ),
    WhyUnattributed.OTHER_TOPIC: _(
        "A message of Amazon SNS was refused: it came from a topic that is not configured. Nothing of it was kept."
    ),
    WhyUnattributed.TOO_OLD: _(
        "A webhook was refused: its signature is good, but older than its source allows, as a copy would be."
        " Nothing of it was kept."
    ),
}

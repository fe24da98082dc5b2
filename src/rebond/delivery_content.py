"""A delivery's content and the site's identity, bound to the channel that builds its messages."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rebond.config import Config
from rebond.config_sections import EmailSection
from rebond.core.said import said, words_of
from rebond.core.words import MessageClass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rebond.channels.email.compose import EmailContent, EmailIdentity
    from rebond.core.ports import Outgoing
    from rebond.services.deliveries import NewDelivery
    from rebond.services.preview import Preview, Previewed
    from rebond.services.send_means import Build
    from rebond.store.read.deliveries import DeliveryRow
    from rebond.store.read.sending import SendingDelivery
    from rebond.store.read.templates import TemplateRow

CONFIRM_TOKEN = "confirm_token"


@dataclass(frozen=True, slots=True)
class ContentProblems:
    """What a check of a delivery's content found, in words: `red` blocks, `yellow` warns."""

    red: tuple[str, ...]
    yellow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeliveryContent:
    """Binds a delivery's content and the site's identity to the channel that builds its messages."""

    config: Config

    def check(self, delivery: "DeliveryRow | SendingDelivery | NewDelivery | TemplateRow") -> ContentProblems:
        """Check what can be checked without a profile."""
        from rebond.channels.content import ContentError
        from rebond.channels.email.compose import Level, check_content

        try:
            # A confirmation carries none: there is nothing yet to unsubscribe from.
            confirmation = delivery.message_class is MessageClass.CONFIRMATION
            required = self.config.content.require_unsubscribe_link and not confirmation
            found = check_content(*self._parts(delivery), require_unsubscribe_link=required)
        except ContentError as error:
            return ContentProblems((words_of(error),), ())
        return ContentProblems(
            tuple(problem.text for problem in found if problem.level is Level.RED),
            (*(problem.text for problem in found if problem.level is Level.YELLOW), *self._about_returns()),
        )

    def _about_returns(self) -> tuple[str, ...]:
        domain = self.config.email.bounce_domain
        if domain != EmailSection().bounce_domain:
            return ()
        return (
            said(
                "email.bounce_domain is still {domain}, so no bounce will come back: set it, or REBOND_BOUNCE_DOMAIN,"
                " to a domain whose mail reaches Rebond.",
                domain=domain,
            ),
        )

    def composer(self, delivery: "DeliveryRow | SendingDelivery | NewDelivery") -> "Build":
        """Compose the delivery once; what is returned fills it per recipient."""
        from rebond.channels.email.compose import Addressed, Composer

        composer = Composer(*self._parts(delivery))
        channel = delivery.channel.value

        def build(
            *,
            message: int,
            address: str,
            fields: "Mapping[str, Any]",
            message_id: str,
            token: str,
            unsubscribe_token: str,
            date: datetime,
        ) -> "Outgoing":
            return composer.compose(
                Addressed(
                    message=message,
                    address=address,
                    fields={channel: address, **self._linked(fields)},
                    message_id=message_id,
                    token=token,
                    unsubscribe_token=unsubscribe_token,
                    date=date,
                )
            )

        return build

    def try_build(self, delivery: "DeliveryRow | NewDelivery") -> "Callable[[int, str, Mapping[str, Any]], None]":
        """Return what builds a message for the sake of its errors: a ValueError says why it cannot be built."""
        build = self.composer(delivery)

        def attempt(message: int, address: str, fields: "Mapping[str, Any]") -> None:
            build(
                message=message,
                address=address,
                fields=fields,
                message_id="verification@localhost",
                token="verification",
                unsubscribe_token="verification",
                date=datetime.fromtimestamp(0, UTC),
            )

        return attempt

    def proof(
        self,
        delivery: "DeliveryRow",
        *,
        to: str,
        number: int,
        address: str,
        fields: "Mapping[str, Any]",
        date: datetime,
    ) -> "Outgoing":
        """Build a profile's message for somebody else; its links and its return path lead to nobody."""
        own = {delivery.channel.value: address, **fields}
        return self.composer(delivery)(
            message=number,
            address=to,
            fields=own,
            message_id=f"proof.{delivery.id}.{number}.{date:%Y%m%d%H%M%S%f}@{self.config.email.bounce_domain}",
            token="proof",
            unsubscribe_token="proof",
            date=date,
        )

    def sample(self, mail: "NewDelivery", fields: "Mapping[str, Any]") -> tuple[str, str]:
        """Fill the subject and the text of a mail in for nobody; a ValueError says why that cannot be done."""
        from rebond.channels.content import compile_template

        known = {mail.channel.value: "somebody@example.org", **self._linked(fields)}
        subject = compile_template(mail.subject, html=False, name="subject").render(known)
        return subject, compile_template(mail.text, html=False, name="text").render(known)

    def preview(self, delivery: "Previewed", *, address: str, fields: "Mapping[str, Any]") -> "Preview":
        """Fill the templates in for one profile; a ValueError says why that cannot be done."""
        from rebond.channels.content import compile_template
        from rebond.channels.email.plain_text import text_of
        from rebond.services.preview import Preview

        public = self.config.site.public_url.rstrip("/")
        link = f"{public}/u/preview" if public else f"mailto:unsubscribe@{self.config.email.bounce_domain}"
        known = {delivery.channel.value: address, **fields, "unsubscribe_url": link}

        def filled(name: str) -> str:
            source = getattr(delivery, name)
            return compile_template(source, html=name == "html", name=name).render(known) if source.strip() else ""

        html = filled("html")
        return Preview(subject=filled("subject"), text=filled("text") or (text_of(html) if html else ""), html=html)

    def _linked(self, fields: "Mapping[str, Any]") -> "Mapping[str, Any]":
        """Make the link of a double opt-in from the token that its message comes with."""
        if CONFIRM_TOKEN not in fields:
            return fields
        return {**fields, "confirm_url": f"{self.config.site.public_url.rstrip('/')}/confirm/{fields[CONFIRM_TOKEN]}"}

    def _parts(
        self, delivery: "DeliveryRow | SendingDelivery | NewDelivery | TemplateRow"
    ) -> "tuple[EmailContent, EmailIdentity]":
        from rebond.channels.email.compose import EmailContent, EmailIdentity

        content = EmailContent(subject=delivery.subject, text=delivery.text, html=delivery.html)
        identity = EmailIdentity(
            from_header=delivery.sender,
            bounce_domain=self.config.email.bounce_domain,
            return_prefix=self.config.email.return_prefix,
            public_url=self.config.site.public_url,
            allow_undotted=self.config.email.allow_undotted,
        )
        return content, identity

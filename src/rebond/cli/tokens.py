"""`rebond token sign` and `rebond token read`."""

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    tokens = typer.Typer(help="Signed return paths: make one, check one.", no_args_is_help=True)
    app.add_typer(tokens, name="token")

    @tokens.command()
    @handles_errors
    def sign(message_id: str, data: DataOption = None, json: JsonOption = False) -> None:
        """Sign the return path of a message: its number in the sending log."""
        from rebond.core.tokens import sign as sign_token
        from rebond.services.errors import InputError
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        try:
            token = sign_token(int(message_id), keyring=site.keyring, issued=site.clock.now().date())
        except ValueError:
            raise InputError(f"{message_id!r} is no message number: give the field `message` of delivery log") from None
        email = site.config.email
        address = f"{email.return_prefix}+{token}@{email.bounce_domain}"
        show({"token": token, "return_path": address, "message": int(message_id)}, as_json=json)

    @tokens.command()
    @handles_errors
    def read(token: str, data: DataOption = None, json: JsonOption = False) -> int:
        """Check a token, alone or within an address: which message it names, and whether it holds."""
        from rebond.core.tokens import find
        from rebond.core.tokens import read as read_token
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        found = next(iter(find([token])), token)
        reading = read_token(found, keyring=site.keyring, today=site.clock.now().date())
        valid = reading.problem is None
        show(
            {"valid": valid, "message": reading.message, "issued": reading.issued, "problem": reading.problem},
            as_json=json,
        )
        return Exit.DONE if valid else Exit.REFUSED

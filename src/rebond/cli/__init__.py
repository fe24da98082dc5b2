"""The command line: each command makes one call and prints what came of it."""


def main() -> None:
    """Run the `rebond` command."""
    from rebond.cli.app import build_app

    build_app()()

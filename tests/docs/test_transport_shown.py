"""What the read-me shows of a mail server's configuration is what the guide shows, which the tests run."""

from tests.docs.pages import ROOT
from tests.mail_servers.documented import shown


def test_the_read_me_names_the_same_transport() -> None:
    transport = " ".join(shown("/etc/postfix/transport").split())
    assert f"`{transport}`" in (ROOT / "README.md").read_text("utf-8")

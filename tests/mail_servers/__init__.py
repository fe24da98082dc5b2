"""Real Postfix and Exim, started by the tests on the loopback interface, and real `rebond` processes beside them."""

import pytest

pytest.register_assert_rewrite("tests.mail_servers.round_trip", "tests.mail_servers.site")

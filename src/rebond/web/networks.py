"""Networks that strangers come from: what one household or office has is one stranger."""

import ipaddress

_V4, _V6 = 24, 56


def network_of_address(text: str) -> str:
    """Return the network of an IP address, as text; empty for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    length = _V4 if address.version == 4 else _V6
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))

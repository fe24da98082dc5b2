"""Email: messages composed once a delivery and filled per recipient, and the SMTP relay that takes them."""

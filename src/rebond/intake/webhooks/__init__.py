"""The event webhooks of email providers: checked at the door, stored, and settled like all that comes back."""

"""The names of the jobs: those that are asked for, and those that have their time."""

PREPARE = "prepare"
SEND = "send"
SETTLE = "settle"
RULES = "rules"
BULK = "bulk"
IMPORT = "import"
CANCEL = "cancel"
CLEANUP = "cleanup"
UPDATE = "deliverability-update"
AGGREGATES = "aggregates"
WATCH = "watch"
NOTIFY = "notifications"
WEBHOOKS = "webhooks"
OPT_IN = "opt-in"

KNOWN = frozenset(
    {PREPARE, SEND, SETTLE, RULES, BULK, IMPORT, CANCEL, CLEANUP, UPDATE, AGGREGATES, WATCH, NOTIFY, WEBHOOKS, OPT_IN}
)

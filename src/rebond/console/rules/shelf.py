"""All rules that give verdicts here, in the order in which they are tried."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rebond.core.qualify.loading import is_imported, load_site_rules
from rebond.core.qualify.rules import Level, Pack, Problem, Rule, RuleError
from rebond.store.read.rules import Document, RulesVersion, console_documents, rules_version
from rebond.web.current import current_site

LEVELS: Mapping[Level, str | Promise] = {
    Level.CONSOLE: _("Of this site"),
    Level.IMPORTED: _("From a pack"),
    Level.PROVIDER: _("Of a provider"),
    Level.GENERAL: _("General"),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rules in order; `documents` are those of the site, `broken` those of them that cannot be used."""

    rules: tuple[Rule, ...]
    documents: Mapping[str, Document]
    broken: tuple[Problem, ...] = ()

    def find(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == name), None)

    def is_own(self, name: str) -> bool:
        """Tell a rule that people of this site made, and may change."""
        return name in self.documents and not is_imported(self.documents[name])


@dataclass(slots=True)
class _Kept:
    site: object = None
    version: RulesVersion = ()
    shelf: Shelf | None = None


_kept = _Kept()


def shelf() -> Shelf:
    """Read the rules as they are now; made anew only when they changed."""
    site, version = current_site(), rules_version()
    if _kept.shelf is None or _kept.site is not site or _kept.version != version:
        _kept.shelf = _made(console_documents(), site.shipped_rules)
        _kept.site, _kept.version = site, version
    return _kept.shelf


def _made(documents: Mapping[str, Document], shipped: tuple[Rule, ...]) -> Shelf:
    try:
        own = load_site_rules(documents, with_examples=True)
        return Shelf(Pack.of([*own, *shipped]).rules, documents)
    except RuleError as error:
        return Shelf(Pack.of(shipped).rules, documents, error.problems)


def dialects(rules: tuple[Rule, ...]) -> list[tuple[str, int]]:
    """The files that rules come from, with how many come from each."""
    return sorted(Counter(rule.file for rule in rules).items())

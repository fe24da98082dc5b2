"""`rebond intake sources`: which providers post their webhooks to this site."""

from rebond.cli.output import DataOption, JsonOption, data_directory, show_rows


def sources(data: DataOption = None, json: JsonOption = False) -> None:
    """List the webhooks that are taken in: where each provider posts to, and what keeps one from being used."""
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.intake.webhooks.door import problem_with
    from rebond.intake.webhooks.sources import address_of, hook_sources

    rows = (
        {
            "name": source.name,
            "provider": source.provider,
            "address": address_of(source, site.config),
            "required_trust": source.required_trust.value,
            "problem": problem_with(source),
        }
        for source in hook_sources(site.config, data=site.data).values()
    )
    show_rows(rows, as_json=json, title="Webhooks of email providers")

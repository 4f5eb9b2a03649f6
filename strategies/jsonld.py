"""Municipalities and strategies as schema.org describes such things. Only what their pages say."""

from udsat.lib.jsonld import absolute, thing

from .models import Strategy

# As much of the day of adoption as is known.
_KNOWN = {
    Strategy.Precision.DAY: "%Y-%m-%d",
    Strategy.Precision.MONTH: "%Y-%m",
    Strategy.Precision.YEAR: "%Y",
}


def municipality(place):
    return thing(
        "GovernmentOrganization",
        name=place.official_name,
        url=absolute(place.get_absolute_url()),
        sameAs=place.website,
        telephone=place.phone,
        email=place.email,
        address=place.address,
    )


def strategy(found):
    """A promise with a period; no law, so not schema.org's Legislation."""
    return _work(found) | thing(
        "CreativeWork",
        genre=found.get_kind_display(),
        creativeWorkStatus=found.validity.label,
        hasPart=[
            thing("CreativeWork", name=theme.display_title, url=absolute(theme.get_absolute_url()))
            for theme in found.themes.all()
        ],
        associatedMedia=thing(
            "MediaObject", contentUrl=absolute(found.get_pdf_url()), encodingFormat="application/pdf"
        ),
    )


def theme(found):
    return thing(
        "CreativeWork",
        name=found.display_title,
        description=found.guiding_thread,
        url=absolute(found.get_absolute_url()),
        inLanguage="da",
        about=[topic.name for topic in found.topics.all()],
        isPartOf=_work(found.strategy),
    )


def _work(found):
    return thing(
        "CreativeWork",
        name=found.title,
        description=found.summary,
        url=absolute(found.get_absolute_url()),
        inLanguage="da",
        temporalCoverage=_period(found),
        datePublished=found.adopted_on.strftime(_KNOWN[found.adopted_precision]) if found.adopted_on else "",
        dateModified=found.updated_at.isoformat(timespec="seconds"),
        isBasedOn=found.source_url if found.is_restatement else "",
        publisher=municipality(found.municipality),
    )


def _period(found):
    start, end = (day.isoformat() if day else ".." for day in (found.starts_on, found.ends_on))
    return f"{start}/{end}" if found.starts_on or found.ends_on else ""

"""Schema.org data of municipalities and strategies, limited to what their pages show."""

from udsat.lib.jsonld import absolute_url, schema_object

from .models import Strategy

_ADOPTION_FORMATS = {
    Strategy.Precision.DAY: "%Y-%m-%d",
    Strategy.Precision.MONTH: "%Y-%m",
    Strategy.Precision.YEAR: "%Y",
}


def municipality_data(municipality):
    return schema_object(
        "GovernmentOrganization",
        name=municipality.official_name,
        url=absolute_url(municipality.get_absolute_url()),
        sameAs=municipality.website,
        telephone=municipality.phone,
        email=municipality.email,
        address=municipality.address,
    )


def strategy_data(strategy):
    """Return the strategy as a CreativeWork, not as Legislation, since it is not law."""
    return _work(strategy) | schema_object(
        "CreativeWork",
        genre=strategy.get_kind_display(),
        creativeWorkStatus=strategy.validity.label,
        hasPart=[
            schema_object("CreativeWork", name=theme.display_title, url=absolute_url(theme.get_absolute_url()))
            for theme in strategy.themes.all()
        ],
        associatedMedia=schema_object(
            "MediaObject", contentUrl=absolute_url(strategy.get_pdf_url()), encodingFormat="application/pdf"
        ),
    )


def theme_data(theme):
    return schema_object(
        "CreativeWork",
        name=theme.display_title,
        description=theme.guiding_thread,
        url=absolute_url(theme.get_absolute_url()),
        inLanguage="da",
        about=[topic.name for topic in theme.topics.all()],
        isPartOf=_work(theme.strategy),
    )


def _work(strategy):
    return schema_object(
        "CreativeWork",
        name=strategy.title,
        description=strategy.summary,
        url=absolute_url(strategy.get_absolute_url()),
        inLanguage="da",
        temporalCoverage=_period(strategy),
        datePublished=strategy.adopted_on.strftime(_ADOPTION_FORMATS[strategy.adopted_precision])
        if strategy.adopted_on
        else "",
        dateModified=strategy.last_changed.isoformat(timespec="seconds"),
        isBasedOn=strategy.source_url if strategy.is_restatement else "",
        publisher=municipality_data(strategy.municipality),
    )


def _period(strategy):
    start, end = (day.isoformat() if day else ".." for day in (strategy.starts_on, strategy.ends_on))
    return f"{start}/{end}" if strategy.starts_on or strategy.ends_on else ""

"""Test results that the accessibility statement at /tilgaengelighed/ publishes."""

import datetime
import json

from udsat.portal.statements import FACTS


def check_fact(name, value):
    """Compare a test result with the published one, and publish it if there is none.

    To update a fact, delete its line in udsat/data/tilgaengelighed.json and run the test again. This also sets the
    date of the check.
    """
    published = json.loads(FACTS.read_text()) if FACTS.exists() else {}
    if name not in published:
        published |= {name: value, "checked_on": datetime.date.today().isoformat()}
        FACTS.write_text(json.dumps(published, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    assert published[name] == value, f"The accessibility statement has another value of {name}: {published[name]}"

"""What the tests know of how accessible the pages are, for the statement that citizens read at /tilgaengelighed/."""

import datetime
import json

from udsat.portal.statements import FACTS


def hold(name, found):
    """Hold what a test has found against what the statement says; write it there when it says nothing of it.

    When it has rightly changed: take its line out of udsat/data/tilgaengelighed.json and run the test again. The day
    is written then, and otherwise stays.
    """
    told = json.loads(FACTS.read_text()) if FACTS.exists() else {}
    if name not in told:
        told |= {name: found, "checked_on": datetime.date.today().isoformat()}
        FACTS.write_text(json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    assert told[name] == found, f"The accessibility statement says something else about {name}: {told[name]}"

"""The requirement's configuration document, read into a form."""

import pytest

from kommutator.doors.http.retailcrm.form import config_form
from kommutator.kit.errors import InvalidInput


def test_a_rule_for_the_tray_is_refused_where_there_is_none() -> None:
    document = {"domain": "https://demo.retailcrm.ru", "rules": [{"create": "unsorted"}]}
    with pytest.raises(InvalidInput, match="rule_unsorted_foreign"):
        config_form(document)


def test_a_rule_that_makes_no_sense_is_told() -> None:
    document = {"domain": "https://demo.retailcrm.ru", "rules": [{"create": "coffee"}]}
    with pytest.raises(InvalidInput, match="rule_invalid"):
        config_form(document)

"""Bodies as amoCRM sends them, from the vendor's examples and from captures; each is a trap.

Where an example of the documentation is a list in a list, so is it here.
"""

from typing import Any

ACCOUNT = {
    "subdomain": "example",
    "id": "7039099",
    "_links": {"self": "https://example.amocrm.ru"},
}

LEAD_STATUS: dict[str, Any] = {
    "leads": {
        "status": {
            "0": {
                "id": "25399013",
                "name": "Lead title",
                "old_status_id": "7039101",
                "status_id": "142",
                "price": "0",
                "responsible_user_id": "123123",
                "last_modified": "1413554372",
                "modified_user_id": "123123",
                "created_user_id": "123123",
                "date_create": "1413554349",
                "pipeline_id": "1300",
                "account_id": "7039099",
                "custom_fields": [
                    {"id": "427183", "name": "Checkbox custom field", "values": ["1"]},
                    {"id": "427271", "name": "Date", "values": ["1542067200"]},
                    {"id": "427272", "name": "Radio", "values": {"value": "2"}},
                    {"id": "427273", "name": "Select", "values": [{"value": "x", "enum": "5"}]},
                ],
            }
        }
    }
}
CONTACT_ADD: dict[str, Any] = {
    "contacts": {
        "add": [
            {
                "id": "10952709",
                "name": "Контакт",
                "responsible_user_id": "123123",
                "account_id": "7039099",
                "custom_fields": [
                    {
                        "id": "575809",
                        "name": "Телефон",
                        "values": [{"value": "+76665554433", "enum": "311321"}],
                        "code": "PHONE",
                    }
                ],
                "linked_leads_id": {"7551167": {"ID": "7551167"}},
                "created_at": "1684402722",
                "updated_at": "1684402722",
                "type": "contact",
            }
        ]
    }
}
COMPANY_ADD: dict[str, Any] = {
    "contacts": {
        "add": [
            {
                "id": "10959143",
                "name": "Компания",
                "responsible_user_id": "123123",
                "created_at": "1684402979",
                "updated_at": "1684402979",
                "type": "company",
            }
        ]
    }
}
RESPONSIBLE: dict[str, Any] = {
    "contacts": {
        "update": [
            {
                "id": "10952709",
                "responsible_user_id": "123123",
                "old_responsible_user_id": "123123",  # a capture of 2025: nothing has changed
                "updated_at": "1684402722",
                "type": "contact",
            }
        ]
    }
}
LEAD_UPDATE: dict[str, Any] = {
    "leads": {"update": [{"id": "25399013", "status_id": "142", "updated_at": "1413554372"}]}
}
LEAD_DELETE: dict[str, Any] = {
    "leads": {"delete": [{"id": "25399013", "status_id": "142", "pipeline_id": "1300"}]}
}
COMPANY_DELETE: dict[str, Any] = {"contacts": {"delete": [{"id": "10959143", "type": "company"}]}}
NOTE: dict[str, Any] = {
    "leads": {
        "note": [
            {
                "note": {
                    "id": "991",
                    "note_type": "4",
                    "element_type": "2",
                    "element_id": "25399013",
                    "text": "text",
                    "metadata": '{"event_source":{"type":1}}',
                    "attachement": "file.png",
                    "responsible_user_id": "123123",
                    "last_modified": "1413554372",
                    "account_id": "7039099",
                }
            }
        ]
    }
}
COMPANY_NOTE: dict[str, Any] = {
    "contacts": {"note": [{"note": {"id": "992", "element_type": "3", "element_id": "10959143"}}]}
}
TASK: dict[str, Any] = {
    "task": {
        "update": [
            {
                "0": {
                    "id": "11122233",
                    "element_id": "33322211",
                    "element_type": "2",
                    "task_type": "1",
                    "date_create": "2017-07-20 15:00:00",
                    "text": "Follow-up",
                    "status": "1",
                    "account_id": "77711122",
                    "last_modified": "2017-07-21 19:00:00",
                    "responsible_user_id": "123123",
                    "complete_till": "2017-07-22 23:59:00",
                    "action_close": "1",
                    "result": {"id": "155155155", "text": "Success"},
                    "created_at": "1500562800",
                    "complete_before": "1500767940",
                }
            }
        ]
    },
    "account": {"subdomain": "test"},
}
UNSORTED_ADD: dict[str, Any] = {
    "unsorted": {
        "add": [
            {
                "uid": "40789acb990dbb97",
                "category": "forms",
                "account_id": "1312313",
                "pipeline_id": "142141",
                "source_data": {"23424_1": {"type": "multitext", "value": "23424"}},
                "data": {"leads": [{"date_create": "156232405", "tags": "Заявка с сайта"}]},
            }
        ]
    }
}
UNSORTED_ACCEPT: dict[str, Any] = {
    "unsorted": {
        "delete": [
            {
                "action": "accept",
                "uid": "40789acb990dbb97",
                "category": "forms",
                "created_at": "124242341",
                "accept_result": {"leads": ["2132111"], "contacts": ["3454532"]},
            }
        ]
    }
}
MESSAGE: dict[str, Any] = {
    "message": {
        "add": [
            {
                "id": "2f61amo-c914-r429-m4f1",
                "author": {"name": "Ivan Ivanov"},
                "text": "Hello World!",
                "created_at": "1580116931",
                "element_id": "123456789",
                "element_type": "1",
            }
        ]
    }
}
TEMPLATE_REVIEW: dict[str, Any] = {
    "add": [{"id": "6955", "type": "waba", "account_id": "31089582", "updated_at": "1698238241"}]
}
PIPELINE_MAIL: dict[str, Any] = {
    "leads": {"mail_in": [{"id": 4921027, "pipeline_id": 752662, "status_id": 16203334}]}
}
PIPELINE_STATUS: dict[str, Any] = {
    "leads": {
        "status": [
            {
                "id": 4831596,
                "old_pipeline_id": 752662,
                "pipeline_id": 752663,
                "old_status_id": 16203334,
                "status_id": 16203337,
            }
        ]
    },
    "account": {"id": "7039099", "subdomain": "example"},
}
CUSTOMER_PERIOD: dict[str, Any] = {
    "customers": {"period": [{"id": 4831596, "old_period_id": 16203334, "period_id": 16203337}]}
}
SEVERAL: dict[str, Any] = {
    "account": ACCOUNT,
    "leads": {
        "add": [{"id": "1", "updated_at": "1700000000"}, {"id": "2", "updated_at": "1700000001"}],
        "status": [{"id": "1", "status_id": "143", "old_status_id": "142"}],
    },
    "contacts": {
        "add": [{"id": "3", "type": "contact"}, {"id": "4", "type": "company"}],
        "delete": [{"id": "5", "type": "contact"}],
    },
}

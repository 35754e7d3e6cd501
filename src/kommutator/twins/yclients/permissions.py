"""Trees of rights: every name of the vendor's own sample (`GET /user/permissions/{company}`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

# Names of the rights that are yes or no.
_FLAGS: dict[str, str] = {
    "timetable": """
        timetable_access schedule_edit_access timetable_phones_access
        timetable_transferring_record_access timetable_statistics_access
    """,
    "record_form": """
        record_form_access record_form_client_access records_autocomplete_access
        create_records_access edit_records_access edit_records_attendance_access
        records_services_cost_access records_services_discount_access
        record_edit_full_paid_access delete_records_access
        delete_customer_came_records_access delete_paid_records_access records_goods_access
        records_goods_create_transaction_access records_goods_edit_transaction_access
        records_goods_cost_access records_goods_discount_access records_finances_access
        records_finances_pay_from_deposits_access records_group_id_access
    """,
    "finances": """
        finances_access finances_transactions_access finances_create_transactions_access
        finances_edit_transactions_access finances_delete_transactions_access
        finances_transactions_excel_access finances_accounts_access
        finances_accounts_banalce_access finances_suppliers_read_access
        finances_suppliers_create_access finances_suppliers_update_access
        finances_suppliers_delete_access finances_suppliers_excel_access
        finances_expenses_read_access expenses_read_access finances_expenses_create_access
        expenses_create_access finances_expenses_update_access expenses_update_access
        finances_expenses_delete_access expenses_delete_access
        finances_kkm_transactions_access kkm_transactions_accounts_access
        finances_kkm_settings_read_access kkm_settings_reed_access
        finances_kkm_settings_update_access kkm_settings_update_access
        finances_settings_invoicing_read_access settings_invoicing_read_access
        finances_settings_invoicing_update_access settings_invoicing_update_access
        finances_options_read_access options_read_access finances_options_update_access
        options_update_access finances_salary_schemes_access finances_salary_calc_access
        finances_salary_not_limitation_today_access
        finances_payroll_calculation_create_access
        finances_payroll_calculation_create_not_limitation_today_access
        finances_salary_access_master_checkbox
        finances_salary_master_not_limitation_today_access
        finances_payroll_calculation_create_by_master_access
        calculation_create_by_master_not_limitation_today_access
        finances_period_report_access finances_period_report_excel_access
        finances_year_report_access finances_year_report_excel_access
        finances_print_check_access finances_z_report_access
        finances_z_report_no_limit_today_access finances_z_report_excel_access
    """,
    "clients": """
        clients_access client_phones_access clients_phones_email_access
        clients_card_phone_access clients_delete_access clients_excel_access excel_access
        client_comments_list_access client_comments_add_access
        client_comments_own_edit_access client_comments_other_edit_access
        client_files_list_access client_files_upload_access client_files_delete_access
    """,
    "dashboard": """
        dashboard_access dash_access dash_phones_access dash_records_access
        dash_records_excel_access dash_records_phones_access dash_message_access
        dash_message_excel_access dash_message_phones_access dash_reviews_access
        dash_reviews_delete_access dashboard_calls_access dashboard_calls_excel_access
        dashboard_calls_phones_access
    """,
    "notification": """
        notification web_push web_phone_push notification_sms_ending_license
        notification_sms_low_balance notification_email_ending_license
    """,
    "loyalty": """
        loyalty_access has_loyalty_access loyalty_cards_manual_transactions_access
        has_loyalty_cards_manual_transactions_access
        loyalty_certificate_and_abonement_manual_transactions_access
    """,
    "storages": """
        storages_access storages_transactions_access storages_move_goods_access
        storages_create_transactions_access storages_create_transactions_buy_access
        storages_create_transactions_sale_access storages_edit_transactions_access
        storages_edit_transactions_buy_access storages_edit_transactions_sale_access
        storages_delete_transactions_access storages_transactions_excel_access
        storages_inventory_access storages_inventory_create_edit_access
        storages_inventory_delete_access storages_inventory_excel_access
        storages_remnants_report_access storages_remnants_report_excel_access
        storages_sales_report_access storages_sales_report_excel_access
        storages_consumable_report_access storages_consumable_report_excel_access
        storages_write_off_report_access storages_write_off_report_excel_access
        storages_turnover_report_access storages_turnover_report_excel_access
        storages_goods_crud_access storages_goods_create_access storages_goods_update_access
        storages_goods_title_edit_access storages_goods_category_edit_access
        storages_goods_selling_price_edit_access storages_goods_cost_price_edit_access
        storages_goods_units_edit_access storages_goods_critical_balance_edit_access
        storages_goods_masses_edit_access storages_goods_comment_edit_access
        storages_goods_archive_access storages_goods_delete_access
    """,
    "settings": """
        settings_access settings_basis_access settings_information_access users_access
        delete_users_access create_users_access edit_users_access settings_services_access
        settings_services_create_access services_edit settings_services_edit_title_access
        settings_services_relation_category_access settings_services_edit_price_access
        settings_services_edit_image_access
        settings_services_edit_online_seance_date_time_access
        settings_services_edit_online_pay_access
        settings_services_edit_services_related_resource_access settings_positions_read
        settings_positions_create settings_positions_delete edit_master_service_and_duration
        tech_card_edit services_delete settings_master_access master_create master_edit
        master_delete settings_master_dismiss_access schedule_edit
        settings_notifications_access settings_email_notifications_access
        settings_template_notifications_access webhook_read_access
    """,
    "other": """
        stat_access billing_access send_sms
    """,
}
# What else the tree says: limits in days (-1 = none), lists of ids, and restrictions.
_MORE: dict[str, Json] = {
    "timetable": {"master_id": 0, "position_id": 0, "last_days_count": 1000},
    "record_form": {
        "records_goods_create_last_days_count": -1,
        "records_goods_edit_last_days_count": -1,
        "records_finances_last_days_count": -1,
        "records_group_id": 0,
    },
    "finances": {
        "finances_accounts_ids": [],
        "finances_last_days_count": -1,
        "finances_create_last_days_count": -1,
        "finances_edit_last_days_count": -1,
        "finances_expenses_ids": [],
        "finances_salary_access_master_id": 0,
        "get_salary_access_master_id": 0,
    },
    "clients": {"clients_visit_master_id": 0, "get_visit_master_id": 0},
    "dashboard": {"dash_records_last_days_count": -1},
    "storages": {
        "storages_ids": [],
        "storages_last_days_count": -1,
        "storages_create_last_days_count": -1,
        "storages_edit_last_days_count": -1,
        "storages_transactions_types": [],
    },
    "settings": {"limited_users_access": False},
    "other": {"auth_enable_check_ip": False, "auth_list_allowed_ip": []},
}
# What hides phones: in clients, in the journal, on the dashboard.
PHONES = {
    "clients": {"client_phones_access": False, "clients_card_phone_access": False,
                "clients_phones_email_access": False},
    "timetable": {"timetable_phones_access": False},
    "dashboard": {"dash_phones_access": False, "dash_records_phones_access": False,
                  "dashboard_calls_phones_access": False},
}  # fmt: skip


def tree(changes: Mapping[str, Mapping[str, Any]] | None = None, *, allowed: bool = True) -> Json:
    """A whole tree with every right given (or none), then `changes` by room and name.

    Raises:
        ValueError: the vendor has no right of this name; nothing may rest on a misspelt one.
    """
    whole: Json = {
        room: {**dict.fromkeys(words.split(), allowed), **_MORE.get(room, {})}
        for room, words in _FLAGS.items()
    }
    return merged(whole, changes or {})


def merged(whole: Json, changes: Mapping[str, Mapping[str, Any]]) -> Json:
    """A copy of a tree with some rights changed.

    Raises:
        ValueError: unknown room or name.
    """
    result = {room: dict(rights) for room, rights in whole.items()}
    for room, rights in changes.items():
        for name, value in rights.items():
            if name not in result.get(room, {}):
                raise ValueError(f"no right {room}.{name}")
            result[room][name] = value
    return result

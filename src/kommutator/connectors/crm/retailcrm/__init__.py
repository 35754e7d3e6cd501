"""RetailCRM (Simla), API v5: telephony module, pop-ups, call history, customers, orders, tasks."""

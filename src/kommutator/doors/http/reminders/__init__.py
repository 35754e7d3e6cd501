"""The API of reminders and reviews: rules, previews, what clients said."""

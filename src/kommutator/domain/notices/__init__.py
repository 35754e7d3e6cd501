"""Notices of visits: who wants to hear what, when, and in which words. Pure."""

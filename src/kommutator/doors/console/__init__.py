"""The administrators' pages: server-rendered, with htmx for the parts that move."""

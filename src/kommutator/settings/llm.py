"""Settings of the assistant's other brain."""

from __future__ import annotations

from pydantic import Field

from kommutator.settings.handed import HandedSettings


class LlmSettings(HandedSettings):
    """How much one turn of a language model may take; which model, tenants say on their pages."""

    # --- Language models ---
    llm_turn_s: float = Field(
        12.0,
        gt=0,
        le=25,
        description="Seconds a language model may think about one turn; then the rules answer.",
    )
    llm_requests: int = Field(6, ge=1, le=20, description="Requests to a model in one turn.")
    llm_tool_calls: int = Field(12, ge=1, le=50, description="Tools a model may use in one turn.")
    llm_tokens: int = Field(
        60_000,
        ge=1_000,
        description="Tokens of one turn, asked and answered, of all its requests together.",
    )
    llm_turns_per_day: int = Field(
        5_000,
        ge=1,
        description="Turns a day (UTC) that one tenant may have answered by a language model, "
        "whatever its own settings say.",
    )

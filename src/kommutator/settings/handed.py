"""Settings from the values handed over, read by `load_settings`, and from nothing else."""

from __future__ import annotations

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource


class HandedSettings(BaseSettings):
    """Which environment counts is said once, by whoever makes the settings."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

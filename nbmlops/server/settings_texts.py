"""The texts of the settings editor in the reader's language.

JupyterLab translates the titles and descriptions of settings in the server, and looks for them in
its language packs only; these are beside them, in ``nbmlops/locale``.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from typing import Any

from nbmlops.server.languages import texts_of

DOMAIN = "nbmlops"
"""What the schemas name as the domain of their texts."""

_BETWEEN = "\x04"
"""What stands between the context of a text and the text, as gettext has it."""


class SettingsTexts(gettext.NullTranslations):
    """The texts of one language, as ``gettext`` hands them out; English where there is none.

    >>> SettingsTexts("de_DE").pgettext("settings", "Failures")
    'Fehlschläge'
    >>> SettingsTexts("tlh").pgettext("settings", "Failures")
    'Failures'
    """

    def __init__(self, language: str) -> None:
        super().__init__()
        self._texts: Mapping[str, Any] = texts_of(language)

    def gettext(self, message: str) -> str:
        """The text in this language."""
        found = self._texts.get(message)
        return str(found[0]) if found else message

    def pgettext(self, context: str, message: str) -> str:
        """The text in this language, as it is used in a context."""
        found = self._texts.get(f"{context}{_BETWEEN}{message}")
        return str(found[0]) if found else self.gettext(message)


def translate_settings() -> None:
    """Let JupyterLab find the texts of our settings, now and when another language is chosen."""
    from jupyterlab_server.translation_utils import TranslationBundle, translator

    class _Bundle(TranslationBundle):
        def update_locale(self, locale_: str) -> None:
            super().update_locale(locale_)
            self._translator = SettingsTexts(locale_)

    translator._TRANSLATORS[DOMAIN] = _Bundle(DOMAIN, translator._LOCALE)  # noqa: SLF001  (no other way in)

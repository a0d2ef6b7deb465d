"""Why a login did not happen."""

from __future__ import annotations


class LoginFailed(Exception):
    """``sentence`` is for the visitor, ``detail`` for the log (without secrets), ``status`` for the page."""

    def __init__(self, sentence: str, detail: str, status: int = 502) -> None:
        super().__init__(detail)
        self.sentence = sentence
        self.detail = detail
        self.status = status

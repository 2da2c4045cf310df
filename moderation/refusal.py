"""Why a command does not do what was asked, as a sentence for the person at the terminal."""


class Refusal(Exception):
    """The message says what is wrong; `hint` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

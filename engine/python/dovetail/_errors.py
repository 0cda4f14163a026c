"""What goes wrong, as exceptions."""


class Infeasible(Exception):
    """Raised by a user's function: this point cannot be built or measured. The trial has failed with this reason, which is
    learned from. Also raised where a space has no point at all.

        raise dovetail.Infeasible("bank too small")
    """

    def __init__(self, reason=""):
        super().__init__(reason)

    @property
    def reason(self):
        return str(self)


class InputError(ValueError):
    """A file or document is wrong. `str()` begins FILE:LINE:COLUMN and has every message; `file`, `line` and `column` are the
    place of the first (None where only the name of a value is known), `messages` all of them, one text each."""

    def __init__(self, text, file=None, line=None, column=None, messages=()):
        super().__init__(text)
        self.file = file
        self.line = line
        self.column = column
        self.messages = list(messages)


class StorageError(RuntimeError):
    """A store cannot be used: it cannot be read or written, is another study's, or exists and `resume` was not given."""


for _class in (Infeasible, InputError, StorageError):
    _class.__module__ = "dovetail"

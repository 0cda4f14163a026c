"""The parameters of a space: immutable values with the names of a space file."""


class _Parameter:
    __slots__ = ("_values",)
    kind = ""

    def __init__(self, **values):
        object.__setattr__(self, "_values", values)

    def __setattr__(self, name, value):
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __getattr__(self, name):
        try:
            return object.__getattribute__(self, "_values")[name]
        except (KeyError, AttributeError):
            raise AttributeError(f"{type(self).__name__} has no {name!r}") from None

    def to_dict(self):
        """The parameter as in a space file, without its name."""
        return {"kind": self.kind, **self._values}

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def __eq__(self, other):
        return type(self) is type(other) and self._values == other._values

    def __hash__(self):
        return hash(repr(self))

    def __reduce__(self):
        return _restore, (type(self), self._values)


def _restore(kind, values):
    parameter = kind.__new__(kind)
    object.__setattr__(parameter, "_values", values)
    return parameter


class Integer(_Parameter):
    """A whole number low, low + step, ... up to high; `log` searches its logarithm."""

    __slots__ = ()
    kind = "integer"

    def __init__(self, low, high, step=1, log=False):
        super().__init__(low=low, high=high, step=step, log=log)


class Real(_Parameter):
    """A real number from low to high; `log` searches its logarithm."""

    __slots__ = ()
    kind = "real"

    def __init__(self, low, high, log=False):
        super().__init__(low=low, high=high, log=log)


class Ordinal(_Parameter):
    """One of some numbers, ascending: their order means something."""

    __slots__ = ()
    kind = "ordinal"

    def __init__(self, values):
        super().__init__(values=list(values))


class Choice(_Parameter):
    """One of some names, without an order (`categorical` in a space file)."""

    __slots__ = ()
    kind = "categorical"

    def __init__(self, values):
        super().__init__(values=list(values))


class Permutation(_Parameter):
    """An order of some names."""

    __slots__ = ()
    kind = "permutation"

    def __init__(self, values):
        super().__init__(values=list(values))


class Factorization(_Parameter):
    """Whole factors of `product`, one for each of the named slots."""

    __slots__ = ()
    kind = "factorization"

    def __init__(self, product, slots):
        super().__init__(product=product, slots=list(slots))


for _class in (Integer, Real, Ordinal, Choice, Permutation, Factorization):
    _class.__module__ = "dovetail"

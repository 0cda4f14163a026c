"""Progress of a running search: a bar, a line, or nothing."""

import sys


class Progress:
    """Called with (done, total, best, gap). `how` is "auto", None, or a function that is called in its place."""

    def __init__(self, how, words="trials"):
        if not (how is None or how == "auto" or callable(how)):
            raise ValueError(f"progress is {how!r}, allowed are 'auto', None and a function(done, total, best, gap)")
        self._function = how if callable(how) else None
        self._words = words
        self._bar = None
        self._line = False
        self._visible = how == "auto" and sys.stderr is not None and sys.stderr.isatty()

    @property
    def silent(self):
        return self._function is None and not self._visible

    def __call__(self, done, total, best=None, gap=None):
        if self._function is not None:
            self._function(done, total, best, gap)
        elif self._visible:
            self._show(done, total, best, gap)

    def _show(self, done, total, best, gap):
        if self._bar is None and not self._line:
            try:
                from tqdm import tqdm
                self._bar = tqdm(total=total, unit=self._words.rstrip("s"), leave=False)
            except ImportError:
                self._line = True
        if self._bar is not None:
            self._bar.total = total
            self._bar.n = done
            if best is not None:
                self._bar.set_postfix_str(f"best {best:.4e}" + (f", gap {100 * gap:.1f} %" if gap is not None else ""), refresh=False)
            self._bar.refresh()
        else:
            text = f"{done}/{total} {self._words}" + (f"  best {best:.4e}" if best is not None else "")
            sys.stderr.write("\r\033[K" + text)
            sys.stderr.flush()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._bar is not None:
            self._bar.close()
        elif self._line:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

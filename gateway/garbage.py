"""How a serving process collects its garbage: the catalog is not looked through again while queries wait."""

import atexit
import gc

_YOUNG = 20_000
_OLDER = (20, 50)


def settle() -> None:
    """Take all that is here now for lasting, and collect less often what comes later.

    Trees of SQL point to their parents, so that every plan leaves cycles behind: by Python's own thresholds a seventh
    of the time of planning went into collections, some of them 30 ms and longer. For processes that serve, once they
    have read what they keep.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
    gc.set_threshold(_YOUNG, *_OLDER)

"""The memory that starting ONNX Runtime takes: had at once before, and given back after.

All of this is advice: where the system does not take it (another libc, an older kernel), starting
takes 1 ms and 4 MB more.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int, c_size_t, c_void_p

_HEAP = 8 << 20  # bytes that registering the operators allocates, in small pieces
_PAGE = 4096
_MADV_DONTNEED, _MADV_POPULATE_WRITE = 4, 23  # <sys/mman.h>; the second since Linux 5.14


def prepare_heap() -> None:
    """Have the heap's pages ready for ONNX Runtime to start in.

    Registering the operators makes some 100,000 small allocations, for which the heap grows page by
    page, each page a fault. Mapped in one call before, it takes 1 ms less of 18 (glibc 2.36, Linux
    6.18, medians of 7).

    One effect stays: malloc takes blocks of up to 8 MB from the heap instead of mapping each, and
    keeps up to 16 MB at the heap's end. That is what glibc's dynamic threshold does by itself once
    a program has freed a block of that size; it does nothing where the user has set a threshold.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return
    libc.malloc.argtypes, libc.malloc.restype = (c_size_t,), c_void_p
    libc.free.argtypes = (c_void_p,)
    libc.free(libc.malloc(_HEAP))  # now blocks of this size come from the heap
    block = libc.malloc(_HEAP - 2 * _PAGE)
    if block:
        start = -(-block // _PAGE) * _PAGE
        _advise(libc, start, _HEAP - 4 * _PAGE, _MADV_POPULATE_WRITE)
        libc.free(block)


def release_code(path: str) -> None:
    """Give back the memory that a library's code takes; what runs again is mapped again.

    Registering the operators runs 8 MB of code once. The pages are clean copies of the file in the
    page cache, so that dropping them costs 0.4 ms and mapping those few that are needed, nothing
    that can be measured; the function's peak memory is 4 MB lower. Only code is dropped: it is
    never written to, unlike what the loader relocates.
    """
    try:
        with open("/proc/self/maps") as maps:
            lines = [line.split() for line in maps if line.rstrip().endswith(path)]
    except OSError:  # not Linux
        return
    for span, permissions, *_ in lines:
        if permissions == "r-xp":
            start, end = (int(address, 16) for address in span.split("-"))
            _advise(ctypes.CDLL(None), start, end - start, _MADV_DONTNEED)


def _advise(libc: ctypes.CDLL, start: int, size: int, advice: int) -> None:
    libc.madvise(c_void_p(start), c_size_t(size), c_int(advice))

"""The interpreter of plan tables, run by every thread of the pool: one small native function.

A plan is a table of groups; a group is a list of kernel calls that are run one after the other for
one chunk of items after the other. Threads take chunks from a counter, and go on to the next group
when all chunks of this one are done. Nobody waits for a thread that does nothing: one that the
operating system keeps from running, or that still sleeps, holds up a run only if it has a chunk.
All numbers are int64 words.

    group   0 calls  1 address of the first call  2 items  3 chunk: items a thread takes at once
            4 step: items that all calls process before the next  5 address of the counters
            6 serial: one thread does it all  7 failures: whether a call of it can fail
    call    0 kernel  1 argument block of thread 0  2 bytes from one thread's block to the next
            3 factor: items of the call per item of the group  4 moves  5 address of the first move
    move    0 word of the block  1 address for thread 0 and item 0  2 bytes per thread
            3 bytes per item     (an operand that lives in a thread's own scratch memory)
    counters  0 chunks that were taken  1 items that are done    (one cache line)
    job     0 generation  16 table, groups, failure  32 team: threads that work on it, and CLOSED
            (three cache lines)

A worker that sees a new generation joins the team, unless that is closed. The caller of a run
closes it at the end and waits until nobody is left in it: then the table may be changed.
"""

from __future__ import annotations

from numba import njit

from ..simd import (
    call_kernel,
    fetch_add,
    load_acquire,
    pause,
    set_word,
    store_release,
    word,
    yield_thread,
)

GROUP_WORDS, CALL_WORDS, MOVE_WORDS = 8, 6, 4
CLOSED = 1 << 32  # more than there are threads
_TEAM = 32 * 8  # where it is in a job, in bytes
_SPINS = 4000  # polls before a waiting thread offers its core to others


@njit
def wait_for(address, value):
    """Waits until other threads have made a word what it has to be."""
    polls = 0
    while load_acquire(address) != value:
        pause()
        polls += 1
        if polls > _SPINS:
            yield_thread()


@njit
def run_items(group, thread, lo, hi):
    """Runs all calls of a group for the items `lo` up to `hi`, `step` at a time."""
    calls, call_table, step = word(group, 0), word(group, 1), word(group, 4)
    start = lo
    while start < hi:
        end = min(start + step, hi)
        for c in range(calls):
            call = call_table + c * CALL_WORDS * 8
            args = word(call, 1) + thread * word(call, 2)
            for m in range(word(call, 4)):
                move = word(call, 5) + m * MOVE_WORDS * 8
                address = word(move, 1) + thread * word(move, 2) - start * word(move, 3)
                set_word(args, word(move, 0), address)
            factor = word(call, 3)
            call_kernel(word(call, 0), start * factor, end * factor, args)
        start = end


@njit
def run_alone_group(group):
    """Runs a group on the calling thread, by the same chunks."""
    items, chunk = word(group, 2), word(group, 3)
    if word(group, 6) != 0:
        chunk = items
    start = 0
    while start < items:
        run_items(group, 0, start, min(start + chunk, items))
        start += chunk


@njit
def run_shared_group(group, thread):
    """Takes a thread's share of a group, and waits for the others'."""
    items, chunk, counters = word(group, 2), word(group, 3), word(group, 5)
    if word(group, 6) != 0:
        chunk = items
    start = fetch_add(counters, 1) * chunk
    while start < items:
        end = min(start + chunk, items)
        run_items(group, thread, start, end)
        fetch_add(counters + 8, end - start)
        start = fetch_add(counters, 1) * chunk
    wait_for(counters + 8, items)


@njit
def run_table(table, groups, thread, is_alone, failure):
    """What one thread does for a whole plan."""
    for g in range(groups):
        group = table + g * GROUP_WORDS * 8
        if is_alone != 0:
            run_alone_group(group)
        else:
            run_shared_group(group, thread)
        if word(group, 7) != 0 and load_acquire(failure) != 0:
            return


def reset(table, groups):
    """Sets the counters of a plan's groups back, before anybody takes items."""
    for g in range(groups):
        counters = word(table + g * GROUP_WORDS * 8, 5)
        set_word(counters, 0, 0)
        set_word(counters, 1, 0)


def publish(job, table, groups, failure):
    """Gives the pool's workers a job, and opens the team."""
    set_word(job, 16, table)
    set_word(job, 17, groups)
    set_word(job, 18, failure)
    fetch_add(job + _TEAM, -CLOSED)
    store_release(job, word(job, 0) + 1)


def run_plan(job, table, groups, failure):
    """The calling thread's part of a run that is published; alone if `job` is 0. Returns when all
    is done, and nobody else is at it."""
    run_table(table, groups, 0, int(job == 0), failure)
    if job != 0:
        fetch_add(job + _TEAM, CLOSED)
        wait_for(job + _TEAM, CLOSED)


def run_alone(run):
    """Runs a plan on the calling thread. `run`: 0 table, 1 groups, 2 failure."""
    run_table(word(run, 0), word(run, 1), 0, 1, word(run, 2))


def work(job, thread, seen, spins):
    """A worker's part: runs jobs until there has been none for `spins` polls.

    Returns:
      The generation of the last job it has seen.
    """
    while True:
        polls = 0
        while load_acquire(job) == seen:
            pause()
            polls += 1
            if polls > spins:
                return seen
        seen = load_acquire(job)
        if fetch_add(job + _TEAM, 1) < CLOSED:
            run_table(word(job, 16), word(job, 17), thread, 0, word(job, 18))
        fetch_add(job + _TEAM, -1)

"""The interpreter of plan tables, run by every thread of the pool: one small native function.

A plan is a table of groups; a group is a list of kernel calls that are run one after the other for
one chunk of items after the other. Threads take chunks from a counter; a barrier stands between
groups. All numbers are int64 words.

    group   0 calls  1 address of the first call  2 items  3 chunk: items a thread takes at once
            4 step: items that all calls process before the next  5 address of the counter
            6 serial: only thread 0 works  7 failures: whether a call of it can fail
    call    0 kernel  1 argument block of thread 0  2 bytes from one thread's block to the next
            3 factor: items of the call per item of the group  4 moves  5 address of the first move
    move    0 word of the block  1 address for thread 0 and item 0  2 bytes per thread
            3 bytes per item     (an operand that lives in a thread's own scratch memory)
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
_SPINS = 2000  # polls before a waiting thread offers its core to others


@njit
def barrier(address, threads):
    """Waits until all threads are here. `address`: two cache lines, a count and a generation."""
    generation = load_acquire(address + 128)
    if fetch_add(address, 1) == threads - 1:
        store_release(address, 0)
        store_release(address + 128, generation + 1)
        return
    polls = 0
    while load_acquire(address + 128) == generation:
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
def run_table(table, groups, thread, threads, barrier_address, failure):
    """What one thread does for a whole plan."""
    for g in range(groups):
        group = table + g * GROUP_WORDS * 8
        items, chunk = word(group, 2), word(group, 3)
        if word(group, 6) != 0:
            if thread == 0:
                run_items(group, 0, 0, items)
        elif threads == 1:
            start = 0
            while start < items:
                run_items(group, 0, start, min(start + chunk, items))
                start += chunk
        else:
            while True:
                start = fetch_add(word(group, 5), 1) * chunk
                if start >= items:
                    break
                run_items(group, thread, start, min(start + chunk, items))
        if threads > 1:
            last_of_serial_run = g + 1 == groups or word(group + GROUP_WORDS * 8, 6) == 0
            if word(group, 6) == 0 or last_of_serial_run:
                barrier(barrier_address, threads)
        if word(group, 7) != 0 and load_acquire(failure) != 0:
            return


def reset(table, groups):
    """Sets the counters of a plan's groups back, before anybody takes items."""
    for g in range(groups):
        set_word(word(table + g * GROUP_WORDS * 8, 5), 0, 0)


def publish(job, table, groups, threads, barrier_address, failure):
    """Gives the pool's workers a job.

    `job`: 0 generation, then from the next cache line on: table, groups, threads, barrier, failure.
    """
    set_word(job, 16, table)
    set_word(job, 17, groups)
    set_word(job, 18, threads)
    set_word(job, 19, barrier_address)
    set_word(job, 20, failure)
    store_release(job, word(job, 0) + 1)


def run_plan(table, groups, threads, barrier_address, failure):
    """The calling thread's part of a run; returns when all threads have done theirs."""
    run_table(table, groups, 0, threads, barrier_address, failure)
    if threads > 1:
        barrier(barrier_address, threads)


def run_alone(run):
    """Runs a plan on the calling thread. `run`: 0 table, 1 groups, 2 failure."""
    run_table(word(run, 0), word(run, 1), 0, 1, 0, word(run, 2))


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
        groups, threads = word(job, 17), word(job, 18)
        run_table(word(job, 16), groups, thread, threads, word(job, 19), word(job, 20))
        barrier(word(job, 19), threads)

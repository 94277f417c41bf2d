"""The simulation of a day and of a rush: arrivals, cores, turns, and what it says of waiting."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.capacity.__main__ import main, need, processes_for
from benchmarks.capacity.arrivals import DAY_S, Request, of_a_day, of_a_rush, rate
from benchmarks.capacity.assumptions import Costs, Habits, Kind, Machines
from benchmarks.capacity.cores import Cores, Process, Thread
from benchmarks.capacity.simulation import simulate
from benchmarks.load import plan

COSTS, HABITS = Costs(), Habits()


def requests_of(servers: int, seed: int = 0, habits: Habits = HABITS) -> list[Request]:
    return of_a_day(servers, habits, np.random.default_rng(seed), begin=0.0, end=DAY_S)


def test_rate_follows_the_hours() -> None:
    seconds = np.arange(0, DAY_S, 60)
    rates = [rate(each, HABITS) for each in seconds]
    assert np.mean(rates) == pytest.approx(1)
    assert max(rates) == HABITS.peak
    assert seconds[np.argmax(rates)] == HABITS.peak_hour * 3600


def test_arrivals() -> None:
    requests = requests_of(2_000)
    assert requests == requests_of(2_000)
    assert requests != requests_of(2_000, seed=1)
    times = [each.at for each in requests]
    assert times == sorted(times)
    assert len(times) == pytest.approx(2_000 * HABITS.requests, rel=0.1)
    poems = sum(each.is_poem for each in requests) / len(requests)
    assert poems == pytest.approx(HABITS.poems, abs=0.02)
    by_hour = Counter(int(at // 3600) for at in times)
    assert by_hour[19] + by_hour[20] > 3 * (by_hour[7] + by_hour[8])


def test_rush_is_that_of_the_load_test() -> None:
    requests = of_a_rush(4, 20)
    assert [each.is_poem for each in requests] == [what == "poem" for what in plan(4, 20)]
    assert requests[0].at == 0.0
    assert requests[-1].at == pytest.approx(23 / 24)


def ends_of(cores: float, *work: tuple[Process, float]) -> list[float]:
    """When pieces of work, each in a thread, are done."""
    machine, ends = Cores(cores), [0.0] * len(work)
    for number, (process, seconds) in enumerate(work):

        def end(at: int = number) -> None:
            ends[at] = machine.now

        machine.run_on(Thread(process), seconds, end)
    machine.run()
    return ends


def test_processes_share_the_cores() -> None:
    a, b, c = Process(), Process(), Process()
    assert ends_of(2, (a, 1.0), (b, 1.0)) == [1.0, 1.0]
    # All at two thirds of a core, until the first is done; then each has one.
    assert ends_of(2, (a, 1.0), (b, 2.0), (c, 2.0)) == pytest.approx([1.5, 2.5, 2.5])
    assert a.cpu_s == pytest.approx(2.0)


def test_weights_divide_what_is_left() -> None:
    heavy, light, lighter = Process(), Process(0.25), Process(0.25)
    # The heavy one cannot use more than a core; the others share the second one.
    assert ends_of(2, (heavy, 1.0), (light, 1.0), (lighter, 1.0)) == pytest.approx([1, 1.5, 1.5])
    assert ends_of(1, (heavy, 0.8), (light, 0.2)) == pytest.approx([1.0, 1.0])


def test_threads_of_a_process_share_its_core() -> None:
    process = Process()
    assert ends_of(4, (process, 1.0), (process, 1.0)) == pytest.approx([2.0, 2.0])


def test_pieces_of_a_thread_are_done_in_their_order() -> None:
    machine, thread, done = Cores(2), Thread(Process()), list[tuple[str, float]]()
    machine.run_on(thread, 1.0, lambda: done.append(("first", machine.now)))
    machine.run_on(thread, 0.5, lambda: done.append(("second", machine.now)))
    machine.at(0.25, lambda: done.append(("due", machine.now)))
    machine.run()
    assert done == [("due", 0.25), ("first", 1.0), ("second", 1.5)]


@pytest.mark.parametrize("is_poem", [False, True])
def test_one_request_waits_for_its_work_only(is_poem: bool) -> None:
    waits = simulate([Request(5.0, is_poem)], Machines(cores=2), COSTS)
    (seconds,) = waits.poems if is_poem else waits.names
    kind = COSTS.poem if is_poem else COSTS.card
    shown = COSTS.edit_s if is_poem else COSTS.card_shown_s
    assert seconds >= COSTS.answer_s + kind.text_s() + shown - 1e-9
    assert seconds <= COSTS.answer_s + kind.text_s() + 2 * shown + 1e-9  # and its first line
    assert waits.acknowledged == [pytest.approx(COSTS.answer_s)]


def test_batches_cost_less() -> None:
    kind = Kind(each_s=0.05, shared_s=0.1, turns=10)
    assert kind.turn_s(1) * 10 == pytest.approx(kind.text_s())
    assert kind.turn_s(8) * 10 / 8 == pytest.approx(kind.text_s(8))
    assert kind.text_s(8) < kind.text_s() / 2


@pytest.mark.parametrize(
    "machines", [Machines(), Machines(writers=2, cores=2), Machines(3, 2, 4)], ids=str
)
def test_everybody_is_answered(machines: Machines) -> None:
    requests = requests_of(300)
    waits = simulate(requests, machines, COSTS)
    poems = sum(each.is_poem for each in requests)
    assert len(waits.acknowledged) == len(requests)
    assert len(waits.poems) == len(waits.first_lines) == poems
    assert len(waits.names) == len(requests) - poems
    assert min(waits.names) > COSTS.answer_s
    least = len(waits.names) * COSTS.card.each_s + poems * COSTS.poem.each_s
    assert sum(waits.written_s) > least


def test_names_do_not_wait_behind_poems() -> None:
    poems = [Request(0.0, True) for _ in range(100)]
    waits = simulate([*poems, Request(0.5, False)], Machines(cores=2), COSTS)
    assert waits.names[0] < 0.3
    assert np.median(waits.poems) > 1


def test_begun_poems_are_finished_before_others_begin() -> None:
    waits = simulate([Request(0.0, True) for _ in range(64)], Machines(cores=2), COSTS)
    assert min(waits.poems) < max(waits.first_lines) / 2


def test_rush_takes_the_cores_that_it_needs() -> None:
    """It ends when all the work is done, by cores that are hardly ever idle."""
    requests = of_a_rush(50, 250)
    waits = simulate(requests, Machines(1, 2, 2, has_members=True), COSTS)
    work = waits.loops_cpu_s + waits.writers_cpu_s + waits.members_cpu_s
    assert waits.end == pytest.approx(work / 2, rel=0.3)
    assert waits.members_cpu_s > 300 * COSTS.member_s
    assert waits.writers_cpu_s > COSTS.writer_start_s + COSTS.first_poem_s
    four = simulate(requests, Machines(1, 4, 4, has_members=True), COSTS)
    assert np.median(waits.poems) > 1.3 * np.median(four.poems)


def test_need_grows_with_the_servers() -> None:
    small, large = need(10_000, HABITS, COSTS), need(1_000_000, HABITS, COSTS)
    assert large.requests == 100 * small.requests
    assert large.writing_cores == pytest.approx(100 * small.writing_cores)
    assert (small.processes, large.processes) == (1, 40)
    assert processes_for(100, 1.6) == 4


def test_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--servers", "200"]) == 0
    printed = capsys.readouterr().out
    assert "1,000,000 servers" in printed
    assert "first line" in printed
    assert main(["--rush", "--poems", "2", "--cards", "10", "--writers", "2", "--cores", "2"]) == 0
    assert "12 requests" in capsys.readouterr().out


def test_several_loops_need_writers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--processes", "2"])
    assert "need --writers" in capsys.readouterr().err

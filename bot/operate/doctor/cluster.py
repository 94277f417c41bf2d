"""The Dask cluster: its scheduler, its workers, and whether they run the same code."""

import asyncio

from bot.operate.doctor.findings import Finding, fine, refused, warning
from bot.settings import Settings
from bot.startup import StartupError

CHECK = "Cluster"
SAME = "Start the workers from the same version of the bot, with the same packages."


def examine_cluster(settings: Settings) -> list[Finding]:
    """Whether the scheduler of INFERENCE answers, and which of its workers the bot can use."""
    if not settings.inference:
        return []
    from bot.writing.cluster import look_at
    from bot.writing.connection import ClusterUnreachable, scheduler_address

    try:
        address = scheduler_address(settings.inference)
        workers, reasons = asyncio.run(look_at(address))
    except StartupError as error:
        return [refused(CHECK, error)]
    except ClusterUnreachable as error:
        found = f"The Dask scheduler {address} {error}. The bot writes by itself until it answers."
        advice = (
            "Start dask scheduler there, as docs/hosting/cluster.md says, or correct INFERENCE; "
            "look at firewall and TLS."
        )
        return [warning(CHECK, found, advice)]
    findings = [
        warning(CHECK, f"The worker {worker} is not used: it {reason}.", SAME)
        for worker, reason in sorted(reasons.items())
    ]
    findings += [
        warning(
            CHECK,
            f"Texts of the worker {worker.address} may differ from those of the bot: it has "
            f"{', '.join(worker.differences)}.",
            SAME,
        )
        for worker in workers
        if worker.differences
    ]
    if not workers and not reasons:
        found = f"The Dask scheduler {address} answers, but has no workers."
        advice = (
            f"Start one: python -m dask worker {address} --host ITS_ADDRESS --dashboard-address "
            "127.0.0.1:0; docs/hosting/cluster.md has the ports as well."
        )
        findings.append(warning(CHECK, found, advice))
    elif workers:
        threads = sum(worker.threads for worker in workers)
        training = sum(bool(worker.trains) for worker in workers)
        found = f"{address} answers. Usable workers: {len(workers)}, of which train: {training}"
        findings.append(fine(CHECK, f"{found}; threads that write: {threads}."))
    return findings

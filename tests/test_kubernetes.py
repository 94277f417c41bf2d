"""deploy/kubernetes.yaml, and the commands of docs/hosting/cluster.md: do they fit together?"""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from bot.settings import SETTINGS
from bot.writing.connection import scheduler_address
from tests.test_deploy import CHECKOUT, LONGEST_STOP_S, dockerfile

FILE = CHECKOUT / "deploy" / "kubernetes.yaml"
PAGE = CHECKOUT / "docs" / "hosting" / "cluster.md"

Object = Mapping[str, Any]


def objects(kind: str) -> dict[str, Object]:
    """The objects of a kind, by name."""
    found = [each for each in yaml.safe_load_all(FILE.read_text()) if each["kind"] == kind]
    assert len({each["metadata"]["name"] for each in found}) == len(found)
    return {each["metadata"]["name"]: each for each in found}


def pods() -> dict[str, Object]:
    """The templates of pods, by the name of their Deployment."""
    return {name: each["spec"]["template"] for name, each in objects("Deployment").items()}


def container(name: str) -> Object:
    (only,) = pods()[name]["spec"]["containers"]
    found: Object = only
    return found


def variables(name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(name)["env"]}


def selected(labels: Mapping[str, str]) -> set[str]:
    """The Deployments whose pods have these labels."""
    return {
        name for name, pod in pods().items() if labels.items() <= pod["metadata"]["labels"].items()
    }


def test_each_deployment_selects_its_own_pods() -> None:
    for name, each in objects("Deployment").items():
        assert selected(each["spec"]["selector"]["matchLabels"]) == {name}


def test_service_leads_to_the_scheduler() -> None:
    ((name, service),) = objects("Service").items()
    assert selected(service["spec"]["selector"]) == {"dask-scheduler"}
    (port,) = service["spec"]["ports"]
    arguments = container("dask-scheduler")["args"]
    listened = int(arguments[arguments.index("--port") + 1])
    assert {port["targetPort"], container("dask-scheduler")["ports"][0]["containerPort"]} == {
        listened
    }
    assert container("dask-scheduler")["readinessProbe"]["tcpSocket"]["port"] == listened
    address = f"tcp://{name}:{port['port']}"
    assert scheduler_address(variables("mangosaurus")["INFERENCE"]) == address
    assert container("dask-worker")["args"][0] == address


def test_settings_are_those_of_the_bot() -> None:
    assert {name.lower() for name in variables("mangosaurus")} <= set(SETTINGS)
    comments = re.search(r"# (.*)\n +envFrom", FILE.read_text())
    assert comments is not None
    assert {name.lower() for name in re.findall(r"[A-Z]+_[A-Z_]+", comments[1])} <= set(SETTINGS)


def test_variables_are_those_of_dask() -> None:
    import dask

    for name in ("dask-scheduler", "dask-worker"):
        of_dask = {key: value for key, value in variables(name).items() if key.startswith("DASK_")}
        for key, value in dask.config.collect_env(of_dask).items():
            known = dask.config.canonical_name(key, dask.config.config)
            assert known in dask.config.config
            mounts = [each["mountPath"] for each in container(name)["volumeMounts"]]
            assert value in mounts


def documented() -> Iterator[list[str]]:
    """The commands of the page that start a scheduler or a worker."""
    page = PAGE.read_text().replace("\\\n", "")
    for line in re.findall(r"^    \S*python -m dask .*$", page, re.MULTILINE):
        yield shlex.split(line)[2:]


def in_the_file() -> Iterator[list[str]]:
    """The same of the file."""
    for name in ("dask-scheduler", "dask-worker"):
        command = container(name)["command"]
        assert command[:2] == ["python", "-m"]
        yield [*command[2:], *container(name)["args"]]


@pytest.mark.parametrize("commands", [documented, in_the_file])
def test_options_exist(commands: Any) -> None:  # noqa: ANN401 (a function)
    from distributed.cli import dask_scheduler, dask_worker

    known = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    given = [*commands()]
    assert {words[1] for words in given} == set(known)
    for module, command, *arguments in given:
        assert module == "dask"
        known[command].make_context(command, [*arguments])  # parses them, and runs nothing


def test_resources_of_the_page() -> None:
    """`--resources` is parsed by the worker only."""
    from distributed.cli import dask_worker

    found = re.findall(r'--resources "([^"]*)"', PAGE.read_text())
    assert len(found) >= 3
    for resources in found:
        assert re.fullmatch(r"(train|write)=\d( (train|write)=\d)?", resources)
        dask_worker.main.make_context("worker", ["tcp://host:1", "--resources", resources])


def test_only_the_bot_and_the_cluster_reach_the_cluster() -> None:
    policies = objects("NetworkPolicy")
    dask, bot = policies["dask"]["spec"], policies["mangosaurus"]["spec"]
    assert selected(dask["podSelector"]["matchLabels"]) == {"dask-scheduler", "dask-worker"}
    (rule,) = dask["ingress"]
    allowed = [selected(peer["podSelector"]["matchLabels"]) for peer in rule["from"]]
    assert set().union(*allowed) == {*pods()}
    assert selected(bot["podSelector"]["matchLabels"]) == {"mangosaurus"}
    assert "ingress" not in bot
    assert dask["policyTypes"] == bot["policyTypes"] == ["Ingress"]


def test_bot_has_time_to_stop_and_is_watched() -> None:
    deployment = objects("Deployment")["mangosaurus"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (1, "Recreate")
    assert pods()["mangosaurus"]["spec"]["terminationGracePeriodSeconds"] > LONGEST_STOP_S
    (check,) = [words for words in dockerfile() if words[0] == "HEALTHCHECK"]
    asked = yaml.safe_load(" ".join(check[check.index("CMD") + 1 :]))
    assert container("mangosaurus")["livenessProbe"]["exec"]["command"] == asked
    assert "command" not in container("mangosaurus")  # the image starts it


def test_pods_may_write_where_they_must() -> None:
    for name, pod in pods().items():
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        mounts = {each["name"]: each["mountPath"] for each in container(name)["volumeMounts"]}
        assert mounts.keys() == volumes
        assert "/tmp" in mounts.values()  # noqa: S108
        assert container(name)["image"] == container("mangosaurus")["image"]
    image = {path for words in dockerfile() if words[0] == "VOLUME" for path in words[1:]}
    assert image <= {each["mountPath"] for each in container("mangosaurus")["volumeMounts"]}
    assert container("mangosaurus")["image"] in PAGE.read_text()

"""The configuration that the environment gives."""

from __future__ import annotations

import pytest

from graphflow.core.base.config import Config, get_config


@pytest.mark.parametrize(
    ("environ", "stages"),
    [
        ({}, set()),
        ({"GRAPHFLOW_DEBUG": ""}, set()),
        ({"GRAPHFLOW_DEBUG": "program"}, {"program"}),
        ({"GRAPHFLOW_DEBUG": " program,"}, {"program"}),
    ],
)
def test_debug(environ: dict[str, str], stages: set[str]) -> None:
    assert Config.from_env(environ).debug == stages


def test_unknown_stage_names_variable_value_and_what_is_allowed() -> None:
    with pytest.raises(ValueError) as caught:
        Config.from_env({"GRAPHFLOW_DEBUG": "program,kernel"})
    assert str(caught.value) == (
        "GRAPHFLOW_DEBUG='program,kernel': 'kernel' not understood; "
        "allowed, separated by commas: program, passes, plan, source, guard"
    )


def test_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_config()
    monkeypatch.setenv("GRAPHFLOW_DEBUG", "nonsense")
    assert get_config() is before


def test_engine_settings():
    given = {"GRAPHFLOW_JIT": "now", "GRAPHFLOW_NUM_THREADS": "3", "GRAPHFLOW_WINOGRAD": "0"}
    config = Config.from_env(given)
    assert (config.jit, config.threads, config.winograd) == ("now", 3, False)
    default = Config.from_env({})
    assert (default.jit, default.threads, default.winograd) == ("auto", 0, True)


@pytest.mark.parametrize(
    ("name", "text"), [("GRAPHFLOW_JIT", "fast"), ("GRAPHFLOW_NUM_THREADS", "-2")]
)
def test_engine_settings_that_are_not_understood(name, text):
    with pytest.raises(ValueError, match=f"{name}='{text}' not understood; allowed"):
        Config.from_env({name: text})

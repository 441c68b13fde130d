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
        "allowed, separated by commas: program"
    )


def test_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_config()
    monkeypatch.setenv("GRAPHFLOW_DEBUG", "nonsense")
    assert get_config() is before

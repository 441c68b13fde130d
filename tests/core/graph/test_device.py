"""DeviceSpec: device strings read, written, merged and changed."""

from __future__ import annotations

import pytest

import graphflow as tf


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("/cpu:0", "/device:CPU:0"),
        ("/gpu:*", "/device:GPU:*"),
        ("/GPU", "/device:GPU:*"),
        ("/device:gpu:1", "/device:GPU:1"),
        ("/job:ps/replica:1/task:2/device:Funny:3", "/job:ps/replica:1/task:2/device:Funny:3"),
    ],
)
def test_strings(text: str, written: str) -> None:
    spec = tf.DeviceSpec.from_string(text)
    assert spec.to_string() == written
    assert tf.DeviceSpec(job="gone").parse_from_string(text) == spec
    assert hash(tf.DeviceSpec.from_string(written)) == hash(spec)


def test_strings_that_name_no_device() -> None:
    with pytest.raises(ValueError, match="Unknown attribute: 'gpus' in '/gpus:0'"):
        tf.DeviceSpec.from_string("/gpus:0")
    with pytest.raises(ValueError, match="Cannot specify multiple device types: /gpu:0/cpu:0"):
        tf.DeviceSpec.from_string("/gpu:0/cpu:0")


def test_fields_can_be_assigned() -> None:
    spec = tf.DeviceSpec(job="worker", task="3", device_type="cpu", device_index=0)
    assert (spec.job, spec.task, spec.device_type) == ("worker", 3, "CPU")
    spec.task = None
    spec.replica = 12
    spec.device_type = "gpu"
    assert spec.to_string() == "/job:worker/replica:12/device:GPU:0"


def test_merging() -> None:
    spec = tf.DeviceSpec.from_string("/job:a/replica:0/gpu:1")
    other = tf.DeviceSpec.from_string("/task:1/device:CPU:*")
    merged = spec.make_merged_spec(other)
    assert merged.to_string() == "/job:a/replica:0/task:1/device:CPU:1"
    assert spec.to_string() == "/job:a/replica:0/device:GPU:1"
    spec.merge_from(other)
    assert spec == merged
    assert spec.replace(job=None, task=7).to_string() == "/replica:0/task:7/device:CPU:1"
    with tf.device(spec):
        assert tf.no_op().device == spec.to_string()

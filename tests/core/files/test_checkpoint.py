"""Checkpoints: TensorFlow writes and we read, we write and TensorFlow reads, and damage."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from graphflow.core.base import dtypes, errors
from graphflow.core.files import checkpoint_v1, checkpoint_v2
from graphflow.core.files.checkpoint import checkpoint_files, new_checkpoint_reader
from graphflow.core.files.checkpoint_reader import TensorReader
from graphflow.core.files.checkpoint_v2 import (
    CheckpointReader,
    CheckpointWriter,
    data_path,
    index_path,
    merge_v2_checkpoints,
)

RANDOM = np.random.default_rng(0)
NUMBERS = RANDOM.integers(0, 100, (3, 4))

TENSORS: dict[str, np.ndarray] = {
    f"types/{np.dtype(dtype).name}": NUMBERS.astype(dtype)
    for dtype in (
        *("float16", "float32", "float64", "complex64", "complex128", "bool"),
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        ml_dtypes.bfloat16,
    )
} | {
    "scalar": np.array(1.5, np.float32),
    "scalar/string": np.array(b"hello", object),
    "empty": np.zeros((2, 0, 3), np.float32),
    "empty/strings": np.zeros((0, 2), object),
    "strings": np.array([[b"", b"a\0b"], [b"\xff" * 300, "grün".encode()]], object),
    "special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    "view": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
    "large": RANDOM.standard_normal((1200, 1024)).astype(np.float32),
}


def assert_same(read: Any, written: Any) -> None:
    if isinstance(read, bytes):
        read = np.array(read, object)
    read, written = np.asarray(read), np.asarray(written)
    assert (read.dtype, read.shape) == (written.dtype, written.shape)
    if read.dtype == object:
        assert read.tolist() == written.tolist()
    else:
        assert read.tobytes() == written.tobytes()


def write(prefix: Path, tensors: Mapping[str, Any]) -> str:
    with CheckpointWriter(str(prefix)) as writer:
        for name in sorted(tensors):
            writer.add(name, tensors[name])
    return str(prefix)


def tf_write(tf: ModuleType, prefix: Path, rows: list[tuple[str, str, Any]]) -> str:
    """`rows`: name, shape and slice, value."""
    names, specs, values = zip(*rows, strict=True)
    with tf.Graph().as_default(), tf.Session() as session:
        # Given by a feed: TensorFlow has no constants of all these types.
        fed = [tf.placeholder(tf.as_dtype(np.asarray(v).dtype), np.shape(v)) for v in values]
        save = tf.raw_ops.SaveV2(
            prefix=str(prefix), tensor_names=names, shape_and_slices=specs, tensors=fed
        )
        session.run(save, dict(zip(fed, values, strict=True)))
    return str(prefix)


def tf_restore(tf: ModuleType, prefix: str, name: str, spec: str, dtype: Any) -> np.ndarray:
    with tf.Graph().as_default(), tf.Session() as session:
        restore = tf.raw_ops.RestoreV2(
            prefix=prefix, tensor_names=[name], shape_and_slices=[spec], dtypes=[tf.as_dtype(dtype)]
        )
        (value,) = session.run(restore)
    return value


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(tmp_path_factory.mktemp("ours") / "model.ckpt-7", TENSORS)


@pytest.fixture(scope="module")
def by_tf(tmp_path_factory: pytest.TempPathFactory, tf: ModuleType) -> str:
    rows = [(name, "", TENSORS[name]) for name in sorted(TENSORS)]
    return tf_write(tf, tmp_path_factory.mktemp("theirs") / "model.ckpt-7", rows)


@pytest.mark.parametrize("name", TENSORS)
def test_we_read_what_tensorflow_writes(by_tf: str, name: str) -> None:
    assert_same(new_checkpoint_reader(by_tf).get_tensor(name), TENSORS[name])


@pytest.mark.parametrize("name", TENSORS)
def test_tensorflow_reads_what_we_write(ours: str, tf: ModuleType, name: str) -> None:
    value = TENSORS[name]
    if tf.as_dtype(value.dtype) in (tf.uint32, tf.uint64):  # its reader has no room for these
        assert_same(tf_restore(tf, ours, name, "", value.dtype), value)
    else:
        assert_same(tf.train.NewCheckpointReader(ours).get_tensor(name), value)


def test_the_files_are_the_same_to_the_byte(ours: str, by_tf: str) -> None:
    for path in (index_path, lambda prefix: data_path(prefix, 0, 1)):
        assert Path(path(ours)).read_bytes() == Path(path(by_tf)).read_bytes()


def test_the_maps_are_tensorflows(ours: str, tf: ModuleType) -> None:
    reader, other = new_checkpoint_reader(ours), tf.train.NewCheckpointReader(ours)
    assert reader.get_variable_to_shape_map() == other.get_variable_to_shape_map()
    types = reader.get_variable_to_dtype_map()
    assert {name: dtype.as_datatype_enum for name, dtype in types.items()} == {
        name: dtype.as_datatype_enum for name, dtype in other.get_variable_to_dtype_map().items()
    }
    assert types["types/bfloat16"] is dtypes.bfloat16
    assert reader.debug_string() == other.debug_string()
    assert reader.has_tensor("scalar")
    assert not reader.has_tensor("nope")


def test_a_scalar_is_no_array(ours: str, tf: ModuleType) -> None:
    reader, other = new_checkpoint_reader(ours), tf.train.NewCheckpointReader(ours)
    for name in ("scalar", "scalar/string", "strings"):
        assert type(reader.get_tensor(name)) is type(other.get_tensor(name))
    assert reader.restore("scalar").shape == ()


def test_what_add_takes(tmp_path: Path) -> None:
    prefix = write(
        tmp_path / "m",
        {
            "text": "grün",
            "texts": ["a", "bcd"],
            "zeros": [b"a\0", b"\0\0"],
            "float": 1.5,
            "ints": [1, 2],
            "big-endian": np.array([1, 2], ">i4"),
            "quantized": np.array([(-1,), (2,)], dtypes.qint8.as_numpy_dtype),
        },
    )
    reader = new_checkpoint_reader(prefix)
    assert reader.get_tensor("text") == "grün".encode()
    assert reader.get_tensor("texts").tolist() == [b"a", b"bcd"]
    assert reader.get_tensor("zeros").tolist() == [b"a\0", b"\0\0"]
    assert_same(reader.get_tensor("float"), np.float64(1.5))
    assert_same(reader.get_tensor("ints"), np.array([1, 2]))
    assert_same(reader.get_tensor("big-endian"), np.array([1, 2], np.int32))
    assert reader.get_variable_to_dtype_map()["quantized"] is dtypes.qint8
    assert reader.get_tensor("quantized").tolist() == [(-1,), (2,)]


def test_many_tensors(tmp_path: Path, tf: ModuleType) -> None:
    """Enough for several blocks in the index."""
    values = {f"layer_{i}/{'weights' * 9}_{i * i}": np.int32(i) for i in range(4000)}
    prefix = write(tmp_path / "m", values)
    assert os.path.getsize(index_path(prefix)) > 1 << 18
    reader, other = new_checkpoint_reader(prefix), tf.train.NewCheckpointReader(prefix)
    assert other.get_variable_to_shape_map() == reader.get_variable_to_shape_map()
    for name in list(values)[::97]:
        assert reader.get_tensor(name) == other.get_tensor(name) == values[name]
    rows = [(name, "", values[name]) for name in sorted(values)]
    assert (
        Path(index_path(tf_write(tf, tmp_path / "t", rows))).read_bytes()
        == Path(index_path(prefix)).read_bytes()
    )


# Partitioned tensors

WHOLE = np.arange(24, dtype=np.float32).reshape(4, 6)
PARTS = {
    "4 6 0,1:-": WHOLE[:1],
    "4 6 1,3:0,2": WHOLE[1:, :2],
    "4 6 1,3:2,4": WHOLE[1:, 2:],
}
REQUESTS = {
    "": WHOLE,
    "4 6 -:-": WHOLE,
    "4 6 0,4:0,6": WHOLE,
    "4 6 1,3:2,4": WHOLE[1:, 2:],
    "4 6 2,1:1,3": WHOLE[2:3, 1:4],
    "4 6 0,2:5,1": WHOLE[:2, 5:],
}
# Numbers of more than one byte in the keys of slices.
LONG = np.arange(70_000, dtype=np.int16)
LONG_PARTS = {
    "70000 0,63": LONG[:63],
    "70000 63,9000": LONG[63:9063],
    "70000 9063,60937": LONG[9063:],
}


def partitioned_rows() -> list[tuple[str, str, np.ndarray]]:
    rows = [("part", spec, value) for spec, value in PARTS.items()]
    rows += [("long", spec, value) for spec, value in LONG_PARTS.items()]
    return [*rows, ("whole", "4 6 0,4:-", WHOLE)]


def write_rows(prefix: Path, rows: list[tuple[str, str, np.ndarray]]) -> str:
    with CheckpointWriter(str(prefix)) as writer:
        for name, spec, value in rows:
            writer.add(name, value, spec)
    return str(prefix)


@pytest.mark.parametrize("spec", REQUESTS)
def test_slices(tmp_path: Path, tf: ModuleType, spec: str) -> None:
    ours = write_rows(tmp_path / "ours", partitioned_rows())
    theirs = tf_write(tf, tmp_path / "theirs", partitioned_rows())
    for name in ("part", "whole"):
        for prefix in (ours, theirs):
            assert_same(new_checkpoint_reader(prefix).restore(name, spec), REQUESTS[spec])
        assert_same(tf_restore(tf, ours, name, spec or "4 6 -:-", np.float32), REQUESTS[spec])
    assert_same(tf_restore(tf, ours, "long", "70000 -", np.int16), LONG)
    assert_same(new_checkpoint_reader(theirs).get_tensor("long"), LONG)


def test_partitioned_tensors_in_the_maps(tmp_path: Path) -> None:
    reader = new_checkpoint_reader(write_rows(tmp_path / "m", partitioned_rows()))
    assert reader.get_variable_to_shape_map() == {
        "part": [4, 6],
        "long": [70_000],
        "whole": [4, 6],
    }
    assert b"part (DT_FLOAT) [4,6], 3 slices\n" in reader.debug_string()


def test_a_variable_that_tensorflow_partitioned(tmp_path: Path, tf: ModuleType) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.get_variable(
            "w",
            [4, 6],
            initializer=tf.random_uniform_initializer(),
            partitioner=tf.fixed_size_partitioner(3),
        )
        session.run(tf.global_variables_initializer())
        parts = session.run(list(variable))
        prefix = tf.train.Saver().save(session, str(tmp_path / "m"), global_step=3)
    assert len(parts) == 3
    assert_same(new_checkpoint_reader(prefix).get_tensor("w"), np.concatenate(parts))


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("4 6 0,2:0,2", errors.InvalidArgumentError, "sufficient slices .* part .*0,2:0,2.*1,3:-"),
        ("4 5 1,1:-", errors.InvalidArgumentError, r"\[4, 5\] does not match .*\[4, 6\]"),
        ("4 6 1,4:-", errors.InvalidArgumentError, "dimension 0 out of bounds"),
        ("4 6 -", errors.InvalidArgumentError, "rank"),
        ("4 6 1:-", errors.InvalidArgumentError, "pair of numbers"),
        ("4 6 1,0:-", errors.InvalidArgumentError, "positive length"),
        ("4 x -:-", errors.InvalidArgumentError, "shape and a slice"),
        ("-:-", errors.InvalidArgumentError, "shape and a slice"),
    ],
)
def test_slices_that_are_not_there(
    tmp_path: Path, spec: str, error: type[errors.OpError], message: str
) -> None:
    prefix = write_rows(tmp_path / "m", [("part", "4 6 1,3:-", WHOLE[1:])])
    with pytest.raises(error, match=message):
        new_checkpoint_reader(prefix).restore("part", spec)


# Merging


def test_merged_shards(tmp_path: Path, tf: ModuleType) -> None:
    temporary = tmp_path / "m_temp"
    first = write_rows(temporary / "part-0", [("a", "", WHOLE), ("part", "4 6 0,1:-", WHOLE[:1])])
    second = write_rows(temporary / "part-1", [("b", "", LONG), ("part", "4 6 1,3:-", WHOLE[1:])])
    merge_v2_checkpoints([first, second], str(tmp_path / "m"), delete_old_dirs=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("m.data-00000-of-00002", "m.data-00001-of-00002", "m.index"),
    ]
    reader = new_checkpoint_reader(str(tmp_path / "m"))
    assert_same(reader.get_tensor("a"), WHOLE)
    assert_same(reader.get_tensor("b"), LONG)
    assert_same(reader.get_tensor("part"), WHOLE)
    for name, spec, value in (("a", "", WHOLE), ("b", "", LONG), ("part", "4 6 -:-", WHOLE)):
        assert_same(tf_restore(tf, str(tmp_path / "m"), name, spec, value.dtype), value)


def test_merged_shards_of_tensorflow(tmp_path: Path, tf: ModuleType) -> None:
    config = tf.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        for device in (0, 1):
            with tf.device(f"/cpu:{device}"):
                tf.get_variable(f"v{device}", initializer=WHOLE)
        session.run(tf.global_variables_initializer())
        prefix = tf.train.Saver(sharded=True).save(session, str(tmp_path / "m"))
    assert os.path.exists(data_path(prefix, 1, 2))
    reader = new_checkpoint_reader(prefix)
    for name in ("v0", "v1"):
        assert_same(reader.get_tensor(name), WHOLE)


def test_merging_in_place(tmp_path: Path) -> None:
    prefix = write(tmp_path / "m", {"a": 1, "b": 2})
    merge_v2_checkpoints([prefix], prefix)
    assert new_checkpoint_reader(prefix).get_tensor("b") == 2


def test_what_cannot_be_merged_stays(tmp_path: Path) -> None:
    first = write(tmp_path / "1", {"a": 1, "b": 2})
    second = write(tmp_path / "2", {"b": 3})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for prefixes, error, message in (
        ([first, second], errors.InvalidArgumentError, "duplicate key: b"),
        ([first, str(tmp_path / "3")], errors.NotFoundError, "3"),
        ([], errors.InvalidArgumentError, "No checkpoints"),
    ):
        with pytest.raises(error, match=message):
            merge_v2_checkpoints(prefixes, str(tmp_path / "m"))
    os.unlink(data_path(second, 0, 1))
    write(tmp_path / "4", {"c": 4})
    os.unlink(data_path(str(tmp_path / "4"), 0, 1))
    with pytest.raises(errors.NotFoundError, match="4.data-00000-of-00001"):
        merge_v2_checkpoints([first, str(tmp_path / "4")], str(tmp_path / "m"))
    for path in tmp_path.iterdir():
        if path.name in before:
            assert path.read_bytes() == before[path.name]
    assert not (tmp_path / "m.index").exists()


# Writing that fails


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    prefix = write(tmp_path / "m", {"a": 1})
    writer = CheckpointWriter(prefix)
    writer.add("a", 2)
    assert new_checkpoint_reader(prefix).get_tensor("a") == 1
    writer.finish()
    assert new_checkpoint_reader(prefix).get_tensor("a") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.data-00000-of-00001", "m.index"]


def test_an_error_leaves_everything_as_it_was(tmp_path: Path) -> None:
    prefix = write(tmp_path / "m", {"a": 1})
    with pytest.raises(ZeroDivisionError), CheckpointWriter(prefix) as writer:
        writer.add("a", 2)
        _ = 1 / 0
    assert new_checkpoint_reader(prefix).get_tensor("a") == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_what_add_refuses(tmp_path: Path) -> None:
    with CheckpointWriter(str(tmp_path / "m")) as writer:
        writer.add("a", WHOLE)
        writer.add("part", WHOLE[:2], "4 6 0,2:-")
        for name, value, spec, message in (
            ("a", WHOLE, "", "duplicate key: a"),
            ("", WHOLE, "", "name"),
            ("part", WHOLE, "", "duplicate key: part"),
            ("part", WHOLE[:2], "4 6 0,2:-", "duplicate key"),
            ("part", WHOLE[:2], "4 6 1,3:-", r"\[3, 6\].*\[2, 6\]"),
            ("part", LONG[:12].reshape(2, 6), "4 6 2,2:-", "disagree"),
            ("part", WHOLE[:2], "5 6 2,2:-", "disagree"),
        ):
            with pytest.raises(errors.InvalidArgumentError, match=message):
                writer.add(name, value, spec)
        with pytest.raises(TypeError):
            writer.add("object", np.array([1, None], object))
        with pytest.raises(TypeError):
            writer.add("dates", np.zeros(2, "M8[s]"))
        writer.add("part", WHOLE[2:], "4 6 2,2:-")
    assert_same(CheckpointReader(str(tmp_path / "m")).get_tensor("part"), WHOLE)
    assert_same(CheckpointReader(str(tmp_path / "m")).get_tensor("a"), WHOLE)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.OpError, match="file"):
        CheckpointWriter(str(tmp_path / "file" / "m"))


# Reading what is not there


def test_no_such_checkpoint(tmp_path: Path, ours: str) -> None:
    write(tmp_path / "model.ckpt-100", {"a": 1})
    with pytest.raises(errors.NotFoundError) as caught:
        new_checkpoint_reader(str(tmp_path / "model.ckpt-10"))
    assert f"Failed to find any matching files for {tmp_path}/model.ckpt-10;" in str(caught.value)
    assert f"{tmp_path}/model.ckpt-100" in str(caught.value)
    with pytest.raises(errors.NotFoundError, match="there is no directory .*/nowhere"):
        new_checkpoint_reader(str(tmp_path / "nowhere" / "m"))
    with pytest.raises(errors.NotFoundError, match="matching files for"):
        CheckpointReader(str(tmp_path / "m"))


def test_no_such_tensor(ours: str) -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        new_checkpoint_reader(ours).get_tensor("types/int33")
    assert f"Key types/int33 not found in checkpoint {ours}" in str(caught.value)
    assert "types/int32" in str(caught.value)


def test_a_checkpoint_without_its_data(tmp_path: Path) -> None:
    prefix = write(tmp_path / "m", {"a": 1})
    os.unlink(data_path(prefix, 0, 1))
    reader = new_checkpoint_reader(prefix)
    with pytest.raises(errors.NotFoundError, match="m.data-00000-of-00001"):
        reader.get_tensor("a")


def test_errors_travel() -> None:
    error = pickle.loads(pickle.dumps(errors.DataLossError(None, None, "lost")))
    assert isinstance(error, errors.DataLossError)


# Damage

SMALL = {
    "a": np.arange(5, dtype=np.float32),
    "b": np.array([b"some", b"strings", b""], object),
    "c": np.array(True),
}
SMALL_PARTS = {"3 0,1": np.array([1.0]), "3 1,2": np.array([2.0, 3.0])}


def small_checkpoint(tmp_path: Path) -> str:
    rows = [(name, "", value) for name, value in SMALL.items()]
    return write_rows(
        tmp_path / "m", rows + [("part", spec, value) for spec, value in SMALL_PARTS.items()]
    )


def read_all(prefix: str) -> dict[str, Any]:
    reader = new_checkpoint_reader(prefix)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


@pytest.mark.parametrize("path_of", [index_path, lambda prefix: data_path(prefix, 0, 1)])
def test_every_flipped_bit_is_noticed(tmp_path: Path, path_of: Any) -> None:
    prefix = small_checkpoint(tmp_path)
    path = Path(path_of(prefix))
    whole = path.read_bytes()
    assert len(read_all(prefix)) == 4
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        with pytest.raises(errors.DataLossError, match=path.name):
            read_all(prefix)


@pytest.mark.parametrize("path_of", [index_path, lambda prefix: data_path(prefix, 0, 1)])
def test_every_cut_is_noticed(tmp_path: Path, path_of: Any) -> None:
    prefix = small_checkpoint(tmp_path)
    path = Path(path_of(prefix))
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(errors.DataLossError, match=path.name):
            read_all(prefix)


def test_damage_names_the_tensor_and_spares_the_others(tmp_path: Path) -> None:
    prefix = small_checkpoint(tmp_path)
    path = Path(data_path(prefix, 0, 1))
    damaged = bytearray(path.read_bytes())
    damaged[0] ^= 1
    path.write_bytes(damaged)
    reader = new_checkpoint_reader(prefix)
    with pytest.raises(errors.DataLossError, match=f"Tensor a in {path} .* checksum: stored"):
        reader.get_tensor("a")
    assert_same(reader.get_tensor("b"), SMALL["b"])


def rewrite_index(prefix: str, change: Any) -> None:
    """Writes the index again with other messages, checksums and all."""
    header, entries = checkpoint_v2._read_index(prefix)
    change(header, entries)
    with checkpoint_v2._complete_index(prefix, header, entries):
        pass


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda h, e: e[b"a"].shape.dim[0].__setattr__("size", 6), "DataLoss", "Tensor a"),
        (lambda h, e: e[b"a"].shape.dim[0].__setattr__("size", -1), "DataLoss", "Tensor a"),
        (lambda h, e: e[b"a"].shape.__setattr__("unknown_rank", True), "DataLoss", "Tensor a"),
        (lambda h, e: e[b"a"].__setattr__("dtype", 2), "DataLoss", "Tensor a"),
        (lambda h, e: e[b"a"].__setattr__("dtype", 24), "Unimplemented", "type number 24"),
        (lambda h, e: e[b"a"].__setattr__("dtype", 21), "Unimplemented", "variant handles"),
        (lambda h, e: e[b"a"].__setattr__("offset", -4), "DataLoss", "Tensor a"),
        (lambda h, e: e[b"a"].__setattr__("size", 1 << 40), "DataLoss", "cut off"),
        (lambda h, e: e[b"a"].__setattr__("size", -1), "DataLoss", "cut off"),
        (lambda h, e: e[b"b"].shape.dim[0].__setattr__("size", 2), "DataLoss", "Tensor b"),
        (lambda h, e: e[b"b"].shape.dim[0].__setattr__("size", 1 << 40), "DataLoss", "Tensor b"),
        (lambda h, e: e[b"a"].__setattr__("shard_id", 1), "NotFound", "data-00001-of-00001"),
        (lambda h, e: e[b"part"].slices.add(), "DataLoss", "Tensor part"),
        (lambda h, e: e[b"part"].shape.dim.add(size=1), "DataLoss", "Tensor part"),
        (lambda h, e: e[b"part"].__setattr__("dtype", 9), "DataLoss", "contradicts itself"),
        (lambda h, e: e.pop(sorted(e)[0]), "DataLoss", "contradicts itself"),
        (lambda h, e: h.__setattr__("endianness", 1), "Unimplemented", "big-endian"),
        (lambda h, e: h.version.__setattr__("min_consumer", 2), "InvalidArgument", "version 2"),
        (lambda h, e: h.version.bad_consumers.append(1), "InvalidArgument", "version"),
    ],
)
def test_an_index_that_makes_no_sense(
    tmp_path: Path, change: Any, error: str, message: str
) -> None:
    prefix = small_checkpoint(tmp_path)
    rewrite_index(prefix, change)
    with pytest.raises(getattr(errors, f"{error}Error"), match=message):
        read_all(prefix)


def test_other_tables_are_no_checkpoints(tmp_path: Path) -> None:
    prefix = small_checkpoint(tmp_path)
    with pytest.raises(errors.DataLossError, match="no V1 checkpoint"):
        checkpoint_v1.CheckpointReader(index_path(prefix))
    from graphflow.core.files.table import TableWriter

    for entries, message in (({}, "no header"), ({b"": b"\xff"}, "Cannot parse the header")):
        with open(index_path(prefix), "wb") as file:
            table = TableWriter(file)
            for key, value in entries.items():
                table.add(key, value)
            table.finish()
        with pytest.raises(errors.DataLossError, match=message):
            CheckpointReader(prefix)


# V1, and what TF 1 wrote

UNKNOWN_TO_V1 = {"float16", "bfloat16", "uint16", "uint32", "uint64"}
V1_TENSORS = {
    name: value
    for name, value in TENSORS.items()
    if value.dtype.name not in UNKNOWN_TO_V1 and value.size < 1000
}


def tf_write_v1(tf: ModuleType, path: Path, rows: list[tuple[str, str, Any]]) -> str:
    names, specs, values = zip(*rows, strict=True)
    with tf.Graph().as_default(), tf.Session() as session:
        fed = [tf.placeholder(tf.as_dtype(np.asarray(v).dtype), np.shape(v)) for v in values]
        save = tf.raw_ops.SaveSlices(
            filename=str(path), tensor_names=names, shapes_and_slices=specs, data=fed
        )
        session.run(save, dict(zip(fed, values, strict=True)))
    return str(path)


@pytest.fixture(scope="module")
def v1(tmp_path_factory: pytest.TempPathFactory, tf: ModuleType) -> TensorReader:
    rows = [(name, "", value) for name, value in V1_TENSORS.items()] + partitioned_rows()
    path = tf_write_v1(tf, tmp_path_factory.mktemp("v1") / "model.ckpt-7", rows)
    return new_checkpoint_reader(path)


@pytest.mark.parametrize("name", V1_TENSORS)
def test_v1(v1: TensorReader, name: str) -> None:
    assert_same(v1.get_tensor(name), V1_TENSORS[name])


def test_v1_maps(v1: TensorReader, tf: ModuleType) -> None:
    other = tf.train.NewCheckpointReader(v1.path)
    assert v1.get_variable_to_shape_map() == other.get_variable_to_shape_map()
    assert sorted(v1.debug_string().splitlines()) == sorted(other.debug_string().splitlines())
    with pytest.raises(errors.NotFoundError, match="Key nope not found"):
        v1.get_tensor("nope")


@pytest.mark.parametrize("spec", REQUESTS)
def test_v1_slices(v1: TensorReader, spec: str) -> None:
    assert_same(v1.restore("part", spec), REQUESTS[spec])
    assert_same(v1.restore("whole", spec), REQUESTS[spec])


def test_v1_shards(tmp_path: Path, tf: ModuleType) -> None:
    rows = partitioned_rows()
    tf_write_v1(tf, tmp_path / "m-00000-of-00002", [rows[0], rows[2]])
    tf_write_v1(tf, tmp_path / "m-00001-of-00002", [rows[1], *rows[3:]])
    pattern = str(tmp_path / "m-?????-of-00002")
    reader = new_checkpoint_reader(pattern)
    assert_same(reader.get_tensor("part"), WHOLE)
    assert_same(reader.get_tensor("long"), LONG)
    assert len(checkpoint_files(pattern)) == 2
    tf_write_v1(tf, tmp_path / "m-00002-of-00002", [("part", "4 7 0,1:-", np.zeros((1, 7)))])
    with pytest.raises(errors.DataLossError, match="disagree about tensor part"):
        new_checkpoint_reader(pattern)


def test_v1_damage(tmp_path: Path, tf: ModuleType) -> None:
    path = Path(tf_write_v1(tf, tmp_path / "m", [("a", "", SMALL["a"]), ("b", "", SMALL["b"])]))
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        for data in (bytes(damaged), whole[:position]):
            path.write_bytes(data)
            with pytest.raises(errors.DataLossError, match=str(path)):
                read_all(str(path))


def test_a_checkpoint_of_tf_1_0(shared_data: Path, tf: ModuleType) -> None:
    prefix = str(shared_data / "tf1_checkpoint/dnn.ckpt-100")
    reader, other = new_checkpoint_reader(prefix), tf.train.NewCheckpointReader(prefix)
    assert reader.debug_string() == other.debug_string()
    assert reader.get_tensor("global_step") == 100
    for name in reader.get_variable_to_shape_map():
        assert_same(reader.get_tensor(name), other.get_tensor(name))
    variables = str(shared_data / "tf1_saved_model/half_plus_two/variables/variables")
    values = read_all(variables)
    assert {name: float(value) for name, value in values.items()} == {"a": 0.5, "b": 2.0, "c": 3.0}

"""Draws the pictures of docs/gallery: LeNet, LeNet with dropout, ResNet-50."""

from __future__ import annotations

import argparse
from pathlib import Path

import lenet
import lenet_dropout
import resnet

import graphflow as tf
from graphflow.viz import explore, show_graph

NETS = {
    "lenet": lenet.build,
    "lenet_dropout": lenet_dropout.build,
    "resnet50": lambda: resnet.build(50),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=Path("docs", "gallery"))
    parser.add_argument("--pages", action="store_true", help="write the explorer's pages as well")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, build in NETS.items():
        with tf.Graph().as_default() as graph:
            build()
            tf.global_variables_initializer()
        for theme, suffix in (("light", ""), ("dark", "_dark")):
            show_graph(graph, theme=theme, path=options.directory / f"{name}{suffix}.svg")
        if options.pages:
            explore(graph, options.directory / f"{name}.html")


if __name__ == "__main__":
    main()

# make demo      install what is needed, build, and train a ReLU network on Fashion-MNIST
# make test      install what is needed, build, and run every test
# make test-all  the tests on every SIMD target, with fences and sanitizers, and without optimisation
# make python    build the Python package in build/python, and run its tests
# make oracle    compare the Python package with PyTorch 2.13, which ORACLE_PYTHON= has, with NumPy and expecttest
# make wheel     a wheel that carries its libraries, in build/wheels (PYTHONS="python3.10 python3.11" for several)
# make bench     the benchmarks, against libtorch too where TORCH_PYTHON= names a Python that has torch
# make install   build, and install below PREFIX=/usr/local
# make fuzz      each file reader under libFuzzer, for FUZZ_SECONDS=60
# make format    clang-format on every source file that is written by hand

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
RELEASE := build/release
PYTHON := $(CURDIR)/build/venv/bin/python

.PHONY: help demo test test-all python oracle wheel bench install fuzz format dependencies clean

help:
	@sed -n 's/^# //p' Makefile

dependencies:
	@tools/install_dependencies.sh build

demo:
	@tools/install_dependencies.sh demo
	@cmake --preset release -DRELUME_BUILD_TESTS=OFF >/dev/null
	@cmake --build $(RELEASE) --target relume_program
	$(RELEASE)/relume train --save $(RELEASE)/fashion-mnist.safetensors

test:
	@tools/install_dependencies.sh test
	@cmake --preset release -DRELUME_BUILD_PYTHON=ON -DPython_EXECUTABLE=$(PYTHON) >/dev/null
	@cmake --build $(RELEASE)
	@tools/run_tests.py release

test-all:
	@tools/install_dependencies.sh test
	@tools/test_all.sh

python:
	@tools/install_dependencies.sh python
	@cmake --preset python -DPython_EXECUTABLE=$(PYTHON) >/dev/null
	@cmake --build build/python --target relume_python
	@$(PYTHON) tools/run_pytest.py python build/python/python python/tests

oracle:
	@tools/install_dependencies.sh python
	@cmake --preset python -DPython_EXECUTABLE=$(ORACLE_PYTHON) >/dev/null
	@cmake --build build/python --target relume_python
	@PYTHONPATH=build/python/python $(ORACLE_PYTHON) -W ignore tests/oracle/python/run.py

wheel:
	@tools/install_dependencies.sh python
	@tools/build_wheels.sh $(PYTHONS)

bench:
	@tools/install_dependencies.sh bench
	@cmake --preset release -DRELUME_BUILD_TESTS=OFF >/dev/null
	@cmake --build $(RELEASE)
	@bench/run.py $(RELEASE)

install: dependencies
	@cmake --preset release -DRELUME_BUILD_TESTS=OFF >/dev/null
	@cmake --build $(RELEASE)
	@cmake --install $(RELEASE) --strip --prefix $(abspath $(PREFIX))

fuzz:
	@tools/install_dependencies.sh fuzz
	@cmake --preset release >/dev/null
	@cmake --build $(RELEASE) --target relume_static
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

format:
	@git ls-files '*.h' '*.cc' '*.cpp' | xargs grep -L 'not edited by hand' | xargs clang-format -i

clean:
	rm -rf build

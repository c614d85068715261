# SPDX-License-Identifier: Apache-2.0
# Thin: CMake knows how to build, the scripts know how to run. As root on a fresh Debian 12, `make demo` and
# `make test` do all of the set-up themselves.

BUILD := build
CTEST := ctest --test-dir $(BUILD) --output-on-failure
SOURCES = find bpf maps userspace tools tests -type f \( -name '*.h' -o -name '*.hpp' -o -name '*.c' -o -name '*.cpp' \)
SCRIPTS = grep -rlIE --exclude-dir=.git --exclude-dir=$(BUILD) '^\#!.*\b(bash|sh)$$' .ci tools tests

UNLESS_SKIPPED = { code=$$?; [ $$code -eq 77 ] && echo "skipped, for the reason above" || exit $$code; }

.DEFAULT_GOAL := help
.PHONY: help deps deps-browsers deps-bench build build-all demo test test-kernels bench soak fuzz format format-check lint asan clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-14s %s\n", $$1, $$2 }'

deps: ## install what building and testing need (Debian packages)
	@tools/setup/install-dependencies build

deps-browsers: deps
	@tools/setup/install-dependencies browsers || echo "browsers can't be installed: what needs them is skipped"

deps-bench:
	@tools/setup/install-dependencies build bench

build: deps ## build the binaries, build/interdict and build/interdictd
	@cmake --preset release
	@cmake --build --preset release --target product

build-all: deps ## build everything, with the tests and the benchmark
	@cmake --preset release
	@cmake --build --preset release

demo: build ## real clients, real servers, a blocking order: see it work
	@tools/setup/mount-bpffs
	@tools/lab/demo

test: deps-browsers build-all ## run all tests but those on other kernels
	@tools/setup/mount-bpffs
	@$(CTEST) --label-exclude kernels

test-kernels: deps-bench build-all ## run the plane's tests and systemd's unit on Debian's own kernel, in QEMU
	@tests/kernels/run || $(UNLESS_SKIPPED)
	@tests/kernels/systemd $(BUILD) || $(UNLESS_SKIPPED)

bench: deps-bench build-all ## measure, against nftables, ipset and xdp-filter; writes build/bench.json
	@tools/setup/mount-bpffs
	@tools/bench/run

soak: deps-bench build-all ## the daemon for an hour under traffic, an order a second; writes build/soak.json
	@tools/setup/mount-bpffs
	@tools/bench/run --only soak --check --json $(BUILD)/soak.json

fuzz: deps ## feed mutated bytes to the inspectors and the packet path for a minute each
	@tests/fuzz/run

asan: deps ## build with the sanitizers and run the tests that need no kernel
	@cmake --preset asan
	@cmake --build --preset asan
	@ctest --preset asan --label-regex 'unit|cli'

format: ## rewrite the sources in the project's style
	@$(SOURCES) -print0 | xargs -0 -r clang-format -i

format-check: deps ## fail if `make format` would change something
	@$(SOURCES) -print0 | xargs -0 -r clang-format --dry-run -Werror

lint: ## clang-tidy and shellcheck
	@tools/setup/install-dependencies build lint
	@cmake --preset lint
	@cmake --build --preset lint
	@tools/setup/lint $(BUILD)/lint
	@$(SCRIPTS) | xargs -r shellcheck -x

clean: ## remove build/
	rm -rf $(BUILD)
